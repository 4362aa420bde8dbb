import { CommandError } from '../errors.ts';
import { encodeKey, invert } from '../values/order.ts';
import { isArrayIndex } from '../values/path.ts';
import type { SortField } from '../values/sort.ts';
import { type Document, fieldOf, isDocument, type Value } from '../values/values.ts';

/** Where one field of an index has come to on its path through a document. */
interface Walker {
  value: Value;
  parts: string[];
  /** An element of a leaf array: not opened any further. */
  final: boolean;
}

/** One key per combination of values: arrays make several, one per element. */
function expand(walkers: Walker[]): Value[][] {
  const advanced = walkers.map(advance);
  const open = advanced.filter(({ value, final }) => Array.isArray(value) && !final);
  const array = open[0]?.value as Value[] | undefined;
  if (array === undefined) return [advanced.map(keyValue)];
  if (open.some(({ value }) => value !== array)) {
    throw new CommandError('CannotIndexParallelArrays', 'cannot index parallel arrays');
  }
  const elements = array.length === 0 ? [undefined] : array;
  return elements.flatMap((element) => expand(advanced.map((walker) => enter(walker, array, element))));
}

function advance({ value, parts, final }: Walker): Walker {
  let [at, rest] = [value, parts];
  while (rest.length > 0) {
    const part = rest[0] as string;
    if (isDocument(at)) at = fieldOf(at, part);
    else if (Array.isArray(at) && isArrayIndex(part) && Number(part) < at.length) at = at[Number(part)];
    else break;
    rest = rest.slice(1);
  }
  return { value: at, parts: rest, final };
}

function enter(walker: Walker, array: Value[], element: Value): Walker {
  if (walker.value !== array) return walker;
  if (walker.parts.length === 0) return { value: element, parts: [], final: true };
  return { value: isDocument(element) ? element : undefined, parts: walker.parts, final: false };
}

/** Missing is indexed as null; only an empty array is `undefined`, which sorts below. */
function keyValue({ value, parts, final }: Walker): Value {
  if (parts.length > 0) return null;
  return value === undefined && !final ? null : value;
}

export interface IndexKeys {
  keys: Buffer[];
  /** Some field met an array: a document may have several keys, and bounds must not be combined. */
  multikey: boolean;
}

/** The index keys of a document, each once. */
export function indexKeys(fields: SortField[], document: Document): IndexKeys {
  const rows = expand(fields.map(({ field }) => ({ value: document, parts: field.split('.'), final: false })));
  if (rows.length === 1)
    return { keys: [compoundKey(fields, rows[0] as Value[])], multikey: crossesArray(fields, document) };
  const keys = new Map<string, Buffer>();
  for (const row of rows) {
    const key = compoundKey(fields, row);
    keys.set(key.toString('latin1'), key);
  }
  return { keys: [...keys.values()], multikey: true };
}

function crossesArray(fields: SortField[], document: Document): boolean {
  return fields.some(({ field }) => {
    let value: Value = document;
    for (const part of field.split('.')) {
      if (!isDocument(value)) return Array.isArray(value);
      value = fieldOf(value, part);
    }
    return Array.isArray(value);
  });
}

/** The values of a key as far as they are given; a shorter row gives the beginning of longer keys. */
export function compoundKey(fields: SortField[], row: Value[]): Buffer {
  return Buffer.concat(row.map((value, i) => fieldKey(value, fields[i]?.direction ?? 1)));
}

/** The bytes of one field within an index key. */
export function fieldKey(value: Value, direction: 1 | -1): Buffer {
  return direction === 1 ? encodeKey(value) : invert(encodeKey(value));
}
