import { CommandError } from '../errors.ts';
import { isNumeric, toDouble } from '../values/numbers.ts';
import { compareValues } from '../values/order.ts';
import { isTruthy } from '../values/truth.ts';
import { type Document, fieldOf, isDocument, typeOf, type Value } from '../values/values.ts';
import { arithmeticOperators } from './arithmetic.ts';
import { arrayOperators } from './array-operators.ts';
import { conversions } from './conversion.ts';
import { dateOperators } from './date-operators.ts';
import { stringOperators } from './string-operators.ts';

/** An operator that only needs the values of its operands. */
export interface EagerOperator {
  /** Fewest and most operands; of named ones, how many of the first are required. */
  arity: [number, number];
  /** The operands' names, when the argument is a document of them; `run` gets them in this order. */
  named?: string[];
  /** Also takes its first operand alone, without a document around it. */
  single?: boolean;
  run(operands: Value[]): Value;
}

const any = Number.POSITIVE_INFINITY;
const isNil = (value: Value) => value === null || value === undefined;

function comparison(verdict: (order: number) => Value): EagerOperator {
  return { arity: [2, 2], run: ([a, b]) => verdict(compareValues(a, b)) };
}

function mergeObjects(operands: Value[]): Value {
  const merged: Document = {};
  for (const operand of operands) {
    if (isNil(operand)) continue;
    if (!isDocument(operand)) {
      throw new CommandError(40400, `$mergeObjects requires object inputs, but input is of type ${typeOf(operand)}`);
    }
    Object.assign(merged, operand);
  }
  return merged;
}

function objectToArray([value]: Value[]): Value {
  if (isNil(value)) return null;
  if (!isDocument(value)) {
    throw new CommandError(40390, `$objectToArray requires a document input, found: ${typeOf(value)}`);
  }
  return Object.entries(value).map(([k, v]) => ({ k, v }));
}

function getField([field, input]: Value[]): Value {
  if (typeof field !== 'string') throw new CommandError(5654602, '$getField requires "field" to be a string');
  if (isDocument(input)) return fieldOf(input, field);
  return isNil(input) ? input : undefined;
}

function setField([field, input, value]: Value[]): Value {
  if (typeof field !== 'string') throw new CommandError(4161107, '$setField requires "field" to be a string');
  if (isNil(input)) return null;
  if (!isDocument(input)) throw new CommandError(4161105, '$setField requires "input" to evaluate to type Object');
  const { [field]: _, ...others } = input;
  return value === undefined ? others : { ...input, [field]: value };
}

const aliases: Record<number, string> = {
  1: 'double',
  2: 'string',
  7: 'objectId',
  8: 'bool',
  9: 'date',
  16: 'int',
  18: 'long',
  19: 'decimal',
};

function convert([input, to, onError, onNull]: Value[]): Value {
  if (isNil(input)) return onNull ?? null;
  const target = isNumeric(to) ? aliases[toDouble(to)] : to;
  const conversion = typeof target === 'string' && Object.hasOwn(conversions, target) ? conversions[target] : undefined;
  if (!conversion) throw new CommandError('BadValue', `Unknown type name: ${String(to)}`);
  if (onError === undefined) return conversion(input);
  try {
    return conversion(input);
  } catch (error) {
    if (error instanceof CommandError && error.code === 241) return onError;
    throw error;
  }
}

function conversionTo(type: string): EagerOperator {
  return { arity: [1, 1], run: ([value]) => convert([value, type]) };
}

/** Every operator of the tables; one that is not here or in `lazyOperators` is refused. */
export const eagerOperators: Record<string, EagerOperator> = {
  ...arithmeticOperators,
  ...stringOperators,
  ...dateOperators,
  ...arrayOperators,
  $cmp: comparison(Math.sign),
  $eq: comparison((order) => order === 0),
  $ne: comparison((order) => order !== 0),
  $gt: comparison((order) => order > 0),
  $gte: comparison((order) => order >= 0),
  $lt: comparison((order) => order < 0),
  $lte: comparison((order) => order <= 0),
  $not: { arity: [1, 1], run: ([value]) => !isTruthy(value) },
  $mergeObjects: { arity: [0, any], run: mergeObjects },
  $objectToArray: { arity: [1, 1], run: objectToArray },
  $rand: { arity: [0, 0], run: () => Math.random() },
  $getField: { arity: [2, 2], named: ['field', 'input'], run: getField },
  $setField: { arity: [3, 3], named: ['field', 'input', 'value'], run: setField },
  $unsetField: { arity: [2, 2], named: ['field', 'input'], run: ([field, input]) => setField([field, input]) },
  $type: { arity: [1, 1], run: ([value]) => typeOf(value) },
  $isNumber: { arity: [1, 1], run: ([value]) => isNumeric(value) },
  $convert: { arity: [2, 4], named: ['input', 'to', 'onError', 'onNull'], run: convert },
  $toDouble: conversionTo('double'),
  $toString: conversionTo('string'),
  $toObjectId: conversionTo('objectId'),
  $toBool: conversionTo('bool'),
  $toDate: conversionTo('date'),
  $toInt: conversionTo('int'),
  $toLong: conversionTo('long'),
  $toDecimal: conversionTo('decimal'),
};
