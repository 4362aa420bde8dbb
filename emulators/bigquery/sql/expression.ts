import { invalidQuery, unsupportedQuery } from '../errors.ts';
import { quote, text } from '../schema.ts';
import { call, isCall } from './calls.ts';
import { expectComparable, expectUniform } from './comparable.ts';
import { array, cast } from './constructors.ts';
import {
  elementOf,
  expression,
  fieldOf,
  queryOf,
  type Resolved,
  resolveName,
  resolveQualified,
  type Scope,
  type Type,
} from './scope.ts';
import { as, expectOnly, type Fields, integerLiteral, isNode, list, nameOf, open } from './tree.ts';
import { commonNumber, isNumber, isType, scalar } from './types.ts';

type Handler = (fields: Fields, scope: Scope) => Resolved;

/** Translates an expression: an operator, a literal, a name, or a call. */
export function translateExpression(node: unknown, scope: Scope): Resolved {
  const [kind, fields] = open(node);
  const handler = handlers[kind];
  if (handler !== undefined) return handler(fields, scope);
  if (isCall(kind)) return call(kind, fields, scope);
  throw unsupportedQuery(kind.replaceAll('_', ' '));
}

const expressions = (nodes: unknown, scope: Scope): string[] => list(nodes).map((node) => expression(node, scope).sql);

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

function literal(fields: Fields): Resolved {
  const value = String(fields.value);
  switch (fields.literal_type) {
    case 'string':
    case 'raw_string':
      return { sql: text(value), type: scalar('STRING') };
    case 'date':
      return { sql: `CAST(${text(value)} AS DATE)`, type: scalar('DATE') };
    case 'timestamp':
      return { sql: `CAST(${text(value)} AS TIMESTAMPTZ)`, type: scalar('TIMESTAMP') };
    case 'datetime':
      return { sql: `CAST(${text(value)} AS TIMESTAMP)`, type: scalar('DATETIME') };
    case 'number':
      if (/^\d+$/.test(value)) return { sql: `${value}::BIGINT`, type: scalar('INTEGER') };
      if (/^(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(value)) {
        return { sql: `${text(value)}::DOUBLE`, type: scalar('FLOAT') };
      }
  }
  throw unsupportedQuery(`the literal ${value}`);
}

function comparison(operator: string): Handler {
  return (fields, scope) => {
    expectOnly(operator, fields, 'left', 'right');
    const left = expression(fields.left, scope);
    const right = expression(fields.right, scope);
    expectComparable(left, right, operator);
    if (isType(left.type, 'JSON')) throw invalidQuery(`Equality is not defined for arguments of type JSON`);
    return { sql: `(${left.sql} ${operator} ${right.sql})`, type: boolean };
  };
}

function logical(operator: 'AND' | 'OR'): Handler {
  return (fields, scope) => {
    expectOnly(operator, fields, 'left', 'right');
    const sides = expressions([fields.left, fields.right], scope);
    return { sql: `(${sides.join(` ${operator} `)})`, type: boolean };
  };
}

function arithmetic(operator: '+' | '-' | '*'): Handler {
  return (fields, scope) => {
    expectOnly(operator, fields, 'left', 'right');
    const left = expression(fields.left, scope);
    const right = expression(fields.right, scope);
    const type = commonNumber(left.type, right.type);
    if (type === undefined && isType(left.type, 'DATE') && isType(right.type, 'INTEGER') && operator !== '*') {
      return { sql: `(${left.sql} ${operator} CAST(${right.sql} AS INTEGER))`, type: left.type };
    }
    if (isTime(left.type) && isTime(right.type)) throw unsupportedQuery('differences that are an INTERVAL');
    if (operator === '-' && type === undefined) return { sql: `bq.minus(${left.sql}, ${right.sql})`, type };
    return { sql: `(${left.sql} ${operator} ${right.sql})`, type };
  };
}

const isTime = (type: Type | undefined) => isType(type, 'DATE', 'TIMESTAMP', 'DATETIME', 'TIME');

function negated(sql: string, fields: Fields): string {
  return fields.not === true ? `(NOT ${sql})` : sql;
}

function caseOf(fields: Fields, scope: Scope): Resolved {
  expectOnly('CASE', fields, 'operand', 'whens', 'else_');
  const operand = fields.operand ? ` ${expression(fields.operand, scope).sql}` : '';
  const results = list(fields.whens).map((pair) => expression(list(pair)[1], scope));
  const whens = list(fields.whens).map(
    (pair, i) => ` WHEN ${expression(list(pair)[0], scope).sql} THEN ${results[i]?.sql}`,
  );
  const last = fields.else_ ? expression(fields.else_, scope) : undefined;
  expectUniform('CASE', last === undefined ? results : [...results, last]);
  const otherwise = last === undefined ? '' : ` ELSE ${last.sql}`;
  return { sql: `(CASE${operand}${whens.join('')}${otherwise} END)`, type: results[0]?.type };
}

function inList(fields: Fields, scope: Scope): Resolved {
  expectOnly('IN', fields, 'this', 'expressions', 'query', 'unnest', 'not');
  const value = expression(fields.this, scope);
  if (fields.unnest) {
    const array = expression(fields.unnest, scope);
    expectComparable(value, { ...array, type: elementOf(array.type) }, '=');
    return { sql: negated(`bq.is_in(${value.sql}, ${array.sql})`, fields), type: boolean };
  }
  if (fields.query) {
    const query = queryOf(fields.query, scope);
    return { sql: negated(`(${value.sql} IN (${query.sql}))`, fields), type: boolean };
  }
  const items = list(fields.expressions).map((item) => expression(item, scope));
  for (const item of items) expectComparable(value, item, '=');
  return { sql: negated(`(${value.sql} IN (${items.map(({ sql }) => sql).join(', ')}))`, fields), type: boolean };
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
  const [left, right] = expressions([fields.left, fields.right], scope);
  return { sql: `(${left} LIKE ${right} ESCAPE '\\')`, type: boolean };
}

function subquery(fields: Fields, scope: Scope): Resolved {
  expectOnly('a subquery', fields, 'this');
  const { sql, columns } = queryOf(fields.this, scope);
  if (columns.length !== 1) {
    throw invalidQuery('Scalar subquery cannot have more than one column unless using SELECT AS STRUCT');
  }
  return { sql: `(${sql})`, type: columns[0]?.type };
}

const unary = (sql: (value: string) => string, type?: Type): Handler => {
  return (fields, scope) => {
    expectOnly('this expression', fields, 'this', 'not');
    const value = expression(fields.this, scope);
    return { sql: negated(sql(value.sql), fields), type: type ?? value.type };
  };
};

const handlers: Record<string, Handler> = {
  column,
  literal,
  placeholder: (_fields, scope) => scope.statement.parameter(undefined),
  null: () => ({ sql: 'NULL', type: undefined }),
  boolean: (fields) => ({ sql: fields.value === true ? 'TRUE' : 'FALSE', type: boolean }),
  paren: unary((value) => `(${value})`),
  and: logical('AND'),
  or: logical('OR'),
  not: unary((value) => `(NOT ${value})`, boolean),
  eq: comparison('='),
  neq: comparison('!='),
  lt: comparison('<'),
  lte: comparison('<='),
  gt: comparison('>'),
  gte: comparison('>='),
  null_safe_eq: comparison('IS NOT DISTINCT FROM'),
  null_safe_neq: comparison('IS DISTINCT FROM'),
  is_null: unary((value) => `(${value} IS NULL)`, boolean),
  is_true: unary((value) => `(${value} IS TRUE)`, boolean),
  is_false: unary((value) => `(${value} IS FALSE)`, boolean),
  add: arithmetic('+'),
  sub: arithmetic('-'),
  mul: arithmetic('*'),
  div: (fields, scope) => {
    expectOnly('/', fields, 'left', 'right');
    const [left, right] = expressions([fields.left, fields.right], scope);
    return { sql: `bq.divide(${left}, ${right})`, type: scalar('FLOAT') };
  },
  neg: (fields, scope) => {
    const digits = integerLiteral(fields.this);
    if (digits !== undefined) return { sql: `CAST(-${digits} AS BIGINT)`, type: scalar('INTEGER') };
    const value = expression(fields.this, scope);
    return { sql: `(-${value.sql})`, type: value.type };
  },
  concat: (fields, scope) => {
    expectOnly('||', fields, 'left', 'right');
    const left = expression(fields.left, scope);
    const right = expression(fields.right, scope);
    if ([left, right].some(({ type }) => isNumber(type))) {
      throw invalidQuery('No matching signature for operator || for argument types: INT64');
    }
    return { sql: `(${left.sql} || ${right.sql})`, type: left.type };
  },
  like,
  between: (fields, scope) => {
    expectOnly('BETWEEN', fields, 'this', 'low', 'high', 'not');
    const [value, low, high] = [fields.this, fields.low, fields.high].map((part) => expression(part, scope));
    if (value && low && high) for (const bound of [low, high]) expectComparable(value, bound, 'BETWEEN');
    return { sql: negated(`(${value?.sql} BETWEEN ${low?.sql} AND ${high?.sql})`, fields), type: boolean };
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
