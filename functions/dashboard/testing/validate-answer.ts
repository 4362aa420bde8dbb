import assert from 'node:assert/strict';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import openapi from '../openapi.json' with { type: 'json' };
import { API } from '../router.ts';

interface Operation {
  parameters?: { name: string; in: string }[];
  responses: Record<string, { $ref?: string; content?: Record<string, { schema: object }> }>;
}
export const OPERATIONS = openapi.paths as unknown as Record<string, Record<string, Operation>>;

const ID = 'openapi.json';
const ajv = new Ajv2020({ strict: false, allErrors: true });
(addFormats as unknown as (ajv: Ajv2020) => void)(ajv);
ajv.addSchema({ ...(closed(openapi) as object), $id: ID });
const compiled = new Map<string, ValidateFunction>();

/** In a test an answer says no more than what is described; a client has to bear more. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const own = Object.fromEntries(Object.entries(value).map(([key, child]) => [key, closed(child)]));
  return own.type === 'object' && 'properties' in own ? { ...own, additionalProperties: false } : own;
}

/** The path of openapi.json for a route's: `/api/v1/projects/:slug` -> `/projects/{slug}`. */
export function openapiPath(path: string): string {
  return path.slice(API.length).replace(/:(\w+)/g, '{$1}');
}

/** Fails unless openapi.json describes such an answer of this operation. `body` is undefined where there is none. */
export function validateAnswer(
  path: string,
  method: string,
  answer: { status: number; type: string; body: unknown },
): void {
  const operation = OPERATIONS[path]?.[method.toLowerCase()] ?? OPERATIONS[path]?.get;
  assert.ok(operation, `openapi.json has no ${path}`);
  const response = operation.responses[answer.status];
  assert.ok(response, `openapi.json has no ${answer.status} of ${method} ${path}`);
  if (answer.body === undefined) return;
  const name = response.$ref?.split('/').at(-1);
  const type = answer.type.split(';', 1)[0] as string;
  const pointer =
    name === undefined
      ? ['paths', path, method.toLowerCase(), 'responses', answer.status, 'content', type, 'schema']
      : ['components', 'responses', name, 'content', type, 'schema'];
  const key = `${ID}#/${pointer.map((part) => encodeURIComponent(String(part).replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;
  const validate = compiled.get(key) ?? ajv.compile({ $ref: key });
  compiled.set(key, validate);
  assert.ok(validate(answer.body), `${method} ${path} ${answer.status}: ${ajv.errorsText(validate.errors)}`);
}
