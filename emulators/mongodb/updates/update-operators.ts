import { Long, Timestamp } from 'bson';
import { CommandError } from '../errors.ts';
import { addNumbers, multiplyNumbers } from '../expressions/arithmetic.ts';
import { isNumeric, type NumberKind, numberKind, toBigInt } from '../values/numbers.ts';
import { compareValues } from '../values/order.ts';
import { showValue } from '../values/show.ts';
import { type Document, fieldOf, isDocument, typeOf, type Value } from '../values/values.ts';
import { arrayChange } from './update-arrays.ts';
import { unchanged } from './update-paths.ts';

/** Where a change happens. */
export interface ChangeContext {
  /** The document before the update. */
  before: Document;
  /** The document that is being changed. */
  root: Document;
  path: string[];
  isInsert: boolean;
}

/** One field that an update changes, by its path as written. */
export interface FieldChange {
  parts: string[];
  /** Leaves a path alone that does not exist, instead of making it. */
  needsField: boolean;
  /** The new value, `undefined` to remove the field, or `unchanged`. */
  change(old: Value, context: ChangeContext): Value | typeof unchanged;
}

type Change = FieldChange['change'];

/** Reads update operators into changes, in the order in which MongoDB adds new fields: by name, numbers by value. */
export function fieldChanges(update: Document): FieldChange[] {
  const changes: FieldChange[] = [];
  for (const [operator, fields] of Object.entries(update)) {
    if (!operator.startsWith('$')) {
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
    for (const [path, argument] of Object.entries(fields)) {
      const parts = path.split('.');
      if (parts.some((part) => part === '')) {
        throw new CommandError(
          'EmptyFieldName',
          `The update path '${path}' contains an empty field name, which is not allowed.`,
        );
      }
      if (operator === '$rename') changes.push(...renameChanges(parts, argument));
      else changes.push({ parts, ...changeOf(operator, argument) });
    }
  }
  return changes.sort((a, b) => comparePaths(a.parts, b.parts));
}

function comparePaths(a: string[], b: string[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const [x = '', y = ''] = [a[i], b[i]];
    if (x === y) continue;
    if (/^\d+$/.test(x) && /^\d+$/.test(y)) return Number(x) - Number(y);
    return x < y ? -1 : 1;
  }
  return a.length - b.length;
}

function changeOf(operator: string, argument: Value): { needsField: boolean; change: Change } {
  const array = arrayChange(operator, argument);
  if (array) return array;
  const make = (change: Change) => ({ needsField: false, change });
  switch (operator) {
    case '$set':
      return make(() => argument);
    case '$setOnInsert':
      return make((_, { isInsert }) => (isInsert ? argument : unchanged));
    case '$unset':
      return { needsField: true, change: (old) => (old === undefined ? unchanged : undefined) };
    case '$inc':
      return make(arithmetic('increment', argument, (old, by) => (old === undefined ? by : addNumbers([old, by]))));
    case '$mul':
      return make(arithmetic('multiply', argument, (old, by) => multiplyNumbers([old ?? 0, by])));
    case '$min':
      return make((old) => (old === undefined || compareValues(argument, old) < 0 ? argument : unchanged));
    case '$max':
      return make((old) => (old === undefined || compareValues(argument, old) > 0 ? argument : unchanged));
    case '$currentDate':
      return make(currentDate(argument));
    case '$bit':
      return make(bits(argument));
    default:
      throw new CommandError(
        'FailedToParse',
        `Unknown modifier: ${operator}. Expected a valid update modifier or pipeline-style update specified as an array`,
      );
  }
}

type NumberValue = Parameters<typeof addNumbers>[0][number];

function arithmetic(
  verb: string,
  argument: Value,
  run: (old: NumberValue | undefined, by: NumberValue) => Value,
): Change {
  if (!isNumeric(argument)) {
    throw new CommandError('TypeMismatch', `Cannot ${verb} with non-numeric argument: ${showValue(argument)}`);
  }
  return (old, context) => {
    if (old !== undefined && !isNumeric(old)) {
      throw new CommandError(
        'TypeMismatch',
        `Cannot apply to a value of non-numeric type. {_id: ${showValue(context.root._id)}} has the field '${context.path.at(-1)}' of non-numeric type ${typeOf(old)}`,
      );
    }
    const result = run(old, argument);
    const kinds: (NumberKind | undefined)[] = [numberKind(old), numberKind(argument)];
    if (numberKind(result) === 'double' && !kinds.includes('double')) {
      throw new CommandError(
        'BadValue',
        'Failed to apply the operation to the current value: the 64-bit integer overflows',
      );
    }
    return result;
  };
}

function currentDate(argument: Value): Change {
  const type = isDocument(argument) ? argument.$type : argument;
  if (type === true || type === false || type === 'date') return () => new Date();
  if (type !== 'timestamp') {
    throw new CommandError('BadValue', "The '$type' string field is required to be 'date' or 'timestamp'");
  }
  return () => new Timestamp({ t: Math.floor(Date.now() / 1000), i: 1 });
}

function bits(argument: Value): Change {
  const operations = isDocument(argument) ? Object.entries(argument) : [];
  if (operations.length === 0) throw new CommandError('BadValue', 'The $bit modifier needs {and|or|xor: integer}');
  for (const [name, operand] of operations) {
    const kind = numberKind(operand);
    if (!['and', 'or', 'xor'].includes(name) || (kind !== 'int' && kind !== 'long')) {
      throw new CommandError(
        'BadValue',
        `The $bit modifier only supports 'and', 'or', and 'xor' of integers, not ${name}`,
      );
    }
  }
  return (old) => {
    const kind = numberKind(old);
    if (old !== undefined && kind !== 'int' && kind !== 'long') {
      throw new CommandError('BadValue', `Cannot apply $bit to a value of non-integral type ${typeOf(old)}`);
    }
    let value = old === undefined ? 0n : toBigInt(old as number | Long);
    for (const [name, operand] of operations) {
      const other = toBigInt(operand as number | Long);
      value = name === 'and' ? value & other : name === 'or' ? value | other : value ^ other;
    }
    const long = kind === 'long' || operations.some(([, operand]) => numberKind(operand) === 'long');
    return long ? Long.fromBigInt(value) : Number(value);
  };
}

/** A rename is a removal here and a setting there; both look at the document as it was before. */
function renameChanges(from: string[], target: Value): FieldChange[] {
  if (typeof target !== 'string' || target === '') {
    throw new CommandError(
      'BadValue',
      `The 'to' field for $rename must be a string: ${from.join('.')}: ${showValue(target)}`,
    );
  }
  const to = target.split('.');
  if ([...from, ...to].some((part) => part.startsWith('$'))) {
    throw new CommandError(
      'BadValue',
      `The source and target field for $rename must not be dynamic: ${from.join('.')}`,
    );
  }
  return [
    { parts: from, needsField: true, change: (old) => (old === undefined ? unchanged : undefined) },
    { parts: to, needsField: false, change: (_, { before }) => movedValue(before, from) ?? unchanged },
  ];
}

function movedValue(document: Document, path: string[]): Value {
  let value: Value = document;
  for (const part of path) {
    if (Array.isArray(value)) {
      throw new CommandError('BadValue', `The source field of $rename cannot be an array element: ${path.join('.')}`);
    }
    value = isDocument(value) ? fieldOf(value, part) : undefined;
  }
  return value;
}
