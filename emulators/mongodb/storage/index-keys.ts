import { CommandError } from '../errors.ts';
import { encodeKey, invert } from '../values/order.ts';
import { valuesAtPath } from '../values/path.ts';
import type { SortField } from '../values/sort.ts';
import { type Document, fieldOf, isDocument, type Value } from '../values/values.ts';

export interface IndexKeys {
  keys: Buffer[];
  /** Some field met an array: a document may have several keys, and bounds must not be combined. */
  multikey: boolean;
}

/** The keys of one document in an index of these fields. */
export type KeysOf = (fields: readonly SortField[]) => IndexKeys;

interface FieldKeys {
  parts: Buffer[];
  isArray: boolean;
}

/**
 * Gives the index keys of a document, each once: one for each element where a field meets an array, which one field may. What
 * several indexes have in common is encoded once.
 */
export function indexKeysOf(document: Document): KeysOf {
  const known = new Map<string, FieldKeys>();
  const read = ({ field, direction }: SortField) => {
    const name = `${direction}${field}`;
    let keys = known.get(name);
    if (keys === undefined) {
      keys = fieldKeys(document, field.split('.'), direction);
      known.set(name, keys);
    }
    return keys;
  };
  return (fields) => joined(fields.map(read));
}

function joined(fields: FieldKeys[]): IndexKeys {
  const arrays = fields.filter(({ isArray }) => isArray).length;
  if (arrays > 1) throw new CommandError('CannotIndexParallelArrays', 'cannot index parallel arrays');
  if (arrays === 0) return { keys: [Buffer.concat(fields.map(({ parts }) => parts[0] as Buffer))], multikey: false };
  let keys: Buffer[] = [Buffer.alloc(0)];
  for (const { parts } of fields) keys = keys.flatMap((key) => parts.map((part) => Buffer.concat([key, part])));
  return { keys: [...new Map(keys.map((key) => [key.toString('latin1'), key])).values()], multikey: true };
}

/** Missing is indexed as null; only an empty array is `undefined`, which sorts below. */
function fieldKeys(document: Document, path: string[], direction: 1 | -1): FieldKeys {
  const values = valuesAtPath(document, path).flatMap((value) => {
    if (!Array.isArray(value)) return [value ?? null];
    return value.length === 0 ? [undefined] : value;
  });
  const parts = values.map((each) => (direction === 1 ? encodeKey(each) : invert(encodeKey(each))));
  return { parts, isArray: crossesArray(document, path) };
}

function crossesArray(value: Value, parts: string[]): boolean {
  const [part, ...rest] = parts;
  if (part === undefined || !isDocument(value)) return Array.isArray(value);
  return crossesArray(fieldOf(value, part), rest);
}
