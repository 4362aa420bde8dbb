import { Long } from 'bson';
import { type Numeric, numberKind, toDouble } from './numbers.ts';
import { double, isInt32, type Value } from './values.ts';

/** The sum in the type that MongoDB gives: double if any is one, else int64 if any is one or an int32 overflows, else int32. */
export function addNumbers(numbers: Numeric[]): Value {
  const kinds = numbers.map(numberKind);
  if (kinds.includes('double')) return double(numbers.map(toDouble).reduce((a, b) => a + b, 0));
  const sum = (numbers as (number | Long)[]).map(toBigInt).reduce((a, b) => a + b, 0n);
  if (BigInt.asIntN(64, sum) !== sum) return double(Number(sum));
  return kinds.includes('long') || !isInt32(Number(sum)) ? Long.fromBigInt(sum) : Number(sum);
}

function toBigInt(value: number | Long): bigint {
  return typeof value === 'number' ? BigInt(value) : value.toBigInt();
}
