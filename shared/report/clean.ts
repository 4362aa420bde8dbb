import type { JsonObject } from '../event/envelope.ts';
import { stringifyExactJson } from '../event/exact-json.ts';
import { castText, type FieldValue, isMap, isNothing } from './cast.ts';
import { castField, cutText, lossOf } from './cast-field.ts';
import { MAX_REASON_LENGTHS } from './deactivation.ts';
import { FIELDS, type Field, OTHER_PATHS } from './fields.ts';
import { plainJson } from './plain-json.ts';
import { mapTexts, withoutSecrets } from './secrets.ts';

/** The known fields of a payload, by column. What is unknown is not in `values`. */
export interface CleanPayload {
  values: Record<string, FieldValue>;
  /** The columns of texts that are there and empty: the site says that there is none. */
  cleared: string[];
  /** Dotted places of the payload whose value could not be cast, or, behind a colon, what of it was left out. */
  errors: string[];
  /** What no field reads, so that a newer client loses nothing; null for nothing, and where it could say who a person is. */
  additional: JsonObject | null;
}

/** Reads every known field and casts it. With `anonymous` the personal ones are left out, and so are unknown ones. */
export function cleanPayload(payload: JsonObject, { anonymous }: { anonymous: boolean }): CleanPayload {
  const values: Record<string, FieldValue> = {};
  const cleared: string[] = [];
  const errors: string[] = reasonErrors(payload);
  for (const field of FIELDS) {
    if (anonymous && field.personal) continue;
    const path = statedPath(payload, field);
    if (path === undefined) continue;
    const stated = at(payload, path);
    const value = castField(field, stated);
    if (value === undefined) {
      errors.push(path);
      continue;
    }
    const loss = lossOf(field, stated, value);
    if (loss !== null) errors.push(`${path}: ${loss}`);
    if (value !== null) values[field.column] = value;
    else if (isCleared(field, stated)) cleared.push(field.column);
  }
  return { values, cleared, errors, additional: anonymous ? null : additionalFields(payload) };
}

/** An empty text says that there is none; PHP's false says nothing. */
function isCleared({ type }: Field, stated: unknown): boolean {
  return (type === 'text' || type === 'url') && typeof stated === 'string' && stated !== '0';
}

/** Where the payload states a field: the first of its places that is there. */
function statedPath(payload: JsonObject, { paths }: Field): string | undefined {
  return paths.find((candidate) => at(payload, candidate) !== undefined);
}

function at(payload: JsonObject, path: string): unknown {
  let value: unknown = payload;
  for (const key of path.split('.')) value = isMap(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return value;
}

/** A deactivation's reason has no column in the report, but the report is where errors are noted. */
function reasonErrors(payload: JsonObject): string[] {
  return Object.entries(MAX_REASON_LENGTHS).flatMap(([path, maxLength]) => {
    if (castText(payload[path], maxLength) === undefined) return [path];
    const loss = cutText(payload[path], maxLength);
    return loss === null ? [] : [`${path}: ${loss}`];
  });
}

const KNOWN_PARENTS = new Set(
  [...FIELDS.flatMap(({ paths }) => paths), ...OTHER_PATHS]
    .filter((path) => path.includes('.'))
    .map((path) => path.split('.')[0] as string),
);
const MAX_ADDITIONAL_BYTES = 65_536;

/**
 * What no field read: also the older place of a field that is stated in its newer one (a plugin's own `version`), unless it
 * would say who a person is.
 */
function additionalFields(payload: JsonObject): JsonObject | null {
  const read = new Set<string | undefined>([
    ...FIELDS.flatMap((field): readonly (string | undefined)[] =>
      field.personal ? field.paths : [statedPath(payload, field)],
    ),
    ...OTHER_PATHS,
  ]);
  const additional: [string, unknown][] = [];
  for (const [key, value] of Object.entries(payload)) {
    if (read.has(key)) continue;
    if (!KNOWN_PARENTS.has(key)) additional.push([key, value]);
    else if (!isMap(value)) additional.push(...(isNothing(value) ? [] : [[key, value] as [string, unknown]]));
    else {
      const rest = Object.entries(value).filter(([child]) => !read.has(`${key}.${child}`));
      if (rest.length > 0) additional.push([key, Object.fromEntries(rest)]);
    }
  }
  if (additional.length === 0) return null;
  const object = mapTexts(plainJson(Object.fromEntries(additional)), withoutSecrets) as JsonObject;
  const bytes = Buffer.byteLength(stringifyExactJson(object));
  return bytes > MAX_ADDITIONAL_BYTES ? { omittedBytes: bytes } : object;
}
