import { invalidQuery, unsupportedQuery } from '../errors.ts';
import { quote } from '../schema.ts';
import { aggregate, aggregateNames, checked, isAggregate, windowed } from './aggregate-functions.ts';
import { type FunctionRule, functions } from './functions.ts';
import { jsonFunctions } from './json-functions.ts';
import { expression, queryOf, type Resolved, type Scope, type SpecialFunction, structOf } from './scope.ts';
import { apply } from './template.ts';
import { textFunctions } from './text-functions.ts';
import { extract, timeFunctions } from './time-functions.ts';
import { as, expectOnly, type Fields, inferredName, isNode, list, nameOf } from './tree.ts';
import { arrayOf, isType } from './types.ts';

/** What functions are called that the parser has nodes of other names for. */
const nodeNames: Readonly<Record<string, string>> = {
  substring: 'SUBSTR',
  str_position: 'STRPOS',
  mod_func: 'MOD',
  power: 'POW',
  if_func: 'IF',
};
const nameOfNode = (kind: string) => nodeNames[kind] ?? kind.toUpperCase();

/** Fields of such nodes that hold arguments, in the order in which BigQuery takes them. */
const argumentFields = [
  ...['condition', 'true_value', 'false_value', 'this', 'expression', 'start', 'length', 'characters', 'substr'],
  ...['decimals', 'base', 'path', 'zone'],
];

const specials: Readonly<Record<string, SpecialFunction>> = {
  ...timeFunctions,
  ...textFunctions,
  ...jsonFunctions,
  STRUCT: struct,
  ARRAY: arraySubquery,
};

/** Every function that is taken, by name; any other is refused. */
export const functionNames: readonly string[] = [
  ...Object.keys({ ...functions, ...specials }),
  ...aggregateNames,
].sort();

/** Whether nodes of the kind are calls. */
export function isCall(kind: string): boolean {
  const name = nameOfNode(kind);
  return (
    ['function', 'extract', 'window_function'].includes(kind) ||
    isAggregate(kind) ||
    name in functions ||
    name in specials
  );
}

/** Translates a call. Throws `invalidQuery` for every function that is not known to be right. */
export function call(kind: string, fields: Fields, scope: Scope): Resolved {
  if (kind === 'window_function') return windowed(fields, scope);
  if (kind === 'extract') return extract(fields, scope);
  if (isAggregate(kind)) return checked(aggregate(kind, fields, scope));
  if (kind === 'function') {
    expectOnly('a call', fields, 'name', 'args', 'no_parens');
    return named(String(fields.name).toUpperCase(), list(fields.args), scope);
  }
  const name = nameOfNode(kind);
  expectOnly(name, fields, ...argumentFields, 'expressions', 'position', 'with_tz');
  return named(name, [...argumentFields.map((key) => fields[key]).filter(isNode), ...list(fields.expressions)], scope);
}

function named(spelling: string, args: readonly unknown[], scope: Scope): Resolved {
  if (spelling.startsWith('SAFE.')) {
    const value = unchecked(spelling.slice('SAFE.'.length), args, scope);
    const sql = `TRY(${value.sql})`;
    return { sql: isType(value.type, 'FLOAT') ? `bq.finite_or_null(${sql})` : sql, type: value.type };
  }
  return checked(unchecked(spelling, args, scope));
}

function unchecked(name: string, args: readonly unknown[], scope: Scope): Resolved {
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
