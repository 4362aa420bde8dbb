import { CommandError } from '../errors.ts';
import { isNumeric, toDouble } from './numbers.ts';
import { compareValues } from './order.ts';
import { valuesAtPath } from './path.ts';
import { type Document, isDocument, type Value } from './values.ts';

/** One field of a sort or an index. */
export interface SortField {
  field: string;
  direction: 1 | -1;
}

/** Reads `{a: 1, b: -1}`; everything else than 1 and -1 is refused. */
export function sortFields(sort: Value): SortField[] {
  if (!isDocument(sort)) throw new CommandError('TypeMismatch', 'Expected field sort to be of type object');
  return Object.entries(sort).map(([field, direction]) => {
    const number = isNumeric(direction) ? toDouble(direction) : undefined;
    if (number !== 1 && number !== -1) {
      throw new CommandError(15975, `$sort key ordering must be 1 (for ascending) or -1 (for descending): ${field}`);
    }
    return { field, direction: number };
  });
}

/**
 * The value that a field sorts by: missing counts as null, an array sorts by its lowest element ascending and by its
 * highest one descending, an empty array below null.
 */
function sortKey(document: Document, parts: string[], direction: 1 | -1): Value {
  const candidates = valuesAtPath(document, parts).flatMap((value): Value[] => {
    if (Array.isArray(value)) return value.length === 0 ? [undefined] : value;
    return [value === undefined ? null : value];
  });
  let best = candidates[0];
  for (const candidate of candidates) if (direction * compareValues(candidate, best) < 0) best = candidate;
  return best;
}

/** A comparator of documents. */
export function compileSort(sort: Value): (a: Document, b: Document) => number {
  const fields = sortFields(sort).map(({ field, direction }) => ({ parts: field.split('.'), direction }));
  return (a, b) => {
    for (const { parts, direction } of fields) {
      const order = compareValues(sortKey(a, parts, direction), sortKey(b, parts, direction));
      if (order !== 0) return direction * order;
    }
    return 0;
  };
}

/** Sorts by keys taken once per document; equal ones keep their order. */
export function sortDocuments<T>(items: T[], sort: Value, documentOf: (item: T) => Document): T[] {
  const fields = sortFields(sort).map(({ field, direction }) => ({ parts: field.split('.'), direction }));
  const keyed = items.map((item) => {
    const document = documentOf(item);
    return { item, keys: fields.map(({ parts, direction }) => sortKey(document, parts, direction)) };
  });
  keyed.sort((a, b) => {
    for (let i = 0; i < fields.length; i++) {
      const order = compareValues(a.keys[i], b.keys[i]);
      if (order !== 0) return (fields[i] as { direction: number }).direction * order;
    }
    return 0;
  });
  return keyed.map(({ item }) => item);
}
