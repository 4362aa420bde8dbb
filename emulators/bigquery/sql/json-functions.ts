import { invalidQuery, unsupportedQuery } from '../errors.ts';
import { text } from '../schema.ts';
import { isConstant } from './constant.ts';
import { expression, type Resolved, type Scope, type Type } from './scope.ts';
import type { SpecialFunction } from './special-function.ts';
import { integerLiteral, stringLiteral } from './tree.ts';
import { isType, scalar } from './types.ts';

/** The standard functions write a key with odd characters `$."a b"`, the older JSON_EXTRACT ones `$['a b']`. */
type Quoting = 'standard' | 'legacy';

const step: Record<Quoting, RegExp> = {
  standard: /^(?:\.([A-Za-z0-9_-]+)|\."([^"]*)"|\[(\d+)\])/,
  legacy: /^(?:\.([A-Za-z0-9_-]+)|\['([^']*)'\]|\[(\d+)\])/,
};

/** DuckDB's spelling of a JSONPath. Throws `invalidQuery` for one that BigQuery does not take. */
function enginePath(path: string, quoting: Quoting): string {
  if (!path.startsWith('$')) throw invalidQuery(`JSONPath must start with '$'`);
  let engine = '$';
  for (let rest = path.slice(1); rest !== ''; ) {
    const match = step[quoting].exec(rest);
    if (match === null) throw invalidQuery(`Invalid token in JSONPath at: ${rest}`);
    const key = match[1] ?? match[2];
    if (key?.includes('"')) throw unsupportedQuery('quotes in a JSONPath');
    engine += key === undefined ? `[${match[3]}]` : `."${key}"`;
    rest = rest.slice(match[0].length);
  }
  return engine;
}

function pathOf(node: unknown, quoting: Quoting, scope: Scope): string {
  if (node === undefined) return text('$');
  const literal = stringLiteral(node);
  if (literal !== undefined) return text(enginePath(literal, quoting));
  if (quoting === 'legacy' || !isConstant(node))
    throw invalidQuery('JSONPath must be a string literal or query parameter');
  return `bq.json_path(${expression(node, scope).sql})`;
}

/** Results are JSON of JSON, and STRING of a STRING that holds JSON. */
function asGiven(sql: string, value: Resolved, isArray: boolean): Resolved {
  const isJson = isType(value.type, 'JSON');
  if (value.type === undefined) throw unsupportedQuery('JSON functions of a value whose type is not known here');
  const type: Type = { type: isJson ? 'JSON' : 'STRING', mode: isArray ? 'REPEATED' : 'NULLABLE' };
  if (isJson) return { sql, type };
  return { sql: `CAST(${isArray ? sql : `nullif(${sql}, 'null'::JSON)`} AS VARCHAR${isArray ? '[]' : ''})`, type };
}

function query(macro: string, quoting: Quoting, isArray: boolean): SpecialFunction {
  return ([value, path], scope) => {
    const json = expression(value, scope);
    return asGiven(`${macro}(${json.sql}, ${pathOf(path, quoting, scope)})`, json, isArray);
  };
}

function scalarValue(macro: string, quoting: Quoting, isArray: boolean): SpecialFunction {
  return ([value, path], scope) => ({
    sql: `${macro}(${expression(value, scope).sql}, ${pathOf(path, quoting, scope)})`,
    type: { type: 'STRING', mode: isArray ? 'REPEATED' : 'NULLABLE' },
  });
}

function keys([value, depth]: readonly unknown[], scope: Scope): Resolved {
  if (integerLiteral(depth) !== '1') throw unsupportedQuery('JSON_KEYS deeper than 1');
  return { sql: `bq.json_keys(${expression(value, scope).sql})`, type: { ...scalar('STRING'), mode: 'REPEATED' } };
}

/** Functions of JSON that take a path. */
export const jsonFunctions: Readonly<Record<string, SpecialFunction>> = {
  JSON_VALUE: scalarValue('bq.json_value', 'standard', false),
  JSON_EXTRACT_SCALAR: scalarValue('bq.json_value', 'legacy', false),
  JSON_VALUE_ARRAY: scalarValue('bq.json_value_array', 'standard', true),
  JSON_EXTRACT_STRING_ARRAY: scalarValue('bq.json_value_array', 'legacy', true),
  JSON_QUERY: query('bq.json_query', 'standard', false),
  JSON_EXTRACT: query('bq.json_query', 'legacy', false),
  JSON_QUERY_ARRAY: query('bq.json_query_array', 'standard', true),
  JSON_EXTRACT_ARRAY: query('bq.json_query_array', 'legacy', true),
  JSON_KEYS: keys,
};
