import { CommandError } from '../errors.ts';
import type { Variables } from '../expressions/expression.ts';
import { compileFilter, type Filter } from '../filters/filter.ts';
import { compileSimpleStage } from '../pipeline/stages.ts';
import { equals } from '../values/order.ts';
import { copyDocument, type Document, isDocument, type Value } from '../values/values.ts';
import { type FieldChange, fieldChanges } from './update-operators.ts';
import { concretePaths, modify } from './update-paths.ts';

/** What an update needs to know beside the document. */
export interface UpdateSituation {
  /** The document is being made by an upsert. */
  isInsert: boolean;
  /** The array element that the filter matched: `$`. */
  arrayIndex: number | undefined;
}

/** Gives the document after the update; the one it gets stays as it is. */
export type Update = {
  kind: 'replacement' | 'operators' | 'pipeline';
  apply(document: Document, situation: UpdateSituation): Document;
};

/** Compiles the `u` of an update: a replacement, update operators, or a pipeline. */
export function compileUpdate(update: Value, arrayFilters: Value, variables: Variables): Update {
  const filters = compileArrayFilters(arrayFilters, variables);
  if (Array.isArray(update)) {
    if (filters.size > 0)
      throw new CommandError('FailedToParse', 'arrayFilters may not be specified for pipeline-style updates');
    return compilePipelineUpdate(update, variables);
  }
  if (!isDocument(update))
    throw new CommandError('FailedToParse', 'Update argument must be either an object or an array');
  if (!Object.keys(update)[0]?.startsWith('$')) return compileReplacement(update);
  return compileOperators(update, filters);
}

function compileReplacement(replacement: Document): Update {
  const operator = Object.keys(replacement).find((key) => key.startsWith('$'));
  if (operator !== undefined) {
    throw new CommandError(
      'DollarPrefixedFieldName',
      `The dollar ($) prefixed field '${operator}' in '${operator}' is not allowed in the context of an update's replacement document.`,
    );
  }
  return {
    kind: 'replacement',
    apply: ({ _id: id }) => {
      const { _id: own, ...others } = replacement;
      if (id !== undefined && own !== undefined && !equals(id, own)) refuseId();
      return id === undefined && own === undefined ? others : { _id: id ?? own, ...others };
    },
  };
}

function refuseId(): never {
  throw new CommandError(
    'ImmutableField',
    "After applying the update, the (immutable) field '_id' was found to have been altered",
  );
}

const pipelineStages = ['$addFields', '$set', '$project', '$unset', '$replaceRoot', '$replaceWith'];

function compilePipelineUpdate(update: Value[], variables: Variables): Update {
  const stages = update.map((stage) => {
    const [entry, ...others] = isDocument(stage) ? Object.entries(stage) : [];
    if (entry === undefined || others.length > 0) {
      throw new CommandError(40323, 'A pipeline stage specification object must contain exactly one field.');
    }
    const compiled = pipelineStages.includes(entry[0]) ? compileSimpleStage(entry[0], entry[1], variables) : undefined;
    if (!compiled) throw new CommandError('InvalidOptions', `${entry[0]} is not allowed to be used within an update`);
    return compiled;
  });
  return {
    kind: 'pipeline',
    apply: (document) => {
      const [result = {}] = stages.reduce<Iterable<Document>>((documents, stage) => stage(documents), [document]);
      const { _id: id = document._id, ...others } = result;
      if (document._id !== undefined && !equals(id, document._id)) refuseId();
      return id === undefined ? others : { _id: id, ...others };
    },
  };
}

function compileOperators(update: Document, filters: Map<string, Filter>): Update {
  const changes = fieldChanges(update);
  checkConflicts(changes);
  checkFilters(changes, filters);
  return {
    kind: 'operators',
    apply: (document, situation) => {
      const copy = copyDocument(document);
      for (const { parts, needsField, change } of changes) {
        for (const path of concretePaths(copy, parts, situation.arrayIndex, filters)) {
          modify(
            copy,
            path,
            (old) => change(old, { before: document, root: copy, path, isInsert: situation.isInsert }),
            !needsField,
          );
        }
      }
      if (document._id !== undefined && !equals(copy._id, document._id)) {
        throw new CommandError(
          'ImmutableField',
          "Performing an update on the path '_id' would modify the immutable field '_id'",
        );
      }
      return copy;
    },
  };
}

/** Two changes may not touch the same field, nor one a part of the other's. */
function checkConflicts(changes: FieldChange[]): void {
  const paths = changes.map(({ parts }) => parts.join('.')).sort();
  for (const [i, path] of paths.entries()) {
    const clash = paths.slice(i + 1).find((other) => other === path || other.startsWith(`${path}.`));
    if (clash === undefined) continue;
    throw new CommandError(
      'ConflictingUpdateOperators',
      `Updating the path '${clash}' would create a conflict at '${path}'`,
    );
  }
}

function compileArrayFilters(arrayFilters: Value, variables: Variables): Map<string, Filter> {
  const filters = new Map<string, Filter>();
  if (arrayFilters === undefined) return filters;
  if (!Array.isArray(arrayFilters)) throw new CommandError('TypeMismatch', 'arrayFilters must be an array');
  for (const filter of arrayFilters) {
    const name = isDocument(filter) ? identifierOf(filter) : undefined;
    if (name === undefined || !/^[a-z][a-zA-Z0-9]*$/.test(name)) {
      throw new CommandError(
        'BadValue',
        'an array filter must be about one identifier that begins with a lowercase letter',
      );
    }
    if (filters.has(name)) {
      throw new CommandError(
        'FailedToParse',
        `Found multiple array filters with the same top-level field name ${name}`,
      );
    }
    filters.set(name, compileFilter(filter, variables));
  }
  return filters;
}

/** The one name that all clauses of an array filter begin with. */
function identifierOf(filter: Document): string | undefined {
  const names = Object.entries(filter).map(([key, value]) => {
    if (!key.startsWith('$')) return key.split('.')[0];
    const inner = Array.isArray(value) ? value.map((each) => (isDocument(each) ? identifierOf(each) : undefined)) : [];
    return inner.every((name) => name === inner[0]) ? inner[0] : undefined;
  });
  return names.every((name) => name === names[0]) ? names[0] : undefined;
}

function checkFilters(changes: FieldChange[], filters: Map<string, Filter>): void {
  const used = new Set(changes.flatMap(({ parts }) => parts).flatMap((part) => /^\$\[(.+)\]$/.exec(part)?.[1] ?? []));
  for (const name of used) {
    if (!filters.has(name)) throw new CommandError('BadValue', `No array filter found for identifier '${name}'`);
  }
  for (const name of filters.keys()) {
    if (!used.has(name)) {
      throw new CommandError('FailedToParse', `The array filter for identifier '${name}' was not used in the update`);
    }
  }
}
