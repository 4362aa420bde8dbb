import type { BSONRegExp } from 'bson';
import { CommandError } from '../errors.ts';
import { isNotANumber, isNumeric, toDouble } from '../values/numbers.ts';
import { compareValues, equals, keyOf, rankOf } from '../values/order.ts';
import { isDocument, typeOf, type Value } from '../values/values.ts';
import { compileRegex } from './regex.ts';

type Test = (value: Value) => boolean;

/** A test on the leaf of a path; with `negated` no leaf may pass. */
export interface Condition {
  negated: boolean;
  test: Test;
}

/** Passes when the leaf does, or, being an array, one of its elements. */
const some = (test: Test): Condition => ({ negated: false, test: onElements(test) });
const none = (test: Test): Condition => ({ negated: true, test: onElements(test) });

function onElements(test: Test): Test {
  return (leaf) => test(leaf) || (Array.isArray(leaf) && leaf.some(test));
}

/** `options` are those of a `$regex`. */
const operators: Record<string, (argument: Value, options: Value) => Condition> = {
  $eq: (argument) => some(equalTo(argument)),
  $ne: (argument) => none(equalTo(withoutRegex('$ne', argument))),
  $gt: (argument) => some(inOrder('$gt', argument)),
  $gte: (argument) => some(inOrder('$gte', argument)),
  $lt: (argument) => some(inOrder('$lt', argument)),
  $lte: (argument) => some(inOrder('$lte', argument)),
  $in: (argument) => some(oneOf('$in', argument)),
  $nin: (argument) => none(oneOf('$nin', argument)),
  $exists: (argument) => ({ negated: !isSet(argument), test: (leaf) => leaf !== undefined }),
  $regex: (argument, options) => some(matching(argument, options)),
  $options: () => {
    throw new CommandError('BadValue', '$options needs a $regex');
  },
};

export const operatorNames = Object.keys(operators);

/** The condition of one operator. */
export function compileOperator(operator: string, argument: Value, options: Value): Condition {
  const compile = Object.hasOwn(operators, operator) ? operators[operator] : undefined;
  if (compile === undefined) throw new CommandError('BadValue', `unknown operator: ${operator}`);
  return compile(argument, options);
}

function isSet(argument: Value): boolean {
  return isNumeric(argument) ? toDouble(argument) !== 0 : argument !== false && argument !== null;
}

function withoutRegex(operator: string, argument: Value): Value {
  if (typeOf(argument) !== 'regex') return argument;
  throw new CommandError('BadValue', `Can't have RegEx as arg to predicate over field '${operator}'.`);
}

function equalTo(argument: Value): Test {
  if (argument === null || argument === undefined) return (value) => value === null || value === undefined;
  if (typeof argument === 'string')
    return (value) => value === argument || (typeof value === 'object' && equals(value, argument));
  return (value) => value !== undefined && equals(value, argument);
}

/** `$lt` and the like compare only values of the argument's kind; MinKey and MaxKey compare with all. */
function inOrder(operator: string, given: Value): Test {
  const argument = withoutRegex(operator, given);
  const rank = rankOf(argument);
  const inclusive = operator.endsWith('e');
  const wanted = operator.startsWith('$g') ? 1 : -1;
  const isNull = argument === null || argument === undefined;
  const open = typeOf(argument) === 'minKey' || typeOf(argument) === 'maxKey';
  const notANumber = isNotANumber(argument);
  return (value) => {
    if (isNull) return inclusive && (value === null || value === undefined);
    if (value === undefined || (rankOf(value) !== rank && !open)) return false;
    if (notANumber || isNotANumber(value)) return inclusive && equals(value, argument);
    const order = Math.sign(compareValues(value, argument));
    return order === wanted || (inclusive && order === 0);
  };
}

function oneOf(operator: string, argument: Value): Test {
  if (!Array.isArray(argument)) throw new CommandError('BadValue', `${operator} needs an array`);
  const patterns = argument.filter((value) => typeOf(value) === 'regex').map((value) => matching(value, undefined));
  const values = argument.filter((value) => typeOf(value) !== 'regex');
  for (const value of values) {
    if (isDocument(value) && Object.keys(value)[0]?.startsWith('$') && !('$ref' in value)) {
      throw new CommandError('BadValue', `cannot nest $ under ${operator}`);
    }
  }
  const keys = new Set(values.map(keyOf));
  const hasNull = values.includes(null);
  return (value) => {
    if (value === undefined ? hasNull : keys.has(keyOf(value))) return true;
    return patterns.some((test) => test(value));
  };
}

function matching(argument: Value, options: Value): Test {
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
