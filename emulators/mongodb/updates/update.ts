import { CommandError } from '../errors.ts';
import { equals } from '../values/order.ts';
import { copyDocument, type Document, isDocument, type Value } from '../values/values.ts';
import { type FieldChange, fieldChanges } from './update-operators.ts';
import { modify } from './update-paths.ts';

/** Gives the document after the update; the one it gets stays as it is. `isInsert`: an upsert makes it. */
export interface Update {
  kind: 'replacement' | 'operators';
  apply(document: Document, isInsert: boolean): Document;
}

/** Compiles the `u` of an update: a replacement or update operators. */
export function compileUpdate(update: Value): Update {
  if (!isDocument(update)) throw new CommandError('FailedToParse', 'Update argument must be an object');
  return Object.keys(update)[0]?.startsWith('$') ? compileOperators(update) : compileReplacement(update);
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
      if (id !== undefined && own !== undefined && !equals(id, own)) {
        throw new CommandError(
          'ImmutableField',
          "After applying the update, the (immutable) field '_id' was found to have been altered",
        );
      }
      return id === undefined && own === undefined ? others : { _id: id ?? own, ...others };
    },
  };
}

function compileOperators(update: Document): Update {
  const changes = fieldChanges(update);
  checkConflicts(changes);
  return {
    kind: 'operators',
    apply: (document, isInsert) => {
      const copy = copyDocument(document);
      for (const { parts, needsField, onInsert, change } of changes) {
        if (!onInsert || isInsert) modify(copy, parts, change, !needsField);
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
