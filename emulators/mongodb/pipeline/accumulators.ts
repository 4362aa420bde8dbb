import { CommandError } from '../errors.ts';
import { addNumbers, average } from '../expressions/arithmetic.ts';
import { distinctValues } from '../expressions/array-operators.ts';
import { isNumeric, type Numeric, toDouble, toInteger } from '../values/numbers.ts';
import { compareValues } from '../values/order.ts';
import { sortDocuments } from '../values/sort.ts';
import { type Document, double, isDocument, typeOf, type Value } from '../values/values.ts';

/** What becomes of the values of one group, in the order they came. */
type Accumulator = (values: Value[]) => Value;

const isNil = (value: Value) => value === null || value === undefined;

function sum(values: Value[]): Value {
  const numbers = values.filter(isNumeric);
  return numbers.length === 0 ? 0 : addNumbers(numbers);
}

function extreme(direction: 1 | -1): Accumulator {
  return (values) => {
    let best: Value;
    for (const value of values) {
      if (isNil(value)) continue;
      if (best === undefined || direction * compareValues(value, best) < 0) best = value;
    }
    return best ?? null;
  };
}

function deviation(sample: boolean): Accumulator {
  return (values) => {
    const numbers = values.filter(isNumeric).map((number: Numeric) => toDouble(number));
    const count = numbers.length - (sample ? 1 : 0);
    if (count <= 0) return null;
    const mean = numbers.reduce((a, b) => a + b, 0) / numbers.length;
    return double(Math.sqrt(numbers.reduce((total, x) => total + (x - mean) ** 2, 0) / count));
  };
}

function merge(values: Value[]): Value {
  const merged: Document = {};
  for (const value of values) {
    if (isNil(value)) continue;
    if (!isDocument(value)) {
      throw new CommandError(40400, `$mergeObjects requires object inputs, but input is of type ${typeOf(value)}`);
    }
    Object.assign(merged, value);
  }
  return merged;
}

/** Accumulators with one expression as their argument. */
export const accumulators: Record<string, Accumulator> = {
  $sum: sum,
  $avg: average,
  $min: extreme(1),
  $max: extreme(-1),
  $first: (values) => values[0] ?? null,
  $last: (values) => values.at(-1) ?? null,
  $push: (values) => values.filter((value) => value !== undefined),
  $addToSet: (values) => distinctValues(values.filter((value) => value !== undefined)),
  $count: (values) => values.length,
  $mergeObjects: merge,
  $stdDevPop: deviation(false),
  $stdDevSamp: deviation(true),
};

/** Accumulators with `{n, input}`. */
export const takingAccumulators: Record<string, (values: Value[], n: number) => Value[]> = {
  $firstN: (values, n) => values.slice(0, n),
  $lastN: (values, n) => values.slice(-n),
  $minN: (values, n) =>
    values
      .filter((value) => !isNil(value))
      .sort(compareValues)
      .slice(0, n),
  $maxN: (values, n) =>
    values
      .filter((value) => !isNil(value))
      .sort((a, b) => compareValues(b, a))
      .slice(0, n),
};

/** Accumulators with `{sortBy, output}` (and `n`): the outputs of documents in an order. */
export const sortingAccumulators: Record<string, { single: boolean; fromEnd: boolean }> = {
  $top: { single: true, fromEnd: false },
  $topN: { single: false, fromEnd: false },
  $bottom: { single: true, fromEnd: true },
  $bottomN: { single: false, fromEnd: true },
};

/** The outputs that `$top`, `$topN`, … pick of a group. */
export function pickSorted(
  rows: { document: Document; output: Value }[],
  sortBy: Value,
  n: number,
  { single, fromEnd }: { single: boolean; fromEnd: boolean },
): Value {
  const sorted = sortDocuments(rows, sortBy, ({ document }) => document).map(({ output }) => output ?? null);
  if (single) return (fromEnd ? sorted.at(-1) : sorted[0]) ?? null;
  return fromEnd ? sorted.slice(-n) : sorted.slice(0, n);
}

export function positiveCount(name: string, value: Value): number {
  const n = toInteger(value);
  if (n !== undefined && n > 0) return n;
  throw new CommandError(5787908, `'n' of ${name} must be a positive integer`);
}
