import type { Decimal128, Double, Long } from 'bson';
import { typeOf, type Value } from './values.ts';

export type Numeric = number | Double | Long | Decimal128;
export type NumberKind = 'int' | 'long' | 'double' | 'decimal';

export function numberKind(value: Value): NumberKind | undefined {
  const type = typeOf(value);
  return type === 'int' || type === 'long' || type === 'double' || type === 'decimal' ? type : undefined;
}

export function isNumeric(value: Value): value is Numeric {
  return numberKind(value) !== undefined;
}

/** The nearest double. */
export function toDouble(value: Numeric): number {
  if (typeof value === 'number') return value;
  switch (value._bsontype) {
    case 'Double':
      return value.value;
    case 'Long':
      return value.toNumber();
    default:
      return Number(value.toString());
  }
}

/** The integer that any number of the protocol stands for (`limit: 5.0`); undefined when it is none. */
export function toInteger(value: Value): number | undefined {
  if (!isNumeric(value)) return undefined;
  const number = toDouble(value);
  return Number.isSafeInteger(number) ? number : undefined;
}

/** A finite number as `digits * 10^exponent`, exactly. */
interface Exact {
  digits: bigint;
  exponent: number;
}

function exactDouble(value: number): Exact {
  let scaled = value;
  let twos = 0;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    twos += 1;
  }
  return { digits: BigInt(scaled) * 5n ** BigInt(twos), exponent: -twos };
}

function exactNumber(value: Numeric): Exact {
  if (typeof value === 'number') return exactDouble(value);
  if (value._bsontype === 'Double') return exactDouble(value.value);
  if (value._bsontype === 'Long') return { digits: value.toBigInt(), exponent: 0 };
  const [mantissa = '0', power = '0'] = value.toString().toUpperCase().split('E');
  const [whole = '0', fraction = ''] = mantissa.split('.');
  return { digits: BigInt(whole + fraction), exponent: Number(power) - fraction.length };
}

function subtract(a: Exact, b: Exact): Exact {
  const exponent = Math.min(a.exponent, b.exponent);
  const scale = (x: Exact) => x.digits * 10n ** BigInt(x.exponent - exponent);
  return { digits: scale(a) - scale(b), exponent };
}

function isPlain(value: Numeric): boolean {
  if (typeof value === 'number' || value._bsontype === 'Double') return true;
  return value._bsontype === 'Long' && Number.isSafeInteger(value.toNumber());
}

/**
 * The number as doubles, most significant first, that compare element by element as the numbers do: the nearest
 * double, then what is left of it. Three hold a Decimal128 (113 bits) exactly enough to tell any two apart.
 */
export function doubleChain(value: Numeric): number[] {
  const first = toDouble(value);
  if (isPlain(value) || !Number.isFinite(first)) return [first];
  const chain = [first];
  let rest = subtract(exactNumber(value), exactDouble(first));
  while (rest.digits !== 0n && chain.length < 3) {
    const next = Number(`${rest.digits}e${rest.exponent}`);
    chain.push(next);
    if (next === 0) break;
    rest = subtract(rest, exactDouble(next));
  }
  return chain;
}
