import { CommandError } from '../errors.ts';
import type { Filter } from '../filters/filter.ts';
import { isArrayIndex } from '../values/path.ts';
import { showValue } from '../values/show.ts';
import { type Document, fieldOf, isDocument, type Value } from '../values/values.ts';

/** Arrays may not be padded with more nulls than this, as in MongoDB. */
const maxPadding = 1_500_000;

/** Tells `modify` to leave the field as it is. */
export const unchanged = Symbol('unchanged');

/** Opens `$`, `$[]` and `$[name]` to the indexes they stand for in the document. */
export function concretePaths(
  document: Document,
  parts: string[],
  arrayIndex: number | undefined,
  filters: Map<string, Filter>,
): string[][] {
  let paths: { path: string[]; value: Value }[] = [{ path: [], value: document }];
  for (const part of parts) {
    paths = paths.flatMap(({ path, value }) => {
      return partsAt(part, path, value, arrayIndex, filters).map((key) => ({
        path: [...path, key],
        value: child(value, key),
      }));
    });
  }
  return paths.map(({ path }) => path);
}

function child(value: Value, key: string): Value {
  if (Array.isArray(value)) return isArrayIndex(key) ? value[Number(key)] : undefined;
  return isDocument(value) ? fieldOf(value, key) : undefined;
}

function partsAt(
  part: string,
  path: string[],
  value: Value,
  arrayIndex: number | undefined,
  filters: Map<string, Filter>,
): string[] {
  if (!part.startsWith('$')) return [part];
  if (part === '$') {
    if (arrayIndex !== undefined) return [String(arrayIndex)];
    throw new CommandError('BadValue', 'The positional operator did not find the match needed from the query.');
  }
  const name = /^\$\[(.*)\]$/.exec(part)?.[1];
  if (name === undefined) {
    throw new CommandError(
      'DollarPrefixedFieldName',
      `The dollar ($) prefixed field '${part}' in '${[...path, part].join('.')}' is not valid for storage.`,
    );
  }
  if (value === undefined) {
    throw new CommandError(
      'BadValue',
      `The path '${path.join('.')}' must exist in the document in order to apply array updates.`,
    );
  }
  if (!Array.isArray(value)) {
    throw new CommandError(
      'BadValue',
      `Cannot apply array updates to non-array element ${path.at(-1)}: ${showValue(value)}`,
    );
  }
  const matches = name === '' ? () => true : (element: Value) => filters.get(name)?.({ [name]: element }) === true;
  return value.flatMap((element, i) => (matches(element) ? [String(i)] : []));
}

/**
 * Changes the field at the path: `change` gets the old value and gives the new one, `undefined` to remove it or
 * `unchanged`. With `create`, missing documents on the way are made; without, a path that does not exist is left alone.
 */
export function modify(
  document: Document,
  path: string[],
  change: (old: Value) => Value | typeof unchanged,
  create: boolean,
): void {
  let at: Value = document;
  for (const [i, part] of path.slice(0, -1).entries()) {
    let next = child(at, part);
    if (next === undefined) {
      if (!create) return;
      // made only when the change then has a value for it
      const made = change(undefined);
      if (made === unchanged || made === undefined) return;
      next = {};
      assign(at, part, next, path.slice(0, i));
    } else if (!isDocument(next) && !Array.isArray(next)) {
      if (!create) return;
      throw new CommandError(
        'PathNotViable',
        `Cannot create field '${path[i + 1]}' in element {${part}: ${showValue(next)}}`,
      );
    }
    at = next;
  }
  const last = path.at(-1) as string;
  if (Array.isArray(at) && !isArrayIndex(last) && !create) return;
  const old = child(at, last);
  const result = change(old);
  if (result === unchanged) return;
  if (result !== undefined) assign(at, last, result, path.slice(0, -1));
  else if (Array.isArray(at)) at[Number(last)] = null;
  else if (isDocument(at)) delete at[last];
}

function assign(container: Value, part: string, value: Value, path: string[]): void {
  if (isDocument(container)) {
    container[part] = value;
    return;
  }
  const array = container as Value[];
  if (!isArrayIndex(part)) {
    throw new CommandError(
      'PathNotViable',
      `Cannot create field '${part}' in element {${path.at(-1)}: ${showValue(array)}}`,
    );
  }
  const index = Number(part);
  if (index - array.length > maxPadding)
    throw new CommandError('BadValue', `can't backfill more than ${maxPadding} elements`);
  while (array.length < index) array.push(null);
  array[index] = value;
}
