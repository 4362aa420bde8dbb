import { invalidQuery } from '../errors.ts';
import type { Resolved } from './scope.ts';
import { isNumber, standardName } from './types.ts';

/** BigQuery compares a string literal to a date or time, but never a STRING to a number or a BOOL, as DuckDB does. */
export function expectComparable(left: Resolved, right: Resolved, operator: string): void {
  const families = [left.type, right.type].map((type) => {
    if (type === undefined || type.mode === 'REPEATED' || type.type === 'RECORD') return undefined;
    return isNumber(type) ? 'number' : type.type;
  });
  const [a, b] = families;
  if (a === undefined || b === undefined || a === b) return;
  const exclusive = ['STRING', 'number', 'BOOLEAN', 'BYTES', 'JSON'];
  if (
    (exclusive.includes(a) && exclusive.includes(b)) ||
    [a, b].some((x) => ['number', 'BOOLEAN', 'JSON'].includes(x))
  ) {
    const types = [left.type, right.type].map((type) => (type === undefined ? '' : standardName(type)));
    throw invalidQuery(`No matching signature for operator ${operator} for argument types: ${types.join(', ')}`);
  }
}

/** The same of all of several values, as in COALESCE, CASE or an array. */
export function expectUniform(operator: string, values: readonly Resolved[]): void {
  const [first, ...more] = values.filter(({ type }) => type !== undefined);
  if (first !== undefined) for (const value of more) expectComparable(first, value, operator);
}
