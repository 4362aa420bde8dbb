import { isJsonObject, type JsonObject } from '../event/envelope.ts';
import { castField, type FieldValue } from './cast.ts';
import { FIELDS, OTHER_PATHS } from './fields.ts';
import { plainJson } from './plain-json.ts';

/** The known fields of a payload, by column. What is unknown is not in `values`. */
export interface CleanPayload {
  values: Record<string, FieldValue>;
  /** The columns of texts that are there and empty: the site says that there is none. */
  cleared: string[];
  /** Dotted places of the payload whose value could not be cast. */
  errors: string[];
  /** What no field reads, so that a newer client loses nothing; null for nothing, and where it could say who a person is. */
  additional: JsonObject | null;
}

/** Reads every known field and casts it. With `anonymous` the personal ones are left out, and so are unknown ones. */
export function cleanPayload(payload: JsonObject, { anonymous }: { anonymous: boolean }): CleanPayload {
  const values: Record<string, FieldValue> = {};
  const cleared: string[] = [];
  const errors: string[] = [];
  for (const field of FIELDS) {
    if (anonymous && field.personal) continue;
    const path = field.paths.find((candidate) => at(payload, candidate) !== undefined);
    if (path === undefined) continue;
    const stated = at(payload, path);
    const value = castField(field, stated);
    if (value === undefined) errors.push(path);
    else if (value !== null) values[field.column] = value;
    else if (field.type === 'text' && typeof stated === 'string') cleared.push(field.column);
  }
  return { values, cleared, errors, additional: anonymous ? null : additionalFields(payload) };
}

function at(payload: JsonObject, path: string): unknown {
  let value: unknown = payload;
  for (const key of path.split('.')) value = isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return value;
}

const KNOWN_PATHS = new Set([...FIELDS.flatMap(({ paths }) => paths), ...OTHER_PATHS]);
const KNOWN_PARENTS = new Set([...KNOWN_PATHS].filter((path) => path.includes('.')).map((path) => path.split('.')[0]));
const MAX_ADDITIONAL_LENGTH = 65_536;

function additionalFields(payload: JsonObject): JsonObject | null {
  const additional: [string, unknown][] = [];
  for (const [key, value] of Object.entries(payload)) {
    if (KNOWN_PATHS.has(key)) continue;
    if (!KNOWN_PARENTS.has(key) || !isJsonObject(value)) {
      additional.push([key, value]);
      continue;
    }
    const rest = Object.entries(value).filter(([child]) => !KNOWN_PATHS.has(`${key}.${child}`));
    if (rest.length > 0) additional.push([key, Object.fromEntries(rest)]);
  }
  if (additional.length === 0) return null;
  const object = plainJson(Object.fromEntries(additional)) as JsonObject;
  const length = JSON.stringify(object).length;
  return length > MAX_ADDITIONAL_LENGTH ? { omittedBytes: length } : object;
}
