import { invalidQuery, unsupportedQuery } from '../errors.ts';
import { quote, standardName, type Type, text } from '../schema.ts';
import { scalars } from '../values.ts';
import { add, divide, multiply, negate, subtract } from './arithmetic.ts';
import { call, isCall } from './calls.ts';
import { conditionOf, expectTrait, type Trait, unify } from './comparable.ts';
import { array, cast } from './constructors.ts';
import {
  type Column,
  elementOf,
  expression,
  fieldOf,
  queryOf,
  type Resolved,
  resolveName,
  resolveQualified,
  type Scope,
} from './scope.ts';
import { as, expectOnly, type Fields, isNode, list, nameOf, open } from './tree.ts';
import { isType, scalar } from './types.ts';

type Handler = (fields: Fields, scope: Scope) => Resolved;

/** Translates an expression: an operator, a literal, a name, or a call. */
export function translateExpression(node: unknown, scope: Scope): Resolved {
  const [kind, fields] = open(node);
  const handler = handlers[kind];
  if (handler !== undefined) return handler(fields, scope);
  if (isCall(kind)) return call(kind, fields, scope);
  throw unsupportedQuery(kind.replaceAll('_', ' '));
}

const boolean = scalar('BOOLEAN');

/** ` at [line:column]`, where the parser says it. */
function placeOf(name: unknown): string {
  const span = isNode(name) && isNode(name.span) ? name.span : undefined;
  if (span === undefined) return '';
  const start = Number(span.column) - (Number(span.end) - Number(span.start));
  return ` at [${span.line}:${start}]`;
}

function column(fields: Fields, scope: Scope): Resolved {
  expectOnly('a column', fields, 'name', 'table');
  const name = nameOf(fields.name);
  if (name === undefined) throw unsupportedQuery('this name');
  const qualifier = nameOf(fields.table);
  const place = placeOf(fields.name);
  if (qualifier?.startsWith('@')) return dotted(scope.statement.parameter(qualifier.slice(1)), name);
  if (qualifier !== undefined) return resolveQualified(qualifier, name, scope, place);
  if (name.startsWith('@')) return scope.statement.parameter(name.slice(1));
  return resolveName(name, scope, place);
}

const dotted = ({ sql, type }: Resolved, name: string): Resolved => ({
  sql: `(${sql}).${quote(name)}`,
  type: fieldOf(type, name),
});

/** Kinds of literals of dates and times. */
const timeLiterals = { date: 'DATE', timestamp: 'TIMESTAMP', datetime: 'DATETIME' } as const;

function literal(fields: Fields): Resolved {
  const value = String(fields.value);
  const kind = String(fields.literal_type);
  if (kind === 'string' || kind === 'raw_string') return { sql: text(value), type: scalar('STRING'), isLiteral: true };
  const time = timeLiterals[kind as keyof typeof timeLiterals];
  if (time !== undefined) {
    return { sql: `CAST(${text(value)} AS ${scalars[time].engine})`, type: scalar(time), isLiteral: true };
  }
  if (kind === 'number' && /^\d+$/.test(value)) return { sql: `${value}::BIGINT`, type: scalar('INTEGER') };
  if (kind !== 'number' || !/^(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(value)) {
    throw unsupportedQuery(`the literal ${value}`);
  }
  if (!Number.isFinite(Number(value))) throw invalidQuery(`Invalid floating point literal: ${value}`);
  return { sql: `${text(value)}::DOUBLE`, type: scalar('FLOAT') };
}

function comparison(operator: string, trait: Trait): Handler {
  return (fields, scope) => {
    expectOnly(operator, fields, 'left', 'right');
    const { values, type } = unify(
      operator,
      [fields.left, fields.right].map((side) => expression(side, scope)),
    );
    expectTrait(trait, operator, { type });
    return { sql: `(${values.map(({ sql }) => sql).join(` ${operator} `)})`, type: boolean };
  };
}

function logical(operator: 'AND' | 'OR'): Handler {
  return (fields, scope) => {
    expectOnly(operator, fields, 'left', 'right');
    const sides = [fields.left, fields.right].map((side) => condition(operator, side, scope));
    return { sql: `(${sides.join(` ${operator} `)})`, type: boolean };
  };
}

function negated(sql: string, fields: Fields): string {
  return fields.not === true ? `(NOT ${sql})` : sql;
}

function caseOf(fields: Fields, scope: Scope): Resolved {
  expectOnly('CASE', fields, 'operand', 'whens', 'else_');
  const pairs = list(fields.whens).map(list);
  let conditions = pairs.map(([condition]) => expression(condition, scope));
  let operand = '';
  if (fields.operand) {
    const { values, type } = unify('CASE', [expression(fields.operand, scope), ...conditions]);
    expectTrait('equality', 'CASE', { type });
    operand = ` ${values[0]?.sql}`;
    conditions = values.slice(1);
  }
  const otherwise = fields.else_ ? [expression(fields.else_, scope)] : [];
  const { values, type } = unify('CASE', [...pairs.map(([, result]) => expression(result, scope)), ...otherwise]);
  const whens = conditions.map(
    (when, i) => ` WHEN ${operand === '' ? conditionOf('CASE', when) : when.sql} THEN ${values[i]?.sql}`,
  );
  const last = otherwise.length === 0 ? '' : ` ELSE ${values.at(-1)?.sql}`;
  return { sql: `(CASE${operand}${whens.join('')}${last} END)`, type };
}

function inList(fields: Fields, scope: Scope): Resolved {
  expectOnly('IN', fields, 'this', 'expressions', 'query', 'unnest', 'not');
  const value = expression(fields.this, scope);
  const together = (...items: readonly Resolved[]) => {
    const { values, type } = unify('IN', [value, ...items]);
    expectTrait('equality', 'IN', { type });
    return values.map(({ sql }) => sql);
  };
  if (fields.unnest) {
    const array = expression(fields.unnest, scope);
    const [sql] = together({ ...array, sql: 'NULL', type: elementOf(array.type) });
    return { sql: negated(`bq.is_in(${sql}, ${array.sql})`, fields), type: boolean };
  }
  if (fields.query) {
    const query = queryOf(fields.query, scope);
    const [sql] = together({ sql: 'NULL', type: onlyColumn(query.columns) });
    return { sql: negated(`(${sql} IN (${query.sql}))`, fields), type: boolean };
  }
  const [sql, ...items] = together(...list(fields.expressions).map((item) => expression(item, scope)));
  return { sql: negated(`(${sql} IN (${items.join(', ')}))`, fields), type: boolean };
}

function onlyColumn(columns: readonly Column[]): Type | undefined {
  if (columns.length === 1) return columns[0]?.type;
  throw invalidQuery('Scalar subquery cannot have more than one column unless using SELECT AS STRUCT');
}

function subscript(fields: Fields, scope: Scope): Resolved {
  expectOnly('[]', fields, 'this', 'index');
  const value = expression(fields.this, scope);
  const accessor = as(fields.index, 'function');
  const position = String(accessor?.name ?? 'OFFSET').toUpperCase();
  if (isType(value.type, 'JSON') && accessor === undefined) {
    const key = expression(fields.index, scope).sql;
    return { sql: `json_extract(${value.sql}, ${key})`, type: value.type };
  }
  if (!/^(SAFE_)?(OFFSET|ORDINAL)$/.test(position)) throw unsupportedQuery('this kind of []');
  if (accessor === undefined && value.type?.mode !== 'REPEATED')
    throw unsupportedQuery('[] without OFFSET or ORDINAL here');
  const index = expression(accessor === undefined ? fields.index : list(accessor.args)[0], scope).sql;
  const ordinal = position.endsWith('OFFSET') ? `(${index} + 1)` : index;
  const macro = position.startsWith('SAFE_') ? 'bq.at_safe' : 'bq.at';
  return { sql: `${macro}(${value.sql}, ${ordinal})`, type: elementOf(value.type) };
}

function like(fields: Fields, scope: Scope): Resolved {
  expectOnly('LIKE', fields, 'left', 'right');
  const sides = [fields.left, fields.right].map((side) => expression(side, scope));
  const stray = sides.find(({ type }) => type !== undefined && !isType(type, 'STRING'));
  if (stray?.type) throw invalidQuery(`No matching signature for operator LIKE for ${standardName(stray.type)}`);
  return { sql: `(${sides.map(({ sql }) => sql).join(' LIKE ')} ESCAPE '\\')`, type: boolean };
}

function subquery(fields: Fields, scope: Scope): Resolved {
  expectOnly('a subquery', fields, 'this');
  const { sql, columns } = queryOf(fields.this, scope);
  return { sql: `(${sql})`, type: onlyColumn(columns) };
}

function test(word: string): Handler {
  return (fields, scope) => {
    expectOnly(`IS ${word}`, fields, 'this', 'not');
    const sql = word === 'NULL' ? expression(fields.this, scope).sql : condition(`IS ${word}`, fields.this, scope);
    return { sql: negated(`(${sql} IS ${word})`, fields), type: boolean };
  };
}

const condition = (operator: string, node: unknown, scope: Scope) => conditionOf(operator, expression(node, scope));

const handlers: Record<string, Handler> = {
  column,
  literal,
  placeholder: (_fields, scope) => scope.statement.parameter(undefined),
  null: () => ({ sql: 'NULL', type: undefined }),
  boolean: (fields) => ({ sql: fields.value === true ? 'TRUE' : 'FALSE', type: boolean }),
  paren: (fields, scope) => {
    expectOnly('()', fields, 'this');
    const value = expression(fields.this, scope);
    return { ...value, sql: `(${value.sql})` };
  },
  and: logical('AND'),
  or: logical('OR'),
  not: (fields, scope) => {
    expectOnly('NOT', fields, 'this');
    return { sql: `(NOT ${condition('NOT', fields.this, scope)})`, type: boolean };
  },
  eq: comparison('=', 'equality'),
  neq: comparison('!=', 'equality'),
  lt: comparison('<', 'order'),
  lte: comparison('<=', 'order'),
  gt: comparison('>', 'order'),
  gte: comparison('>=', 'order'),
  null_safe_eq: comparison('IS NOT DISTINCT FROM', 'equality'),
  null_safe_neq: comparison('IS DISTINCT FROM', 'equality'),
  is_null: test('NULL'),
  is_true: test('TRUE'),
  is_false: test('FALSE'),
  add,
  sub: subtract,
  mul: multiply,
  neg: negate,
  div: divide,
  concat: (fields, scope) => {
    expectOnly('||', fields, 'left', 'right');
    const { values, type } = unify(
      '||',
      [fields.left, fields.right].map((side) => expression(side, scope)),
    );
    if (type !== undefined && type.mode !== 'REPEATED' && !isType(type, 'STRING', 'BYTES')) {
      throw invalidQuery(`No matching signature for operator || for argument types: ${standardName(type)}`);
    }
    return { sql: `(${values.map(({ sql }) => sql).join(' || ')})`, type };
  },
  like,
  between: (fields, scope) => {
    expectOnly('BETWEEN', fields, 'this', 'low', 'high', 'not');
    const { values, type } = unify(
      'BETWEEN',
      [fields.this, fields.low, fields.high].map((part) => expression(part, scope)),
    );
    expectTrait('order', 'BETWEEN', { type });
    const [value, low, high] = values.map(({ sql }) => sql);
    return { sql: negated(`(${value} BETWEEN ${low} AND ${high})`, fields), type: boolean };
  },
  case: caseOf,
  in: inList,
  array,
  array_func: array,
  cast: cast(false),
  safe_cast: cast(true),
  dot: (fields, scope) => {
    expectOnly('.', fields, 'this', 'field');
    return dotted(expression(fields.this, scope), nameOf(fields.field) ?? '');
  },
  subscript,
  subquery,
  exists: (fields, scope) => {
    expectOnly('EXISTS', fields, 'this', 'not');
    return { sql: negated(`EXISTS (${queryOf(fields.this, scope).sql})`, fields), type: boolean };
  },
};
