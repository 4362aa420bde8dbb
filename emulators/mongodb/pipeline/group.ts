import { CommandError } from '../errors.ts';
import { compileExpression, type Expression, type Scope, type Variables } from '../expressions/expression.ts';
import { encodeKey } from '../values/index-key.ts';
import { type Document, isDocument, type Value } from '../values/values.ts';
import { accumulators, pickSorted, positiveCount, sortingAccumulators, takingAccumulators } from './accumulators.ts';

/** One output field: what is kept of each document, and what becomes of that in the end. */
interface Output {
  keep: Expression;
  finish(kept: Value[], documents: Document[]): Value;
}

/** Compiles `$group`; groups come in the order of their first document. */
export function compileGroup(
  specification: Value,
  variables: Variables,
): (documents: Iterable<Document>) => Document[] {
  if (!isDocument(specification)) throw new CommandError(15947, "a group's fields must be specified in an object");
  if (!('_id' in specification)) throw new CommandError(15955, 'a group specification must include an _id');
  const { _id: id, ...fields } = specification;
  return groupBy(compileExpression(id, variables), fields, variables);
}

/** Groups by what `key` gives (null for missing) into `_id` and the fields, each `{accumulator: argument}`. */
export function groupBy(
  key: Expression,
  fields: Document,
  variables: Variables,
): (documents: Iterable<Document>) => Document[] {
  const outputs = Object.entries(fields).map(([name, value]) => ({ name, ...compileOutput(name, value, variables) }));
  return (documents) => {
    const groups = new Map<string, { id: Value; documents: Document[]; kept: Value[][] }>();
    for (const document of documents) {
      const scope: Scope = { root: document, current: document, variables };
      const value = key(scope) ?? null;
      const hash = encodeKey(value).toString('latin1');
      let group = groups.get(hash);
      if (!group) {
        group = { id: value, documents: [], kept: outputs.map(() => []) };
        groups.set(hash, group);
      }
      group.documents.push(document);
      for (const [i, output] of outputs.entries()) group.kept[i]?.push(output.keep(scope));
    }
    return [...groups.values()].map((group) => {
      const result: Document = { _id: group.id };
      outputs.forEach((output, i) => {
        result[output.name] = output.finish(group.kept[i] ?? [], group.documents);
      });
      return result;
    });
  };
}

function compileOutput(name: string, value: Value, variables: Variables): Output {
  if (name.includes('.')) throw new CommandError(40235, `The field name '${name}' cannot contain '.'`);
  if (name.startsWith('$')) throw new CommandError(40236, `The field name '${name}' cannot be an operator name`);
  const [operator, ...more] = isDocument(value) ? Object.keys(value) : [];
  if (operator === undefined || !operator.startsWith('$')) {
    throw new CommandError(40234, `The field '${name}' must be an accumulator object`);
  }
  if (more.length > 0) throw new CommandError(40238, `The field '${name}' must specify one accumulator`);
  const argument = (value as Document)[operator];
  const simple = accumulators[operator];
  if (simple) {
    if (operator === '$count') return { keep: () => null, finish: simple };
    return { keep: compileExpression(argument, variables), finish: simple };
  }
  return compileNamedOutput(operator, argument, variables);
}

function compileNamedOutput(operator: string, argument: Value, variables: Variables): Output {
  const taking = takingAccumulators[operator];
  const sorting = sortingAccumulators[operator];
  if (!taking && !sorting) throw new CommandError(15952, `unknown group operator '${operator}'`);
  if (!isDocument(argument)) throw new CommandError(5787801, `specification must be an object; found ${operator}`);
  const count = argument.n === undefined ? undefined : compileExpression(argument.n, variables);
  const n = () => positiveCount(operator, count?.({ root: {}, current: {}, variables }));
  if (taking) {
    const keep = compileExpression(argument.input, variables);
    return {
      keep,
      finish: (kept) =>
        taking(
          kept.map((value) => value ?? null),
          n(),
        ),
    };
  }
  return {
    keep: compileExpression(argument.output, variables),
    finish: (kept, documents) => {
      const rows = documents.map((document, i) => ({ document, output: kept[i] }));
      return pickSorted(rows, argument.sortBy, sorting?.single ? 1 : n(), sorting ?? { single: true, fromEnd: false });
    },
  };
}
