import { CommandError } from '../errors.ts';
import { encodeKey } from '../values/index-key.ts';
import { isNumeric, toInteger } from '../values/numbers.ts';
import { compareValues, equals } from '../values/order.ts';
import { compileSort } from '../values/sort.ts';
import { isTruthy } from '../values/truth.ts';
import { type Document, isDocument, typeOf, type Value } from '../values/values.ts';
import type { EagerOperator } from './expression-operators.ts';

const any = Number.POSITIVE_INFINITY;
const isNil = (value: Value) => value === null || value === undefined;

function array(name: string, value: Value, code: number): Value[] {
  if (Array.isArray(value)) return value;
  throw new CommandError(code, `${name} requires an array, found: ${typeOf(value)}`);
}

function whole(name: string, value: Value, code: number): number {
  const integer = isNumeric(value) ? toInteger(value) : undefined;
  if (integer !== undefined) return integer;
  throw new CommandError(code, `${name} requires a whole number, found: ${typeOf(value)}`);
}

function elementAt([input, index]: Value[]): Value {
  if (isNil(input) || isNil(index)) return null;
  return array('$arrayElemAt', input, 28689).at(whole('$arrayElemAt', index, 28690));
}

function slice([input, first, second]: Value[]): Value {
  if (isNil(input) || isNil(first) || second === null) return null;
  const values = array('$slice', input, 28724);
  const from = whole('$slice', first, 28725);
  if (second === undefined) return from < 0 ? values.slice(from) : values.slice(0, from);
  const count = whole('$slice', second, 28727);
  if (count <= 0) throw new CommandError(28729, `Third argument to $slice must be positive: ${count}`);
  const start = from < 0 ? Math.max(0, values.length + from) : from;
  return values.slice(start, start + count);
}

function concatArrays(operands: Value[]): Value {
  if (operands.some(isNil)) return null;
  return operands.flatMap((operand) => array('$concatArrays', operand, 28664));
}

function indexOfArray([input, search, start, end]: Value[]): Value {
  if (isNil(input)) return null;
  const values = array('$indexOfArray', input, 40090);
  const from = start === undefined ? 0 : whole('$indexOfArray', start, 40096);
  const to = end === undefined ? values.length : whole('$indexOfArray', end, 40096);
  if (from < 0 || to < 0) throw new CommandError(40097, '$indexOfArray requires a nonnegative index');
  for (let i = from; i < Math.min(to, values.length); i++) if (equals(values[i], search)) return i;
  return -1;
}

const rangeLimit = 1_000_000;

function range([start, end, by = 1]: Value[]): Value {
  const from = whole('$range', start, 34444);
  const to = whole('$range', end, 34446);
  const step = whole('$range', by, 34448);
  if (step === 0) throw new CommandError(34449, '$range requires a non-zero step value');
  if (Math.abs((to - from) / step) > rangeLimit) throw new CommandError(146, '$range would use too much memory');
  const values: Value[] = [];
  for (let i = from; step > 0 ? i < to : i > to; i += step) values.push(i);
  return values;
}

function arrayToObject([input]: Value[]): Value {
  if (isNil(input)) return null;
  const document: Document = {};
  for (const entry of array('$arrayToObject', input, 40386)) {
    const [key, value] = Array.isArray(entry) ? entry : isDocument(entry) ? [entry.k, entry.v] : [];
    if (typeof key !== 'string') throw new CommandError(40395, '$arrayToObject requires keys of type string');
    document[key] = value ?? null;
  }
  return document;
}

function zip([inputs, useLongest, defaults]: Value[]): Value {
  const arrays = array('$zip', inputs, 34461);
  if (arrays.some(isNil)) return null;
  const lists = arrays.map((each) => array('$zip', each, 34468));
  const longest = useLongest === true;
  const length = Math[longest ? 'max' : 'min'](...lists.map((list) => list.length));
  const fill = Array.isArray(defaults) ? defaults : [];
  return Array.from({ length }, (_, i) => lists.map((list, at) => (i < list.length ? list[i] : (fill[at] ?? null))));
}

function sortArray([input, sortBy]: Value[]): Value {
  if (isNil(input)) return null;
  const values = [...array('$sortArray', input, 2942504)];
  if (isDocument(sortBy)) {
    const order = compileSort(sortBy);
    return values.sort((a, b) => order(isDocument(a) ? a : {}, isDocument(b) ? b : {}));
  }
  const direction = toInteger(sortBy);
  if (direction !== 1 && direction !== -1)
    throw new CommandError(2942507, '$sortArray: sortBy must be 1, -1 or an object');
  return values.sort((a, b) => direction * compareValues(a, b));
}

/** `$firstN` and the like over an array. */
function take(name: string, pick: (values: Value[], n: number) => Value[]): EagerOperator {
  return {
    arity: [2, 2],
    named: ['n', 'input'],
    run: ([n, input]) => {
      const count = whole(name, n, 5787902);
      if (count < 1) throw new CommandError(5787908, `${name}: n must be greater than 0`);
      return pick(array(name, input, 5788200), count);
    },
  };
}

const present = (values: Value[]) => values.filter((value) => !isNil(value));

/** The values once each, by BSON equality, in the order of their first appearance. */
export function distinctValues(values: Value[]): Value[] {
  const seen = new Map<string, Value>();
  for (const value of values) {
    const key = encodeKey(value).toString('latin1');
    if (!seen.has(key)) seen.set(key, value);
  }
  return [...seen.values()];
}

const keysOf = (values: Value[]) => new Set(values.map((value) => encodeKey(value).toString('latin1')));
const within = (keys: Set<string>) => (value: Value) => keys.has(encodeKey(value).toString('latin1'));

function set(name: string, run: (sets: Value[][]) => Value, nilResult?: Value): EagerOperator['run'] {
  return (operands) => {
    if (nilResult !== undefined && operands.some(isNil)) return nilResult;
    return run(operands.map((operand) => array(name, operand, 17041)));
  };
}

/** The array and set operators; sets compare by BSON equality. */
export const arrayOperators: Record<string, EagerOperator> = {
  $arrayElemAt: { arity: [2, 2], run: elementAt },
  $first: { arity: [1, 1], run: ([input]) => elementAt([input, 0]) },
  $last: { arity: [1, 1], run: ([input]) => elementAt([input, -1]) },
  $slice: { arity: [2, 3], run: slice },
  $concatArrays: { arity: [0, any], run: concatArrays },
  $in: {
    arity: [2, 2],
    run: ([value, input]) => array('$in', input, 40081).some((element) => equals(element, value)),
  },
  $indexOfArray: { arity: [2, 4], run: indexOfArray },
  $isArray: { arity: [1, 1], run: ([value]) => Array.isArray(value) },
  $size: { arity: [1, 1], run: ([input]) => array('$size', input, 17124).length },
  $range: { arity: [2, 3], run: range },
  $reverseArray: {
    arity: [1, 1],
    run: ([input]) => (isNil(input) ? null : [...array('$reverseArray', input, 34435)].reverse()),
  },
  $arrayToObject: { arity: [1, 1], run: arrayToObject },
  $zip: { arity: [1, 3], named: ['inputs', 'useLongestLength', 'defaults'], run: zip },
  $sortArray: { arity: [2, 2], named: ['input', 'sortBy'], run: sortArray },
  $firstN: take('$firstN', (values, n) => values.slice(0, n)),
  $lastN: take('$lastN', (values, n) => values.slice(-n)),
  $minN: take('$minN', (values, n) => present(values).sort(compareValues).slice(0, n)),
  $maxN: take('$maxN', (values, n) =>
    present(values)
      .sort((a, b) => compareValues(b, a))
      .slice(0, n),
  ),
  $setUnion: {
    arity: [0, any],
    run: set('$setUnion', (sets) => distinctValues(sets.flat()).sort(compareValues), null),
  },
  $setIntersection: {
    arity: [0, any],
    run: set(
      '$setIntersection',
      ([first = [], ...others]) => {
        const tests = others.map((other) => within(keysOf(other)));
        return distinctValues(first.filter((value) => tests.every((test) => test(value)))).sort(compareValues);
      },
      null,
    ),
  },
  $setDifference: {
    arity: [2, 2],
    run: set(
      '$setDifference',
      ([from = [], without = []]) => {
        const excluded = within(keysOf(without));
        return distinctValues(from).filter((value) => !excluded(value));
      },
      null,
    ),
  },
  $setEquals: {
    arity: [2, any],
    run: set('$setEquals', (sets) => {
      const [first = new Set(), ...others] = sets.map(keysOf);
      return others.every((other) => other.size === first.size && [...other].every((key) => first.has(key)));
    }),
  },
  $setIsSubset: {
    arity: [2, 2],
    run: set('$setIsSubset', ([part = [], whole = []]) => part.every(within(keysOf(whole)))),
  },
  $anyElementTrue: { arity: [1, 1], run: set('$anyElementTrue', ([values = []]) => values.some(isTruthy)) },
  $allElementsTrue: { arity: [1, 1], run: set('$allElementsTrue', ([values = []]) => values.every(isTruthy)) },
};
