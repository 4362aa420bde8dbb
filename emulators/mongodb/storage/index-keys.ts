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

/** The index keys of a document, each once: one for each element where a field meets an array, which one field may. */
export function indexKeys(fields: SortField[], document: Document): IndexKeys {
  let keys: Buffer[] = [Buffer.alloc(0)];
  let multikey = false;
  for (const { field, direction } of fields) {
    const parts = field.split('.');
    if (crossesArray(document, parts)) {
      if (multikey) throw new CommandError('CannotIndexParallelArrays', 'cannot index parallel arrays');
      multikey = true;
    }
    const own = valuesAtPath(document, parts).flatMap((value) => fieldKeys(value, direction));
    keys = keys.flatMap((key) => own.map((part) => Buffer.concat([key, part])));
  }
  if (multikey) keys = [...new Map(keys.map((key) => [key.toString('latin1'), key])).values()];
  return { keys, multikey };
}

function crossesArray(value: Value, parts: string[]): boolean {
  const [part, ...rest] = parts;
  if (part === undefined || !isDocument(value)) return Array.isArray(value);
  return crossesArray(fieldOf(value, part), rest);
}

/** Missing is indexed as null; only an empty array is `undefined`, which sorts below. */
function fieldKeys(value: Value, direction: 1 | -1): Buffer[] {
  const values = Array.isArray(value) ? (value.length === 0 ? [undefined] : value) : [value ?? null];
  return values.map((each) => (direction === 1 ? encodeKey(each) : invert(encodeKey(each))));
}
