import type { Double, Long } from 'bson';
import { CommandError } from '../errors.ts';
import {
  integer,
  isNumeric,
  type NumberKind,
  type Numeric,
  numberKind,
  toBigInt,
  toDouble,
} from '../values/numbers.ts';
import { double, typeOf, type Value } from '../values/values.ts';

/** Refuses Decimal128: this server compares and stores it exactly, but does not calculate with it. */
function refuseDecimal(kinds: (NumberKind | undefined)[]): void {
  if (kinds.includes('decimal')) {
    throw new CommandError('NotImplemented', 'Decimal128 arithmetic is not supported by this server');
  }
}

/**
 * Applies one operation to numbers and gives the type MongoDB gives: double if any is one, else int64 if any is one or
 * an int32 overflows, else int32.
 */
export function combine(
  numbers: Numeric[],
  onBigInts: (a: bigint, b: bigint) => bigint,
  onDoubles: (a: number, b: number) => number,
): Value {
  const kinds = numbers.map(numberKind);
  refuseDecimal(kinds);
  if (kinds.includes('double')) return double(numbers.map(toDouble).reduce(onDoubles));
  const sum = (numbers as (number | Long)[]).map(toBigInt).reduce(onBigInts);
  return integer(sum, kinds.includes('long'));
}

const plus = (a: bigint, b: bigint) => a + b;
const times = (a: bigint, b: bigint) => a * b;

export function addNumbers(numbers: Numeric[]): Value {
  return combine(numbers, plus, (a, b) => a + b);
}

export function multiplyNumbers(numbers: Numeric[]): Value {
  return combine(numbers, times, (a, b) => a * b);
}

function numeric(name: string, value: Value): Numeric {
  if (isNumeric(value)) return value;
  throw new CommandError('TypeMismatch', `${name} only supports numeric types, not ${typeOf(value)}`);
}

const isNil = (value: Value) => value === null || value === undefined;

/** Wraps an operation on numbers: a null or missing operand makes null. */
function onNumbers(name: string, run: (numbers: Numeric[]) => Value): (operands: Value[]) => Value {
  return (operands) => (operands.some(isNil) ? null : run(operands.map((operand) => numeric(name, operand))));
}

function add(operands: Value[]): Value {
  if (operands.length === 0) return 0;
  if (operands.some(isNil)) return null;
  const dates = operands.filter((operand) => operand instanceof Date);
  if (dates.length === 0) return addNumbers(operands.map((operand) => numeric('$add', operand)));
  if (dates.length > 1) throw new CommandError(16612, 'only one date allowed in an $add expression');
  let ms = (dates[0] as Date).getTime();
  for (const operand of operands) if (!(operand instanceof Date)) ms += Math.round(toDouble(numeric('$add', operand)));
  return new Date(ms);
}

function subtract([a, b]: Value[]): Value {
  if (isNil(a) || isNil(b)) return null;
  if (a instanceof Date) {
    if (b instanceof Date) return integer(BigInt(a.getTime() - b.getTime()), true);
    return new Date(a.getTime() - Math.round(toDouble(numeric('$subtract', b))));
  }
  if (isNumeric(a) && isNumeric(b)) {
    return combine(
      [a, b],
      (x, y) => x - y,
      (x, y) => x - y,
    );
  }
  throw new CommandError('TypeMismatch', `can't $subtract ${typeOf(b)} from ${typeOf(a)}`);
}

function divide([a, b]: Numeric[]): Value {
  refuseDecimal([numberKind(a), numberKind(b)]);
  if (toDouble(b as Numeric) === 0) throw new CommandError('BadValue', "can't $divide by zero");
  return double(toDouble(a as Numeric) / toDouble(b as Numeric));
}

function modulo([a, b]: Numeric[]): Value {
  if (toDouble(b as Numeric) === 0) throw new CommandError(16610, "can't $mod by zero");
  return combine(
    [a as Numeric, b as Numeric],
    (x, y) => x % y,
    (x, y) => x % y,
  );
}

/** Rounds to even at the half, to `place` decimal digits (negative: before the point). */
function roundTo(value: number, place: number, mode: 'round' | 'trunc'): number {
  if (!Number.isFinite(value)) return value;
  const shift = (x: number, by: number) => {
    const [mantissa = '0', power = '0'] = x.toString().split('e');
    return Number(`${mantissa}e${Number(power) + by}`);
  };
  const scaled = shift(value, place);
  const whole = Math.trunc(scaled);
  if (mode === 'trunc') return shift(whole, -place);
  const rest = Math.abs(scaled - whole);
  const up = rest > 0.5 || (rest === 0.5 && whole % 2 !== 0);
  return shift(up ? whole + Math.sign(scaled) : whole, -place);
}

function rounding(mode: 'round' | 'trunc'): (numbers: Numeric[]) => Value {
  return ([value, place = 0]) => {
    const kind = numberKind(value);
    refuseDecimal([kind]);
    const digits = toDouble(place);
    if (!Number.isInteger(digits) || digits < -20 || digits > 100) {
      throw new CommandError(51083, `cannot apply $${mode} with precision value ${digits}; it must be in [-20, 100]`);
    }
    if (kind === 'double') return double(roundTo(toDouble(value as Numeric), digits, mode));
    if (digits >= 0) return value;
    return integer(BigInt(roundTo(toDouble(value as Numeric), digits, mode)), kind === 'long');
  };
}

/** Keeps integers as they are and applies `run` to doubles. */
function onDouble(run: (value: number) => number): (numbers: Numeric[]) => Value {
  return ([value]) => {
    const kind = numberKind(value);
    refuseDecimal([kind]);
    return kind === 'double' ? double(run(toDouble(value as Numeric))) : value;
  };
}

function absolute([value]: Numeric[]): Value {
  const kind = numberKind(value);
  refuseDecimal([kind]);
  if (kind === 'double') return double(Math.abs(toDouble(value as Numeric)));
  const big = toBigInt(value as number | Long);
  return integer(big < 0n ? -big : big, kind === 'long');
}

function real(
  name: string,
  allowed: (x: number) => boolean,
  run: (x: number) => number,
): (numbers: Numeric[]) => Value {
  return ([value]) => {
    refuseDecimal([numberKind(value)]);
    const x = toDouble(value as Numeric);
    if (!Number.isNaN(x) && !allowed(x)) throw new CommandError(28714, `${name}'s argument is out of range: ${x}`);
    return double(run(x));
  };
}

function power([base, exponent]: Numeric[]): Value {
  const kinds = [numberKind(base), numberKind(exponent)];
  refuseDecimal(kinds);
  const x = toDouble(base as Numeric);
  const y = toDouble(exponent as Numeric);
  if (x === 0 && y < 0) throw new CommandError(28764, '$pow cannot take a base of 0 and a negative exponent');
  if (kinds.includes('double') || y < 0) return double(x ** y);
  const result = toBigInt(base as number | Long) ** toBigInt(exponent as number | Long);
  return integer(result, kinds.includes('long'));
}

function logarithm([value, base]: Numeric[]): Value {
  const x = toDouble(value as Numeric);
  const y = toDouble(base as Numeric);
  if (x <= 0) throw new CommandError(28758, `$log's argument must be a positive number, but is ${x}`);
  if (y <= 0 || y === 1) throw new CommandError(28759, `$log's base must be a positive number not equal to 1`);
  return double(Math.log(x) / Math.log(y));
}

const positive = (x: number) => x > 0;

/** The arithmetic operators; a null or missing operand makes null. */
export const arithmeticOperators: Record<string, { arity: [number, number]; run(operands: Value[]): Value }> = {
  $add: { arity: [0, Number.POSITIVE_INFINITY], run: add },
  $subtract: { arity: [2, 2], run: subtract },
  $multiply: {
    arity: [0, Number.POSITIVE_INFINITY],
    run: onNumbers('$multiply', (numbers) => multiplyNumbers([1, ...numbers])),
  },
  $divide: { arity: [2, 2], run: onNumbers('$divide', divide) },
  $mod: { arity: [2, 2], run: onNumbers('$mod', modulo) },
  $abs: { arity: [1, 1], run: onNumbers('$abs', absolute) },
  $ceil: { arity: [1, 1], run: onNumbers('$ceil', onDouble(Math.ceil)) },
  $floor: { arity: [1, 1], run: onNumbers('$floor', onDouble(Math.floor)) },
  $round: { arity: [1, 2], run: onNumbers('$round', rounding('round')) },
  $trunc: { arity: [1, 2], run: onNumbers('$trunc', rounding('trunc')) },
  $pow: { arity: [2, 2], run: onNumbers('$pow', power) },
  $log: { arity: [2, 2], run: onNumbers('$log', logarithm) },
  $sqrt: {
    arity: [1, 1],
    run: onNumbers(
      '$sqrt',
      real('$sqrt', (x) => x >= 0, Math.sqrt),
    ),
  },
  $exp: {
    arity: [1, 1],
    run: onNumbers(
      '$exp',
      real('$exp', () => true, Math.exp),
    ),
  },
  $ln: { arity: [1, 1], run: onNumbers('$ln', real('$ln', positive, Math.log)) },
  $log10: { arity: [1, 1], run: onNumbers('$log10', real('$log10', positive, Math.log10)) },
};

/** The mean as a double, of numbers only; null of none. */
export function average(values: Value[]): Double | number | null {
  const numbers = values.filter(isNumeric);
  refuseDecimal(numbers.map(numberKind));
  if (numbers.length === 0) return null;
  return double(numbers.map(toDouble).reduce((a, b) => a + b, 0) / numbers.length);
}
