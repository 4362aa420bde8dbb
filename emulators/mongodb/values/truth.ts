import { isNumeric, toDouble } from './numbers.ts';
import type { Value } from './values.ts';

/** What counts as true in an expression: all but false, null, missing and zero (NaN is true). */
export function isTruthy(value: Value): boolean {
  if (value === undefined || value === null || value === false) return false;
  return !isNumeric(value) || toDouble(value) !== 0;
}
