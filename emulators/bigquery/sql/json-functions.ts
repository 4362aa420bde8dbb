import { invalidQuery, unsupportedQuery } from '../errors.ts';
import { type Type, text } from '../schema.ts';
import { expression, type Resolved, type Scope, type SpecialFunction } from './scope.ts';
import { integerLiteral, stringLiteral } from './tree.ts';
import { isType, scalar } from './types.ts';

const step = /^(?:\.([A-Za-z0-9_-]+)|\."([^"]*)"|\[(\d+)\])/;

/** DuckDB's spelling of a JSONPath. Throws `invalidQuery` for one that BigQuery does not take. */
function enginePath(path: string): string {
  if (!path.startsWith('$')) throw invalidQuery(`JSONPath must start with '$'`);
  let engine = '$';
  for (let rest = path.slice(1); rest !== ''; ) {
    const match = step.exec(rest);
    if (match === null) throw invalidQuery(`Invalid token in JSONPath at: ${rest}`);
    const key = match[1] ?? match[2];
    engine += key === undefined ? `[${match[3]}]` : `."${key}"`;
    rest = rest.slice(match[0].length);
  }
  return engine;
}

function pathOf(node: unknown, scope: Scope): string {
  if (node === undefined) return text('$');
  const literal = stringLiteral(node);
  if (literal !== undefined) return text(enginePath(literal));
  if (!expression(node, scope).isLiteral) throw invalidQuery('JSONPath must be a string literal or query parameter');
  return `bq.json_path(${expression(node, scope).sql})`;
}

/** The argument that holds JSON, as JSON or as text. */
function source(name: string, node: unknown, scope: Scope): Resolved {
  const value = expression(node, scope);
  if (value.type === undefined || isType(value.type, 'JSON', 'STRING')) return value;
  throw invalidQuery(`No matching signature for function ${name}: the argument must be JSON or STRING`);
}

/** Results are JSON of JSON, and STRING of a STRING that holds JSON. */
function query(name: string, macro: string, isArray: boolean): SpecialFunction {
  return ([value, path], scope) => {
    const json = source(name, value, scope);
    const sql = `bq.${macro}(${json.sql}, ${pathOf(path, scope)})`;
    const isJson = isType(json.type, 'JSON');
    const type: Type = { type: isJson ? 'JSON' : 'STRING', mode: isArray ? 'REPEATED' : 'NULLABLE' };
    if (isJson) return { sql, type };
    return { sql: `CAST(${isArray ? sql : `nullif(${sql}, 'null'::JSON)`} AS VARCHAR${isArray ? '[]' : ''})`, type };
  };
}

function scalarValue(name: string, macro: string, isArray: boolean): SpecialFunction {
  return ([value, path], scope) => ({
    sql: `bq.${macro}(${source(name, value, scope).sql}, ${pathOf(path, scope)})`,
    type: { type: 'STRING', mode: isArray ? 'REPEATED' : 'NULLABLE' },
  });
}

function keys([value, depth]: readonly unknown[], scope: Scope): Resolved {
  if (integerLiteral(depth) !== '1') throw unsupportedQuery('JSON_KEYS deeper than 1');
  return { sql: `bq.json_keys(${expression(value, scope).sql})`, type: { ...scalar('STRING'), mode: 'REPEATED' } };
}

/** Functions of JSON that take a path. */
export const jsonFunctions: Readonly<Record<string, SpecialFunction>> = {
  JSON_VALUE: scalarValue('JSON_VALUE', 'json_value', false),
  JSON_VALUE_ARRAY: scalarValue('JSON_VALUE_ARRAY', 'json_value_array', true),
  JSON_QUERY: query('JSON_QUERY', 'json_query', false),
  JSON_QUERY_ARRAY: query('JSON_QUERY_ARRAY', 'json_query_array', true),
  JSON_KEYS: keys,
};
