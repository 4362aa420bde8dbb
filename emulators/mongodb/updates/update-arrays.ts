import { CommandError } from '../errors.ts';
import { distinctValues } from '../expressions/array-operators.ts';
import { compileFilter, isOperators } from '../filters/filter.ts';
import { toInteger } from '../values/numbers.ts';
import { compareValues, equals } from '../values/order.ts';
import { showValue } from '../values/show.ts';
import { compileSort } from '../values/sort.ts';
import { type Document, isDocument, typeOf, type Value } from '../values/values.ts';
import type { ChangeContext, FieldChange } from './update-operators.ts';
import { unchanged } from './update-paths.ts';

type ArrayChange = Omit<FieldChange, 'parts'>;

/** The change of an array operator; undefined: it is none. */
export function arrayChange(operator: string, argument: Value): ArrayChange | undefined {
  switch (operator) {
    case '$push':
      return { needsField: false, change: push(argument) };
    case '$addToSet':
      return { needsField: false, change: addToSet(argument) };
    case '$pop':
      return { needsField: true, change: pop(argument) };
    case '$pull':
      return { needsField: true, change: pull(pullTest(argument), '$pull') };
    case '$pullAll':
      if (!Array.isArray(argument)) {
        throw new CommandError('BadValue', `$pullAll requires an array argument but was given a ${typeOf(argument)}`);
      }
      return {
        needsField: true,
        change: pull((value) => argument.some((each) => equals(each, value)), '$pullAll'),
      };
    default:
      return undefined;
  }
}

function arrayOf(old: Value, { root, path }: ChangeContext): Value[] {
  if (old === undefined) return [];
  if (Array.isArray(old)) return old;
  throw new CommandError(
    'BadValue',
    `The field '${path.join('.')}' must be an array but is of type ${typeOf(old)} in document {_id: ${showValue(root._id)}}`,
  );
}

const modifiers = ['$each', '$position', '$slice', '$sort'];

function eachOf(argument: Value): { values: Value[]; options: Document } {
  if (!isDocument(argument) || !('$each' in argument)) return { values: [argument], options: {} };
  const unknown = Object.keys(argument).find((key) => !modifiers.includes(key));
  if (unknown !== undefined) throw new CommandError('BadValue', `Unrecognized clause in $push: ${unknown}`);
  if (!Array.isArray(argument.$each)) {
    throw new CommandError(
      'BadValue',
      `The argument to $each must be an array but it was of type: ${typeOf(argument.$each)}`,
    );
  }
  return { values: argument.$each, options: argument };
}

function wholeOption(name: string, value: Value): number | undefined {
  if (value === undefined) return undefined;
  const integer = toInteger(value);
  if (integer === undefined) throw new CommandError('BadValue', `The value for ${name} must be an integer value`);
  return integer;
}

function push(argument: Value): FieldChange['change'] {
  const { values, options } = eachOf(argument);
  const position = wholeOption('$position', options.$position);
  const slice = wholeOption('$slice', options.$slice);
  const order = options.$sort === undefined ? undefined : elementOrder(options.$sort);
  return (old, context) => {
    const array = arrayOf(old, context);
    const at = position ?? array.length;
    const grown = [...array.slice(0, at), ...values, ...array.slice(at)];
    if (order) grown.sort(order);
    if (slice === undefined) return grown;
    return slice < 0 ? grown.slice(slice) : grown.slice(0, slice);
  };
}

function elementOrder(sort: Value): (a: Value, b: Value) => number {
  if (isDocument(sort)) {
    const order = compileSort(sort);
    return (a, b) => order(isDocument(a) ? a : {}, isDocument(b) ? b : {});
  }
  const direction = toInteger(sort);
  if (direction === 1 || direction === -1) return (a, b) => direction * compareValues(a, b);
  throw new CommandError('BadValue', 'The $sort element value must be either 1 or -1');
}

function addToSet(argument: Value): FieldChange['change'] {
  const { values, options } = eachOf(argument);
  const unknown = Object.keys(options).find((key) => key !== '$each');
  if (unknown !== undefined)
    throw new CommandError('BadValue', `Found unexpected fields after $each in $addToSet: ${unknown}`);
  return (old, context) => {
    const array = arrayOf(old, context);
    const fresh = distinctValues(values).filter((value) => !array.some((each) => equals(each, value)));
    return fresh.length === 0 && old !== undefined ? unchanged : [...array, ...fresh];
  };
}

function pop(argument: Value): FieldChange['change'] {
  const end = toInteger(argument);
  if (end !== 1 && end !== -1)
    throw new CommandError('FailedToParse', `$pop expects 1 or -1, found: ${showValue(argument)}`);
  return (old, { path }) => {
    if (old === undefined) return unchanged;
    if (!Array.isArray(old)) {
      throw new CommandError(
        'TypeMismatch',
        `Path '${path.join('.')}' contains an element of non-array type '${typeOf(old)}'`,
      );
    }
    return end === 1 ? old.slice(0, -1) : old.slice(1);
  };
}

/** A document of fields pulls documents that match it; operators and regular expressions are tried on each element. */
function pullTest(argument: Value): (value: Value) => boolean {
  if (isDocument(argument) && !isOperators(argument)) {
    const matches = compileFilter(argument);
    return (value) => isDocument(value) && matches(value);
  }
  const isTest = isOperators(argument) || typeOf(argument) === 'regex';
  if (!isTest) return (value) => equals(value, argument);
  const matches = compileFilter({ element: argument });
  return (value) => matches({ element: value });
}

function pull(test: (value: Value) => boolean, name: string): FieldChange['change'] {
  return (old) => {
    if (old === undefined) return unchanged;
    if (!Array.isArray(old)) throw new CommandError('BadValue', `Cannot apply ${name} to a non-array value`);
    return old.filter((value) => !test(value));
  };
}
