import { invalidQuery, unsupportedQuery } from '../errors.ts';
import { quote } from '../schema.ts';
import { aggregate, checked, isAggregate, windowed } from './aggregate-functions.ts';
import { type FunctionRule, functions } from './functions.ts';
import { jsonFunctions } from './json-functions.ts';
import { expression, queryOf, type Resolved, type Scope, type SpecialFunction, structOf } from './scope.ts';
import { apply } from './template.ts';
import { textFunctions } from './text-functions.ts';
import { extract, timeFunctions } from './time-functions.ts';
import { as, expectOnly, type Fields, inferredName, list, nameOf } from './tree.ts';
import { arrayOf, isType } from './types.ts';

/** Functions that the parser has nodes of their own for: kind -> name, then the fields that are its arguments. */
const nodes: Readonly<Record<string, readonly [name: string, ...fields: string[]]>> = {
  lower: ['LOWER', 'this'],
  upper: ['UPPER', 'this'],
  trim: ['TRIM', 'this', 'characters'],
  length: ['LENGTH', 'this'],
  substring: ['SUBSTR', 'this', 'start', 'length'],
  starts_with: ['STARTS_WITH', 'this', 'expression'],
  ends_with: ['ENDS_WITH', 'this', 'expression'],
  str_position: ['STRPOS', 'this', 'substr'],
  normalize: ['NORMALIZE', 'this', 'form'],
  safe_divide: ['SAFE_DIVIDE', 'this', 'expression'],
  mod_func: ['MOD', 'this', 'expression'],
  round: ['ROUND', 'this', 'decimals'],
  abs: ['ABS', 'this'],
  ceil: ['CEIL', 'this'],
  floor: ['FLOOR', 'this'],
  sqrt: ['SQRT', 'this'],
  exp: ['EXP', 'this'],
  ln: ['LN', 'this'],
  log: ['LOG', 'this', 'base'],
  power: ['POW', 'this', 'expression'],
  if_func: ['IF', 'condition', 'true_value', 'false_value'],
  array_length: ['ARRAY_LENGTH', 'this'],
  array_reverse: ['ARRAY_REVERSE', 'this'],
  json_value: ['JSON_VALUE', 'this', 'path'],
  json_query: ['JSON_QUERY', 'this', 'path'],
  json_type: ['JSON_TYPE', 'this'],
  parse_json: ['PARSE_JSON', 'this'],
  to_json: ['TO_JSON', 'this'],
  timestamp: ['TIMESTAMP', 'this', 'zone'],
  last_day: ['LAST_DAY', 'this', 'unit'],
};

const specials: Readonly<Record<string, SpecialFunction>> = {
  ...timeFunctions,
  ...textFunctions,
  ...jsonFunctions,
  STRUCT: struct,
  ARRAY: arraySubquery,
};

const ownKinds = new Set(['function', 'coalesce', 'extract', 'window_function']);

/** Whether nodes of the kind are calls. */
export const isCall = (kind: string): boolean => kind in nodes || ownKinds.has(kind) || isAggregate(kind);

/** Translates a call. Throws `invalidQuery` for every function that is not known to be right. */
export function call(kind: string, fields: Fields, scope: Scope): Resolved {
  if (kind === 'window_function') return windowed(fields, scope);
  if (kind === 'extract') return extract(fields, scope);
  if (kind === 'coalesce') return plain('COALESCE', functions.COALESCE, list(fields.expressions), scope);
  if (isAggregate(kind)) return checked(aggregate(kind, fields, scope));
  const rule = nodes[kind];
  if (rule !== undefined) {
    const [name, ...keys] = rule;
    expectOnly(
      name,
      fields,
      ...keys,
      ...(kind === 'trim' ? ['position'] : []),
      ...(kind === 'timestamp' ? ['with_tz'] : []),
    );
    return named(
      name,
      keys.map((key) => fields[key]).filter((arg) => arg !== null && arg !== undefined),
      scope,
    );
  }
  expectOnly('a call', fields, 'name', 'args', 'no_parens');
  return named(String(fields.name).toUpperCase(), list(fields.args), scope);
}

/** Other spellings. */
const aliases: Readonly<Record<string, string>> = {
  POWER: 'POW',
  OCTET_LENGTH: 'BYTE_LENGTH',
  REGEXP_SUBSTR: 'REGEXP_EXTRACT',
  INSTR: 'STRPOS',
};

function named(spelling: string, args: readonly unknown[], scope: Scope): Resolved {
  if (spelling.startsWith('SAFE.')) {
    const value = unchecked(spelling.slice('SAFE.'.length), args, scope);
    const sql = `TRY(${value.sql})`;
    return { sql: isType(value.type, 'FLOAT') ? `bq.finite_or_null(${sql})` : sql, type: value.type };
  }
  return checked(unchecked(spelling, args, scope));
}

function unchecked(spelling: string, args: readonly unknown[], scope: Scope): Resolved {
  const name = aliases[spelling] ?? spelling;
  if (isAggregate(name)) return aggregate('function', { name, args }, scope);
  return specials[name]?.(args, scope) ?? plain(name, functions[name], args, scope);
}

function plain(name: string, rule: FunctionRule | undefined, args: readonly unknown[], scope: Scope): Resolved {
  if (rule === undefined) throw unsupportedQuery(`the function ${name}`);
  return apply(
    name,
    rule,
    args.map((arg) => expression(arg, scope)),
  );
}

function struct(args: readonly unknown[], scope: Scope): Resolved {
  const fields = args.map((arg) => {
    const alias = as(arg, 'alias');
    if (alias !== undefined) expectOnly('STRUCT', alias, 'this', 'alias');
    const node = alias?.this ?? arg;
    const name = nameOf(alias?.alias) ?? inferredName(node);
    if (name === undefined) throw unsupportedQuery('STRUCT fields without a name');
    return { name, ...expression(node, scope) };
  });
  return {
    sql: `struct_pack(${fields.map(({ name, sql }) => `${quote(name)} := ${sql}`).join(', ')})`,
    type: structOf(fields),
  };
}

/** `ARRAY(SELECT …)`: of no rows it is empty, never NULL. */
function arraySubquery(args: readonly unknown[], scope: Scope): Resolved {
  const { sql, columns } = queryOf(args[0], scope);
  if (columns.length !== 1) throw invalidQuery('ARRAY subquery cannot have more than one column');
  const type = columns[0]?.type;
  if (type?.mode === 'REPEATED') throw invalidQuery('Cannot use array subquery with column of type ARRAY');
  return { sql: `coalesce(ARRAY(${sql}), [])`, type: arrayOf(type) };
}
