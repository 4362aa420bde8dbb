import { CommandError } from '../errors.ts';
import { isNumeric, toDouble } from './numbers.ts';
import { encodeKey } from './order.ts';
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
    if (field.startsWith('$')) {
      throw new CommandError(16410, `FieldPath field names may not start with '$'. Consider using $getField: ${field}`);
    }
    const number = isNumeric(direction) ? toDouble(direction) : undefined;
    if (number !== 1 && number !== -1) {
      throw new CommandError(15975, `$sort key ordering must be 1 (for ascending) or -1 (for descending): ${field}`);
    }
    return { field, direction: number };
  });
}

/**
 * The key of the value that a field sorts by: missing counts as null, an array sorts by its lowest element ascending
 * and by its highest one descending, an empty array below null.
 */
function sortKey(document: Document, parts: string[], direction: 1 | -1): Buffer {
  const keys = valuesAtPath(document, parts).flatMap((value) => {
    if (!Array.isArray(value)) return [encodeKey(value ?? null)];
    return value.length === 0 ? [encodeKey(undefined)] : value.map(encodeKey);
  });
  return keys.reduce((best, key) => (direction * Buffer.compare(key, best) < 0 ? key : best));
}

/** Sorts by keys taken once per document; equal ones keep their order. */
export function sortDocuments<T>(items: Iterable<T>, sort: Value, documentOf: (item: T) => Document): T[] {
  const fields = sortFields(sort).map(({ field, direction }) => ({ parts: field.split('.'), direction }));
  const keyed = Array.from(items, (item) => {
    const document = documentOf(item);
    return { item, keys: fields.map(({ parts, direction }) => sortKey(document, parts, direction)) };
  });
  keyed.sort((a, b) => {
    for (const [i, { direction }] of fields.entries()) {
      const order = Buffer.compare(a.keys[i] as Buffer, b.keys[i] as Buffer);
      if (order !== 0) return direction * order;
    }
    return 0;
  });
  return keyed.map(({ item }) => item);
}
