import { invalidQuery, unsupportedQuery } from '../errors.ts';
import { finite } from './arithmetic.ts';
import { expectTrait } from './comparable.ts';
import { aggregates, windowFunctions } from './functions.ts';
import { expression, type Resolved, type Scope } from './scope.ts';
import { apply } from './template.ts';
import { expectOnly, type Fields, integerLiteral, isNode, list, open } from './tree.ts';
import { arrayOf, isType, scalar } from './types.ts';
import { orderBy, windowSpec } from './window.ts';

/** Fields of window functions' nodes that hold arguments, in the order in which BigQuery takes them. */
const windowArguments = ['num_buckets', 'this', 'offset', 'default'];

/** Aggregates that are no plain functions of their arguments. */
const special = ['ARRAY_AGG', 'STRING_AGG', 'APPROX_QUANTILES'];

/** Functions over rows, with OVER or without. */
export const aggregateNames = [...special, ...Object.keys({ ...aggregates, ...windowFunctions })];

const nameOfNode = (kind: string) => (kind === 'count_if' ? 'COUNTIF' : kind.toUpperCase());

/** Whether a node's kind, or a function's name, is an aggregate. */
export const isAggregate = (kind: string): boolean =>
  kind === 'aggregate_function' || nameOfNode(kind) in aggregates || special.includes(nameOfNode(kind));

const distinctable = new Set(['COUNT', 'SUM', 'AVG', 'MIN', 'MAX', 'ARRAY_AGG', 'STRING_AGG']);

/** DuckDB sums INT64 to more than 64 bits, and FLOAT64 to infinity, where BigQuery has errors. */
export const checked = ({ sql, type }: Resolved): Resolved =>
  sql.startsWith('sum(') && isType(type, 'INTEGER') ? { sql: `bq.int64(${sql})`, type } : finite({ sql, type });

/** Translates an aggregate that has no OVER; `checked` goes around it and its OVER. */
export function aggregate(kind: string, fields: Fields, scope: Scope): Resolved {
  const isNamed = kind === 'aggregate_function' || kind === 'function';
  const name = isNamed ? String(fields.name).toUpperCase() : nameOfNode(kind);
  const args = fields.args === undefined ? [fields.this].filter(isNode) : list(fields.args);
  if (name === 'COUNT' && fields.star === true) {
    expectOnly('COUNT', fields, 'star');
    return { sql: 'count(*)', type: scalar('INTEGER') };
  }
  if (name === 'ARRAY_AGG') return arrayAgg(fields, args, scope);
  if (name === 'STRING_AGG') return stringAgg(fields, scope);
  if (name === 'APPROX_QUANTILES') return quantiles(fields, args, scope);
  expectOnly(name, fields, 'this', 'name', 'args', 'distinct');
  const rule = aggregates[name];
  if (rule === undefined) throw unsupportedQuery(`the function ${name}`);
  const values = args.map((arg) => expression(arg, scope));
  if (fields.distinct !== true) return apply(name, rule, values);
  if (!distinctable.has(name)) throw unsupportedQuery(`DISTINCT in ${name}`);
  expectTrait('grouping', 'DISTINCT', ...values);
  return apply(
    name,
    rule,
    values.map((value) => ({ ...value, sql: `DISTINCT ${value.sql}` })),
  );
}

function arrayAgg(fields: Fields, args: readonly unknown[], scope: Scope): Resolved {
  expectOnly('ARRAY_AGG', fields, 'this', 'name', 'distinct', 'order_by', 'ignore_nulls', 'limit');
  const value = expression(args[0], scope);
  if (value.type?.mode === 'REPEATED') throw invalidQuery('The argument to ARRAY_AGG must not be an array type');
  if (fields.distinct === true) expectTrait('grouping', 'DISTINCT', value);
  const distinct = fields.distinct === true ? 'DISTINCT ' : '';
  const filter = fields.ignore_nulls === true ? ` FILTER (WHERE ${value.sql} IS NOT NULL)` : '';
  const all = `array_agg(${distinct}${value.sql}${orderBy(fields.order_by, scope)})${filter}`;
  return { sql: limited(all, fields.limit), type: arrayOf(value.type) };
}

function stringAgg(fields: Fields, scope: Scope): Resolved {
  expectOnly('STRING_AGG', fields, 'this', 'name', 'separator', 'distinct', 'order_by', 'limit');
  const { sql: value, type } = expression(fields.this, scope);
  if (type !== undefined && !isType(type, 'STRING')) throw invalidQuery('STRING_AGG needs a STRING');
  const separator = fields.separator ? expression(fields.separator, scope).sql : "','";
  const distinct = fields.distinct === true ? 'DISTINCT ' : '';
  const items = `array_agg(${distinct}${value}${orderBy(fields.order_by, scope)}) FILTER (WHERE ${value} IS NOT NULL)`;
  return { sql: `array_to_string(${limited(items, fields.limit)}, ${separator})`, type: scalar('STRING') };
}

function limited(sql: string, limit: unknown): string {
  if (!isNode(limit)) return sql;
  const count = integerLiteral(limit);
  if (count === undefined) throw unsupportedQuery('a LIMIT in an aggregate that is not a number');
  return `list_slice(${sql}, 1, ${count})`;
}

const maxQuantiles = 1000;

function quantiles(fields: Fields, args: readonly unknown[], scope: Scope): Resolved {
  expectOnly('APPROX_QUANTILES', fields, 'name', 'args', 'ignore_nulls');
  const count = Number(integerLiteral(args[1]) ?? Number.NaN);
  if (!(count >= 1 && count <= maxQuantiles)) throw unsupportedQuery('this number of quantiles');
  const shares = Array.from({ length: count + 1 }, (_, i) => `${i}/${count}`).join(', ');
  const value = expression(args[0], scope);
  expectTrait('order', 'APPROX_QUANTILES', value);
  return { sql: `quantile_disc(${value.sql}, [${shares}])`, type: arrayOf(value.type) };
}

/** Aggregates of this list are refused under OVER: an ordered or limited array of a window is another thing. */
const neverWindowed = ['array_agg', 'string_agg', 'approx_count_distinct'];

/** Translates `f(…) OVER (…)`. */
export function windowed(fields: Fields, scope: Scope): Resolved {
  expectOnly('OVER', fields, 'this', 'over');
  const [kind, call] = open(fields.this);
  const value = windowCall(kind, call, scope);
  return checked({ sql: `${value.sql} OVER ${windowSpec(fields.over, scope)}`, type: value.type });
}

function windowCall(kind: string, call: Fields, scope: Scope): Resolved {
  const name = kind === 'n_tile' ? 'NTILE' : kind.toUpperCase();
  if (name in windowFunctions) {
    expectOnly(name, call, ...windowArguments, 'ignore_nulls');
    const args = windowArguments.map((key) => call[key]).filter(isNode);
    return windowFunction(name, args, call.ignore_nulls === true, scope);
  }
  const called = String(call.name).toUpperCase();
  if (called in windowFunctions) {
    expectOnly(called, call, 'name', 'args');
    return windowFunction(called, list(call.args), false, scope);
  }
  if (!isAggregate(kind) || neverWindowed.includes(kind) || called.startsWith('APPROX')) {
    throw unsupportedQuery(`${called || name} with OVER`);
  }
  return aggregate(kind, call, scope);
}

function windowFunction(name: string, args: readonly unknown[], ignoreNulls: boolean, scope: Scope): Resolved {
  const rule = windowFunctions[name];
  if (rule === undefined) throw unsupportedQuery(`the function ${name}`);
  const value = apply(
    name,
    rule,
    args.map((arg) => expression(arg, scope)),
  );
  return ignoreNulls ? { ...value, sql: value.sql.replace(/\)$/, ' IGNORE NULLS)') } : value;
}
