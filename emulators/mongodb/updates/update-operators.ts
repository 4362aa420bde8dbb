import { CommandError } from '../errors.ts';
import { compileFilter, isOperators } from '../filters/filter.ts';
import { addNumbers } from '../values/arithmetic.ts';
import { isNumeric, numberKind } from '../values/numbers.ts';
import { compareValues, equals, keyOf } from '../values/order.ts';
import { showValue } from '../values/show.ts';
import { type Document, isDocument, typeOf, type Value } from '../values/values.ts';
import { type Change, unchanged } from './update-paths.ts';

/** One field that an update changes, by its path. */
export interface FieldChange {
  parts: string[];
  /** Leaves a path alone that does not exist, instead of making it. */
  needsField: boolean;
  /** Only where an upsert makes the document. */
  onInsert: boolean;
  change: Change;
}

const operators: Record<string, (argument: Value) => Change> = {
  $set: (argument) => () => argument,
  $setOnInsert: (argument) => () => argument,
  $unset: () => (old) => (old === undefined ? unchanged : undefined),
  $inc: increment,
  $min: (argument) => (old) => (old === undefined || compareValues(argument, old) < 0 ? argument : unchanged),
  $max: (argument) => (old) => (old === undefined || compareValues(argument, old) > 0 ? argument : unchanged),
  $push: (argument) => {
    const values = eachOf('$push', argument);
    return (old, where) => [...arrayOf(old, where), ...values];
  },
  $addToSet: addToSet,
  $pull: pull,
};

export const updateOperatorNames = Object.keys(operators);

/** Reads update operators into changes, in the order in which MongoDB adds new fields: by name, numbers by value. */
export function fieldChanges(update: Document): FieldChange[] {
  const changes = Object.entries(update).flatMap(([operator, fields]) => changesOf(operator, fields));
  return changes.sort((a, b) => comparePaths(a.parts, b.parts));
}

function changesOf(operator: string, fields: Value): FieldChange[] {
  const compile = Object.hasOwn(operators, operator) ? operators[operator] : undefined;
  if (compile === undefined) {
    throw new CommandError(
      'FailedToParse',
      `Unknown modifier: ${operator}. Expected a valid update modifier or pipeline-style update specified as an array`,
    );
  }
  if (!isDocument(fields)) {
    throw new CommandError(
      'FailedToParse',
      `Modifiers operate on fields but we found type ${typeOf(fields)} instead. For example: {$mod: {<field>: ...}} not {${operator}: ${showValue(fields)}}`,
    );
  }
  return Object.entries(fields).map(([path, argument]) => ({
    parts: partsOf(path),
    needsField: operator === '$unset' || operator === '$pull',
    onInsert: operator === '$setOnInsert',
    change: compile(argument),
  }));
}

function partsOf(path: string): string[] {
  const parts = path.split('.');
  if (parts.includes('')) {
    const message = `The update path '${path}' contains an empty field name, which is not allowed.`;
    throw new CommandError('EmptyFieldName', message);
  }
  const dollar = parts.find((part) => part.startsWith('$'));
  if (dollar === undefined) return parts;
  throw new CommandError(
    'DollarPrefixedFieldName',
    `The dollar ($) prefixed field '${dollar}' in '${path}' is not valid for storage.`,
  );
}

function comparePaths(a: string[], b: string[]): number {
  for (const [i, x] of a.entries()) {
    const y = b[i];
    if (y === undefined) return 1;
    if (x === y) continue;
    return /^\d+$/.test(x) && /^\d+$/.test(y) ? Number(x) - Number(y) : x < y ? -1 : 1;
  }
  return a.length - b.length;
}

function increment(argument: Value): Change {
  if (!isNumeric(argument)) {
    throw new CommandError('TypeMismatch', `Cannot increment with non-numeric argument: ${showValue(argument)}`);
  }
  return (old, { id, path }) => {
    if (old === undefined) return argument;
    if (!isNumeric(old)) {
      throw new CommandError(
        'TypeMismatch',
        `Cannot apply $inc to a value of non-numeric type. {_id: ${showValue(id)}} has the field '${path.at(-1)}' of non-numeric type ${typeOf(old)}`,
      );
    }
    const result = addNumbers([old, argument]);
    if (numberKind(result) === 'double' && numberKind(old) !== 'double' && numberKind(argument) !== 'double') {
      throw new CommandError(
        'BadValue',
        `Failed to apply $inc operations to current value (${showValue(old)}) for document {_id: ${showValue(id)}}`,
      );
    }
    return result;
  };
}

function arrayOf(old: Value, { id, path }: { id: Value; path: string[] }): Value[] {
  if (old === undefined) return [];
  if (Array.isArray(old)) return old;
  throw new CommandError(
    'BadValue',
    `The field '${path.join('.')}' must be an array but is of type ${typeOf(old)} in document {_id: ${showValue(id)}}`,
  );
}

/** The values to add: those of `$each`, or the argument itself. */
function eachOf(operator: string, argument: Value): Value[] {
  if (!isDocument(argument) || !('$each' in argument)) return [argument];
  const unknown = Object.keys(argument).find((key) => key !== '$each');
  if (unknown !== undefined) throw new CommandError('BadValue', `Unrecognized clause in ${operator}: ${unknown}`);
  if (Array.isArray(argument.$each)) return argument.$each;
  throw new CommandError(
    'BadValue',
    `The argument to $each in ${operator} must be an array but it was of type: ${typeOf(argument.$each)}`,
  );
}

function addToSet(argument: Value): Change {
  const values = eachOf('$addToSet', argument);
  return (old, where) => {
    const array = arrayOf(old, where);
    const known = new Set(array.map(keyOf));
    const fresh = values.filter((value) => !known.has(keyOf(value)) && known.add(keyOf(value)));
    return fresh.length === 0 && old !== undefined ? unchanged : [...array, ...fresh];
  };
}

function pull(argument: Value): Change {
  const test = pullTest(argument);
  return (old) => {
    if (old === undefined) return unchanged;
    if (!Array.isArray(old)) throw new CommandError('BadValue', 'Cannot apply $pull to a non-array value');
    return old.filter((value) => !test(value));
  };
}

/** A document of fields pulls documents that match it; operators and regular expressions are tried on each element. */
function pullTest(argument: Value): (value: Value) => boolean {
  if (isOperators(argument) || typeOf(argument) === 'regex') {
    const matches = compileFilter({ element: argument });
    return (value) => matches({ element: value });
  }
  if (!isDocument(argument)) return (value) => equals(value, argument);
  const matches = compileFilter(argument);
  return (value) => isDocument(value) && matches(value);
}
