import { invalidQuery, unsupportedQuery } from '../errors.ts';
import { quote, type Type, text } from '../schema.ts';
import { castTo } from './constructors.ts';
import { expression, type Resolved, type Scope, type SpecialFunction } from './scope.ts';
import { as, bareName, integerLiteral, isNode, stringLiteral } from './tree.ts';
import { isTime, isType, scalar } from './types.ts';

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

/** Whether an expression is the same for every row: made of literals, parameters and functions of them. */
function isConstant(node: unknown): boolean {
  if (Array.isArray(node)) return node.every(isConstant);
  if (!isNode(node)) return true;
  const isName = as(node, 'column') !== undefined && !bareName(node)?.startsWith('@');
  return !isName && !('select' in node) && Object.values(node).every(isConstant);
}

function pathOf(node: unknown, scope: Scope): string {
  if (node === undefined) return text('$');
  const literal = stringLiteral(node);
  if (literal !== undefined) return text(enginePath(literal));
  if (!isConstant(node)) throw invalidQuery('JSONPath must be a string literal or query parameter');
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

/** STRING of JSON or of a time. */
function string([value, ...more]: readonly unknown[], scope: Scope): Resolved {
  const given = expression(value, scope);
  const type = scalar('STRING');
  if (more.length > 0) throw unsupportedQuery('STRING with a time zone');
  if (isType(given.type, 'JSON')) return { sql: `bq.json_scalar(${given.sql}, ['VARCHAR'])`, type };
  if (given.type !== undefined && !isTime(given.type)) throw invalidQuery('No matching signature for function STRING');
  return { sql: castTo(given, type, false), type };
}

const quoted = (sql: string) => `'"' || ${sql} || '"'`;
const time = (sql: string) => `replace(bq.time_text(CAST(${sql} AS TIMESTAMP)), ' ', 'T')`;
const plain = (sql: string) => `CAST(${sql} AS VARCHAR)`;

/** Doubles cannot hold these, so that they are written in quotes. */
const integer = (sql: string) => `CASE WHEN abs(${sql}) > 9007199254740992 THEN ${quoted(sql)} ELSE ${plain(sql)} END`;

/** SQL for the JSON text of one value. */
const writers: Readonly<Record<Exclude<Type['type'], 'RECORD'>, (sql: string) => string>> = {
  STRING: (sql) => plain(`to_json(${sql})`),
  BYTES: (sql) => quoted(`to_base64(${sql})`),
  INTEGER: plain,
  FLOAT: (sql) => `bq.float_to_text(${sql})`,
  BOOLEAN: plain,
  TIMESTAMP: (sql) => quoted(`${time(sql)} || 'Z'`),
  DATE: quoted,
  DATETIME: (sql) => quoted(time(sql)),
  JSON: plain,
};

/** SQL for the JSON text of a value. `wide`: integers that a double cannot hold are texts. */
function written(sql: string, type: Type | undefined, wide: boolean, depth = 0): string {
  if (type === undefined) return "'null'";
  let json: string;
  if (type.mode === 'REPEATED') {
    const item = written(`v${depth}`, { ...type, mode: 'NULLABLE' }, wide, depth + 1);
    json = `'[' || array_to_string(list_transform(${sql}, lambda v${depth}: ${item}), ',') || ']'`;
  } else if (type.type === 'RECORD') {
    const members = (type.fields ?? []).map(
      (field) =>
        `${text(`${JSON.stringify(field.name)}:`)} || ${written(`(${sql}).${quote(field.name)}`, field, wide, depth)}`,
    );
    json = `CASE WHEN ${sql} IS NOT NULL THEN '{' || ${members.join(` || ',' || `)} || '}' END`;
  } else {
    json = type.type === 'INTEGER' && wide ? integer(sql) : writers[type.type](sql);
  }
  return `coalesce(${json}, 'null')`;
}

function toJson(name: 'TO_JSON' | 'TO_JSON_STRING'): SpecialFunction {
  return ([value, ...more], scope) => {
    if (more.length > 0) throw unsupportedQuery(`${name} with options`);
    const { sql, type } = expression(value, scope);
    const json = written(sql, type, name === 'TO_JSON_STRING');
    if (name === 'TO_JSON_STRING') return { sql: json, type: scalar('STRING') };
    return { sql: `CAST(${json} AS JSON)`, type: scalar('JSON') };
  };
}

/** Functions of JSON that take a path, or a value of any type. */
export const jsonFunctions: Readonly<Record<string, SpecialFunction>> = {
  JSON_VALUE: scalarValue('JSON_VALUE', 'json_value', false),
  JSON_VALUE_ARRAY: scalarValue('JSON_VALUE_ARRAY', 'json_value_array', true),
  JSON_QUERY: query('JSON_QUERY', 'json_query', false),
  JSON_QUERY_ARRAY: query('JSON_QUERY_ARRAY', 'json_query_array', true),
  JSON_KEYS: keys,
  STRING: string,
  TO_JSON: toJson('TO_JSON'),
  TO_JSON_STRING: toJson('TO_JSON_STRING'),
};
