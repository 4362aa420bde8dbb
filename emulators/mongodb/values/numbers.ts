import type { Double, Long } from 'bson';
import { typeOf, type Value } from './values.ts';

export type Numeric = number | Double | Long;
export type NumberKind = 'int' | 'long' | 'double';

export function numberKind(value: Value): NumberKind | undefined {
  const type = typeOf(value);
  return type === 'int' || type === 'long' || type === 'double' ? type : undefined;
}

export function isNumeric(value: Value): value is Numeric {
  return numberKind(value) !== undefined;
}

/** The nearest double. */
export function toDouble(value: Numeric): number {
  if (typeof value === 'number') return value;
  return value._bsontype === 'Double' ? value.value : value.toNumber();
}

export function isNotANumber(value: Value): boolean {
  return isNumeric(value) && Number.isNaN(toDouble(value));
}

/** True, or a number other than 0: what the protocol takes for yes. */
export function isYes(value: Value): boolean {
  return value === true || (isNumeric(value) && toDouble(value) !== 0);
}

/** The integer that any number of the protocol stands for (`limit: 5.0`); undefined when it is none. */
export function toInteger(value: Value): number | undefined {
  if (!isNumeric(value)) return undefined;
  const number = toDouble(value);
  return Number.isSafeInteger(number) ? number : undefined;
}
