import { CommandError } from '../errors.ts';
import { addNumbers } from '../values/arithmetic.ts';
import { isNumeric, type Numeric, toDouble } from '../values/numbers.ts';
import { compareValues, keyOf } from '../values/order.ts';
import { fieldPath } from '../values/path.ts';
import { type Document, double, isDocument, type Value } from '../values/values.ts';

/** Takes in the values of one group, and tells the result in the end. */
interface Accumulator {
  add(value: Value): void;
  result(): Value;
}

const accumulators: Record<string, () => Accumulator> = {
  $sum: () => {
    let sum: Value = 0;
    return {
      add: (value) => {
        if (isNumeric(value)) sum = addNumbers([sum as Numeric, value]);
      },
      result: () => sum,
    };
  },
  $avg: () => {
    let [sum, count] = [0, 0];
    return {
      add: (value) => {
        if (!isNumeric(value)) return;
        sum += toDouble(value);
        count += 1;
      },
      result: () => (count === 0 ? null : double(sum / count)),
    };
  },
  $min: () => extreme(1),
  $max: () => extreme(-1),
  $first: () => {
    let first: { value: Value } | undefined;
    return {
      add: (value) => {
        first ??= { value };
      },
      result: () => first?.value ?? null,
    };
  },
  $push: () => {
    const list: Value[] = [];
    return {
      add: (value) => {
        if (value !== undefined) list.push(value);
      },
      result: () => list,
    };
  },
};

export const accumulatorNames = Object.keys(accumulators);

function extreme(direction: 1 | -1): Accumulator {
  let best: Value;
  return {
    add: (value) => {
      if (value === null || value === undefined) return;
      if (best === undefined || direction * compareValues(value, best) < 0) best = value;
    },
    result: () => best ?? null,
  };
}

/** Compiles `$group`; groups come in the order of their first document. */
export function compileGroup(specification: Value): (documents: Iterable<Document>) => Iterable<Document> {
  if (!isDocument(specification)) throw new CommandError(15947, "a group's fields must be specified in an object");
  if (!('_id' in specification)) throw new CommandError(15955, 'a group specification must include an _id');
  const { _id: by, ...fields } = specification;
  const key = compileOperand(by);
  const outputs = Object.entries(fields).map(([name, value]) => ({ name, ...compileOutput(name, value) }));
  return function* group(documents) {
    const groups = new Map<string, { id: Value; kept: Accumulator[] }>();
    for (const document of documents) {
      const id = key(document) ?? null;
      const hash = keyOf(id);
      let group = groups.get(hash);
      if (!group) {
        group = { id, kept: outputs.map(({ start }) => start()) };
        groups.set(hash, group);
      }
      for (const [i, { operand }] of outputs.entries()) group.kept[i]?.add(operand(document));
    }
    for (const { id, kept } of groups.values()) {
      yield { _id: id, ...Object.fromEntries(outputs.map(({ name }, i) => [name, kept[i]?.result()])) };
    }
  };
}

function compileOutput(name: string, value: Value) {
  if (name.includes('.')) throw new CommandError(40235, `The field name '${name}' cannot contain '.'`);
  if (name.startsWith('$')) throw new CommandError(40236, `The field name '${name}' cannot be an operator name`);
  const [[operator, argument] = ['', null], ...more] = isDocument(value) ? Object.entries(value) : [];
  if (!operator.startsWith('$')) throw new CommandError(40234, `The field '${name}' must be an accumulator object`);
  if (more.length > 0) throw new CommandError(40238, `The field '${name}' must specify one accumulator`);
  const start = Object.hasOwn(accumulators, operator) ? accumulators[operator] : undefined;
  if (start === undefined) throw new CommandError(15952, `unknown group operator '${operator}'`);
  return { start, operand: compileOperand(argument) };
}

/** A field path (`'$a.b'`) or a constant; expressions are refused. */
function compileOperand(argument: Value): (document: Document) => Value {
  if (typeof argument === 'object' && argument !== null && (isDocument(argument) || Array.isArray(argument))) {
    const message = `Unrecognized expression '${Object.keys(argument)[0] ?? ''}': this server takes field paths and constants`;
    throw new CommandError('InvalidPipelineOperator', message);
  }
  if (typeof argument !== 'string' || !argument.startsWith('$')) return () => argument;
  if (argument.startsWith('$$')) throw new CommandError(17276, `Use of undefined variable: ${argument.slice(2)}`);
  const parts = argument.slice(1).split('.');
  if (parts.includes('')) throw new CommandError(15998, 'FieldPath field names may not be empty strings.');
  return (document) => fieldPath(document, parts);
}
