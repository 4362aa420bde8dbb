import { invalidQuery, unsupportedQuery } from '../errors.ts';
import { finite } from './arithmetic.ts';
import { expectTrait } from './comparable.ts';
import { aggregates, type FunctionRule, windowFunctions } from './functions.ts';
import { expression, type Resolved, type Scope } from './scope.ts';
import { apply } from './template.ts';
import { as, expectOnly, type Fields, integerLiteral, isNode, list, open } from './tree.ts';
import { arrayOf, isType, scalar } from './types.ts';
import { orderBy, windowSpec } from './window.ts';

/** Nodes of aggregates: kind -> function. */
const nodes: Readonly<Record<string, string>> = {
  sum: 'SUM',
  avg: 'AVG',
  min: 'MIN',
  max: 'MAX',
  count: 'COUNT',
  count_if: 'COUNTIF',
  approx_count_distinct: 'APPROX_COUNT_DISTINCT',
  any_value: 'ANY_VALUE',
  array_agg: 'ARRAY_AGG',
  array_concat_agg: 'ARRAY_CONCAT_AGG',
  string_agg: 'STRING_AGG',
  logical_and: 'LOGICAL_AND',
  logical_or: 'LOGICAL_OR',
  stddev: 'STDDEV',
  stddev_samp: 'STDDEV_SAMP',
  stddev_pop: 'STDDEV_POP',
  variance: 'VARIANCE',
  var_samp: 'VAR_SAMP',
  var_pop: 'VAR_POP',
};

/** Nodes of functions that need OVER: kind -> function, then the fields that are its arguments. */
const windowNodes: Readonly<Record<string, readonly [name: string, ...fields: string[]]>> = {
  row_number: ['ROW_NUMBER'],
  rank: ['RANK'],
  dense_rank: ['DENSE_RANK'],
  percent_rank: ['PERCENT_RANK'],
  cume_dist: ['CUME_DIST'],
  n_tile: ['NTILE', 'num_buckets'],
  lag: ['LAG', 'this', 'offset', 'default'],
  lead: ['LEAD', 'this', 'offset', 'default'],
  first_value: ['FIRST_VALUE', 'this'],
  last_value: ['LAST_VALUE', 'this'],
  nth_value: ['NTH_VALUE', 'this', 'offset'],
};

/** Whether a node's kind, or a function's name, is an aggregate. */
export const isAggregate = (kind: string): boolean =>
  kind in nodes || kind === 'aggregate_function' || kind in aggregates || kind === 'APPROX_QUANTILES';

const distinctable = new Set(['COUNT', 'SUM', 'AVG', 'MIN', 'MAX', 'ARRAY_AGG', 'STRING_AGG']);

/** DuckDB sums INT64 to more than 64 bits, and FLOAT64 to infinity, where BigQuery has errors. */
export const checked = ({ sql, type }: Resolved): Resolved =>
  sql.startsWith('sum(') && isType(type, 'INTEGER') ? { sql: `bq.int64(${sql})`, type } : finite({ sql, type });

/** Translates an aggregate that has no OVER; `checked` goes around it and its OVER. */
export function aggregate(kind: string, fields: Fields, scope: Scope): Resolved {
  const name = nodes[kind] ?? String(fields.name).toUpperCase();
  const args = fields.args === undefined ? [fields.this].filter(isNode) : list(fields.args);
  if (name === 'COUNT' && fields.star === true) {
    expectOnly('COUNT', fields, 'star');
    return { sql: 'count(*)', type: scalar('INTEGER') };
  }
  if (name === 'ARRAY_AGG' || name === 'ARRAY_CONCAT_AGG') return arrayAgg(name, fields, args, scope);
  if (name === 'STRING_AGG') return stringAgg(fields, scope);
  if (name === 'APPROX_QUANTILES') return quantiles(fields, args, scope);
  expectOnly(name, fields, 'this', 'name', 'args', 'distinct', 'having_max');
  const rule = aggregates[name];
  if (rule === undefined) throw unsupportedQuery(`the function ${name}`);
  const values = args.map((arg) => expression(arg, scope));
  if (fields.having_max) return havingMax(name, fields, values, scope);
  if (fields.distinct !== true) return apply(name, rule, values);
  if (!distinctable.has(name)) throw unsupportedQuery(`DISTINCT in ${name}`);
  expectTrait('grouping', 'DISTINCT', ...values);
  return apply(
    name,
    rule,
    values.map((value) => ({ ...value, sql: `DISTINCT ${value.sql}` })),
  );
}

function havingMax(name: string, fields: Fields, values: readonly Resolved[], scope: Scope): Resolved {
  const [by, isMax] = list(fields.having_max);
  if (name !== 'ANY_VALUE' || fields.distinct === true) throw unsupportedQuery(`HAVING MAX in ${name}`);
  return apply('ANY_VALUE', aggregates[isMax === true ? 'MAX_BY' : 'MIN_BY'] as FunctionRule, [
    ...values,
    expression(by, scope),
  ]);
}

function arrayAgg(name: string, fields: Fields, args: readonly unknown[], scope: Scope): Resolved {
  expectOnly(name, fields, 'this', 'name', 'distinct', 'order_by', 'ignore_nulls', 'limit');
  const value = expression(args[0], scope);
  const isConcat = name === 'ARRAY_CONCAT_AGG';
  if (!isConcat && value.type?.mode === 'REPEATED')
    throw invalidQuery('The argument to ARRAY_AGG must not be an array type');
  const distinct = fields.distinct === true ? 'DISTINCT ' : '';
  const filter = fields.ignore_nulls === true || isConcat ? ` FILTER (WHERE ${value.sql} IS NOT NULL)` : '';
  const all = `array_agg(${distinct}${value.sql}${orderBy(fields.order_by, scope)})${filter}`;
  const sql = isConcat ? `flatten(${limited(all, fields.limit)})` : limited(all, fields.limit);
  if (fields.distinct === true) expectTrait('grouping', 'DISTINCT', value);
  return { sql, type: arrayOf(value.type) };
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
const neverWindowed = new Set(['array_agg', 'array_concat_agg', 'string_agg', 'approx_count_distinct']);

/** Translates `f(…) OVER (…)`. */
export function windowed(fields: Fields, scope: Scope): Resolved {
  expectOnly('OVER', fields, 'this', 'over');
  const [kind, call] = open(fields.this);
  const value = windowCall(kind, call, scope);
  return checked({ sql: `${value.sql} OVER ${windowSpec(fields.over, scope)}`, type: value.type });
}

function windowCall(kind: string, call: Fields, scope: Scope): Resolved {
  const named = windowNodes[kind];
  if (named !== undefined) {
    const [name, ...keys] = named;
    expectOnly(name, call, ...keys, 'ignore_nulls');
    const args = keys.map((key) => call[key]).filter(isNode);
    return windowFunction(name, args, call.ignore_nulls === true, scope);
  }
  const name = String(call.name).toUpperCase();
  if (name in windowFunctions) {
    expectOnly(name, call, 'name', 'args');
    return windowFunction(name, list(call.args), false, scope);
  }
  if (!isAggregate(kind) || neverWindowed.has(kind)) throw unsupportedQuery(`${name || kind} with OVER`);
  if (kind === 'aggregate_function' && as(call, 'args') === undefined && name.startsWith('APPROX')) {
    throw unsupportedQuery(`${name} with OVER`);
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
