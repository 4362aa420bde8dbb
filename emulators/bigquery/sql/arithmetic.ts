import { invalidQuery, unsupportedQuery } from '../errors.ts';
import { standardName, type Type } from '../schema.ts';
import { expression, type Resolved, type Scope } from './scope.ts';
import { interval } from './time-functions.ts';
import { as, expectOnly, type Fields, integerLiteral, open } from './tree.ts';
import { isNumber, isTime, isType, scalar } from './types.ts';

type Handler = (fields: Fields, scope: Scope) => Resolved;

const operators: Readonly<Record<string, '+' | '-' | '*'>> = { add: '+', sub: '-', mul: '*' };

/** BigQuery has an error where DuckDB goes on with infinity or NaN. */
export const finite = ({ sql, type }: Resolved): Resolved => ({
  sql: isType(type, 'FLOAT') ? `bq.finite(${sql})` : sql,
  type,
});

/**
 * A term whose FLOAT64 may have become infinite: that stays so through +, - and *, so that only the whole of them needs to be
 * looked at.
 */
function term(node: unknown, scope: Scope): Resolved {
  const [kind, fields] = open(node);
  const operator = operators[kind];
  if (operator !== undefined) return combined(operator, fields, scope);
  if (kind === 'neg') return negated(fields, scope);
  if (kind !== 'paren') return expression(node, scope);
  const value = term(fields.this, scope);
  return { ...value, sql: `(${value.sql})` };
}

function combined(operator: '+' | '-' | '*', fields: Fields, scope: Scope): Resolved {
  expectOnly(operator, fields, 'left', 'right');
  const left = term(fields.left, scope);
  const step = as(fields.right, 'interval');
  if (step !== undefined && operator !== '*' && isTime(left.type)) {
    const shifted = isType(left.type, 'DATE') ? scalar('DATETIME') : left.type;
    return { sql: `(${left.sql} ${operator} ${interval(step, scope)})`, type: shifted };
  }
  const right = term(fields.right, scope);
  if (isType(left.type, 'DATE') && isType(right.type, 'INTEGER') && operator !== '*') {
    return { sql: `(${left.sql} ${operator} CAST(${right.sql} AS INTEGER))`, type: left.type };
  }
  if (isTime(left.type) && isTime(right.type)) throw unsupportedQuery('differences that are an INTERVAL');
  return { sql: `(${left.sql} ${operator} ${right.sql})`, type: number(operator, left.type, right.type) };
}

function number(operator: string, ...types: readonly (Type | undefined)[]): Type {
  const stray = types.find((type) => type !== undefined && !isNumber(type));
  if (stray !== undefined) {
    const names = types.map((type) => (type === undefined ? 'NULL' : standardName(type))).join(', ');
    throw invalidQuery(`No matching signature for operator ${operator} for argument types: ${names}`);
  }
  return scalar(types.some((type) => isType(type, 'FLOAT')) ? 'FLOAT' : 'INTEGER');
}

function negated(fields: Fields, scope: Scope): Resolved {
  expectOnly('-', fields, 'this');
  const digits = integerLiteral(fields.this);
  if (digits !== undefined) return { sql: `CAST(-${digits} AS BIGINT)`, type: scalar('INTEGER') };
  const value = term(fields.this, scope);
  return { sql: `(-${value.sql})`, type: number('-', value.type) };
}

const checked =
  (operator: '+' | '-' | '*'): Handler =>
  (fields, scope) =>
    finite(combined(operator, fields, scope));

export const add = checked('+');
export const subtract = checked('-');
export const multiply = checked('*');
export const negate: Handler = (fields, scope) => finite(negated(fields, scope));

export const divide: Handler = (fields, scope) => {
  expectOnly('/', fields, 'left', 'right');
  const [left, right] = [expression(fields.left, scope), expression(fields.right, scope)];
  number('/', left.type, right.type);
  return finite({ sql: `bq.divide(${left.sql}, ${right.sql})`, type: scalar('FLOAT') });
};
