import { CommandError } from '../errors.ts';
import { isArrayIndex } from '../values/path.ts';
import { showValue } from '../values/show.ts';
import { type Document, fieldOf, isDocument, type Value } from '../values/values.ts';

/** Arrays may not be padded with more nulls than this, as in MongoDB. */
const maxPadding = 1_500_000;

/** Tells `modify` to leave the field as it is. */
export const unchanged = Symbol('unchanged');

/** Gives a field's new value from its old one: `undefined` removes it. `where` is for messages. */
export type Change = (old: Value, where: { id: Value; path: string[] }) => Value | typeof unchanged;

function child(value: Value, key: string): Value {
  if (Array.isArray(value)) return isArrayIndex(key) ? value[Number(key)] : undefined;
  return isDocument(value) ? fieldOf(value, key) : undefined;
}

/**
 * Changes the field at the path. With `create`, missing documents on the way are made; without, a path that does not
 * exist is left alone.
 */
export function modify(document: Document, path: string[], change: Change, create: boolean): void {
  const where = { id: document._id, path };
  let at: Value = document;
  for (const [i, part] of path.slice(0, -1).entries()) {
    let next = child(at, part);
    if (next === undefined) {
      if (!create) return;
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
  const result = change(child(at, last), where);
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
