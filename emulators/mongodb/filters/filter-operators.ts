import type { Binary, BSONRegExp } from 'bson';
import { CommandError } from '../errors.ts';
import { encodeKey } from '../values/index-key.ts';
import { isNumeric, numberKind, toDouble, toInteger } from '../values/numbers.ts';
import { compareValues, equals, rankOf } from '../values/order.ts';
import type { MatchDetails } from '../values/path.ts';
import { type Document, isDocument, type TypeName, typeOf, type Value } from '../values/values.ts';
import type { Compilers, Condition } from './filter.ts';
import { compileRegex } from './regex.ts';

type Test = Condition['test'];

/** Passes when the leaf does, or, being an array, one of its elements. */
function onElements(test: (value: Value) => boolean): Test {
  return (leaf, details) => {
    if (test(leaf)) return true;
    return Array.isArray(leaf) && someElement(leaf, test, details);
  };
}

function someElement(array: Value[], test: (value: Value) => boolean, details?: MatchDetails): boolean {
  const index = array.findIndex(test);
  if (index === -1) return false;
  if (details && details.arrayIndex === undefined) details.arrayIndex = index;
  return true;
}

const yes = (test: Test): Condition => ({ negated: false, test });
const no = (test: Test): Condition => ({ negated: true, test });

/** The condition of one operator; `siblings` are the operators beside it (for `$options`). */
export function compileOperator(
  operator: string,
  argument: Value,
  siblings: Document,
  compilers: Compilers,
): Condition {
  const each = compilers.opensArrays ? onElements : (test: (value: Value) => boolean): Test => test;
  switch (operator) {
    case '$eq':
      return yes(each(equalTo(argument)));
    case '$ne':
      refuseRegex(operator, argument);
      return no(each(equalTo(argument)));
    case '$gt':
    case '$gte':
    case '$lt':
    case '$lte':
      refuseRegex(operator, argument);
      return yes(each(inOrder(operator, argument)));
    case '$in':
      return yes(each(oneOf(operator, argument)));
    case '$nin':
      return no(each(oneOf(operator, argument)));
    case '$exists':
      return { negated: !truthyFlag(argument), test: (leaf) => leaf !== undefined };
    case '$type':
      return yes(each(typeIn(argument)));
    case '$regex':
      return yes(each(matching(argument, siblings.$options)));
    case '$mod':
      return yes(each(modulo(argument)));
    case '$size':
      return yes(sizeOf(argument));
    case '$all':
      return yes(all(argument, compilers));
    case '$elemMatch':
      return yes(elemMatch(argument, compilers));
    case '$bitsAllSet':
    case '$bitsAllClear':
    case '$bitsAnySet':
    case '$bitsAnyClear':
      return yes(each(bits(operator, argument)));
    case '$options':
      throw new CommandError('BadValue', '$options needs a $regex');
    case '$near':
    case '$nearSphere':
    case '$geoWithin':
    case '$geoIntersects':
      throw new CommandError('NotImplemented', `${operator} is not supported by this server`);
    default:
      throw new CommandError('BadValue', `unknown operator: ${operator}`);
  }
}

function truthyFlag(value: Value): boolean {
  return isNumeric(value) ? toDouble(value) !== 0 : value !== false && value !== null;
}

function refuseRegex(operator: string, argument: Value): void {
  if (typeOf(argument) !== 'regex') return;
  throw new CommandError('BadValue', `Can't have RegEx as arg to predicate over field '${operator}'.`);
}

function equalTo(argument: Value): (value: Value) => boolean {
  if (argument === null || argument === undefined) return (value) => value === null || value === undefined;
  if (typeof argument === 'string')
    return (value) => value === argument || (typeof value === 'object' && equals(value, argument));
  return (value) => value !== undefined && equals(value, argument);
}

/** `$lt` and the like compare only values of the argument's kind; MinKey and MaxKey compare with all. */
function inOrder(operator: string, argument: Value): (value: Value) => boolean {
  const rank = rankOf(argument);
  const inclusive = operator.endsWith('e');
  const wanted = operator.startsWith('$g') ? 1 : -1;
  const isNull = argument === null || argument === undefined;
  const open = typeOf(argument) === 'minKey' || typeOf(argument) === 'maxKey';
  const notANumber = isNumeric(argument) && Number.isNaN(toDouble(argument));
  return (value) => {
    if (isNull) return inclusive && (value === null || value === undefined);
    if (value === undefined || (rankOf(value) !== rank && !open)) return false;
    if (notANumber || (isNumeric(value) && Number.isNaN(toDouble(value)))) return inclusive && equals(value, argument);
    const order = Math.sign(compareValues(value, argument));
    return order === wanted || (inclusive && order === 0);
  };
}

/** Above this many values a set of keys is quicker than comparing with each. */
const setFrom = 8;

function oneOf(operator: string, argument: Value): (value: Value) => boolean {
  if (!Array.isArray(argument)) throw new CommandError('BadValue', `${operator} needs an array`);
  const patterns = argument.filter((value) => typeOf(value) === 'regex').map((value) => matching(value, undefined));
  const values = argument.filter((value) => typeOf(value) !== 'regex');
  for (const value of values) {
    if (isDocument(value) && Object.keys(value)[0]?.startsWith('$') && !('$ref' in value)) {
      throw new CommandError('BadValue', `cannot nest $ under ${operator}`);
    }
  }
  const tests = values.length > setFrom ? [inSet(values)] : values.map(equalTo);
  return (value) => tests.some((test) => test(value)) || patterns.some((test) => test(value));
}

function inSet(values: Value[]): (value: Value) => boolean {
  const keys = new Set(values.map((value) => encodeKey(value).toString('latin1')));
  const hasNull = values.some((value) => value === null);
  return (value) => (value === undefined ? hasNull : keys.has(encodeKey(value).toString('latin1')));
}

const typeNumbers: Record<number, TypeName> = {
  1: 'double',
  2: 'string',
  3: 'object',
  4: 'array',
  5: 'binData',
  7: 'objectId',
  8: 'bool',
  9: 'date',
  10: 'null',
  11: 'regex',
  13: 'javascript',
  14: 'symbol',
  16: 'int',
  17: 'timestamp',
  18: 'long',
  19: 'decimal',
  127: 'maxKey',
  [-1]: 'minKey',
};
const typeNames = new Set<string>([...Object.values(typeNumbers), 'number']);

function typeIn(argument: Value): (value: Value) => boolean {
  const wanted = (Array.isArray(argument) ? argument : [argument]).map((type) => {
    const name = isNumeric(type) ? typeNumbers[toDouble(type)] : type;
    if (typeof name === 'string' && typeNames.has(name)) return name;
    throw new CommandError('BadValue', `Unknown type name alias: ${String(type)}`);
  });
  return (value) => wanted.includes(typeOf(value)) || (wanted.includes('number') && numberKind(value) !== undefined);
}

function matching(argument: Value, options: Value): (value: Value) => boolean {
  if (typeof argument !== 'string' && typeOf(argument) !== 'regex') {
    throw new CommandError('BadValue', '$regex has to be a string');
  }
  if (options !== undefined && typeof options !== 'string') {
    throw new CommandError('BadValue', '$options has to be a string');
  }
  const pattern = typeof argument === 'string' ? argument : (argument as BSONRegExp).pattern;
  const flags = options ?? (typeof argument === 'string' ? '' : (argument as BSONRegExp).options);
  const regex = compileRegex(pattern, flags);
  return (value) => {
    if (typeof value === 'string') return regex.test(value);
    return typeOf(value) === 'regex' && typeOf(argument) === 'regex' && equals(value, argument);
  };
}

function modulo(argument: Value): (value: Value) => boolean {
  if (!Array.isArray(argument) || argument.length !== 2) {
    throw new CommandError('BadValue', 'malformed mod, needs to be an array of two elements');
  }
  const [divisor, remainder] = argument.map((each) => (isNumeric(each) ? Math.trunc(toDouble(each)) : Number.NaN));
  if (divisor === undefined || remainder === undefined || Number.isNaN(divisor) || Number.isNaN(remainder)) {
    throw new CommandError('BadValue', 'malformed mod, divisor and remainder must be numbers');
  }
  if (divisor === 0) throw new CommandError('BadValue', 'divisor cannot be 0');
  return (value) => {
    if (!isNumeric(value)) return false;
    const whole = Math.trunc(toDouble(value));
    return Number.isFinite(whole) && whole % divisor === remainder;
  };
}

function sizeOf(argument: Value): Test {
  const size = toInteger(argument);
  if (size === undefined) throw new CommandError('BadValue', '$size must be a whole number');
  if (size < 0) throw new CommandError('BadValue', '$size may not be negative');
  return (leaf) => Array.isArray(leaf) && leaf.length === size;
}

function all(argument: Value, compilers: Compilers): Test {
  if (!Array.isArray(argument)) throw new CommandError('BadValue', '$all needs an array');
  const tests = argument.map((value): Test => {
    if (isDocument(value) && '$elemMatch' in value) return elemMatch(value.$elemMatch, compilers);
    return onElements(typeOf(value) === 'regex' ? matching(value, undefined) : equalTo(value));
  });
  return (leaf, details) => tests.length > 0 && tests.every((test) => test(leaf, details));
}

function elemMatch(argument: Value, compilers: Compilers): Test {
  if (!isDocument(argument)) throw new CommandError('BadValue', '$elemMatch needs an Object');
  const logical = ['$and', '$or', '$nor', '$expr', '$comment'];
  const first = Object.keys(argument)[0] ?? '';
  if (compilers.isOperators(argument) && !logical.includes(first)) {
    const test = compilers.conditions(argument);
    return (leaf, details) => Array.isArray(leaf) && someElement(leaf, test, details);
  }
  const matches = compilers.filter(argument);
  const test = (element: Value) => {
    if (isDocument(element)) return matches(element);
    return Array.isArray(element) && matches(Object.fromEntries(element.entries()));
  };
  return (leaf, details) => Array.isArray(leaf) && someElement(leaf, test, details);
}

function bits(operator: string, argument: Value): (value: Value) => boolean {
  const mask = bitMask(argument);
  return (value) => {
    if (!isNumeric(value)) return false;
    const number = toDouble(value);
    if (!Number.isInteger(number) || !Number.isSafeInteger(number)) return false;
    const set = BigInt.asUintN(64, BigInt(number)) & mask;
    switch (operator) {
      case '$bitsAllSet':
        return set === mask;
      case '$bitsAllClear':
        return set === 0n;
      case '$bitsAnySet':
        return set !== 0n;
      default:
        return set !== mask;
    }
  };
}

function bitMask(argument: Value): bigint {
  if (Array.isArray(argument)) {
    return argument.reduce<bigint>((mask, position) => mask | (1n << BigInt(bitPosition(position))), 0n);
  }
  if (typeOf(argument) === 'binData') {
    return [...(argument as Binary).value()].reduce((mask, byte, i) => mask | (BigInt(byte) << BigInt(8 * i)), 0n);
  }
  return BigInt(bitPosition(argument));
}

function bitPosition(value: Value): number {
  const integer = toInteger(value);
  if (integer !== undefined && integer >= 0) return integer;
  throw new CommandError('FailedToParse', 'bit positions and masks must be integers >= 0');
}
