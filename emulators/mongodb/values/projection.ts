import { CommandError } from '../errors.ts';
import { isNumeric, toDouble } from './numbers.ts';
import { type Document, isDocument, typeOf, type Value } from './values.ts';

/** Paths as a tree; `undefined`: the path ends here. */
type Paths = Map<string, Paths | undefined>;

/** Compiles a projection by path: all included or all excluded, `_id` apart; an empty one keeps everything. */
export function compileProjection(specification: Value): (document: Document) => Document {
  if (!isDocument(specification)) throw new CommandError('TypeMismatch', 'projection must be an object');
  const { _id: id, ...others } = specification;
  const keepsId = id === undefined ? undefined : isIncluding('_id', id);
  const [first, ...rest] = Object.entries(others).map(([path, value]) => ({
    path,
    included: isIncluding(path, value),
  }));
  const inclusive = first?.included ?? keepsId ?? false;
  const paths: Paths = new Map();
  for (const { path, included } of first ? [first, ...rest] : []) {
    if (included !== inclusive) {
      const [code, doing, done] = inclusive ? [31254, 'exclusion', 'inclusion'] : [31253, 'inclusion', 'exclusion'];
      throw new CommandError(code, `Cannot do ${doing} on field ${path} in ${done} projection`);
    }
    addPath(paths, path);
  }
  if ((keepsId ?? true) === inclusive) paths.set('_id', undefined);
  return (document) => project(document, paths, inclusive);
}

/** The same for whole fields, included, of bytes: what is left out is not decoded. undefined for other projections. */
export function compileBytesProjection(specification: Document): ((bytes: Uint8Array) => Uint8Array) | undefined {
  const { _id: id = 1, ...others } = specification;
  const names = Object.keys(others);
  if (names.length === 0 || names.some((name) => name.includes('.') || !isIncluding(name, others[name])))
    return undefined;
  const kept = isIncluding('_id', id) ? ['_id', ...names] : names;
  const wanted: Uint8Array[][] = [];
  for (const name of kept.map((each) => Buffer.from(each)))
    wanted[name.length] = [...(wanted[name.length] ?? []), name];
  // many small results share their memory: one each is most of what they cost
  let [shared, start] = [Buffer.alloc(0), 0];
  return (bytes) => {
    const isFull = shared.length - start < bytes.length;
    if (isFull) [shared, start] = [Buffer.allocUnsafe(Math.max(65_536, bytes.length)), 0];
    let [to, left] = [start + 4, kept.length];
    for (let at = 4; left > 0 && bytes[at] !== 0; ) {
      let nameEnd = at + 1;
      while (bytes[nameEnd] !== 0) nameEnd += 1;
      const end = nameEnd + 1 + valueBytes(bytes, bytes[at] as number, nameEnd + 1);
      if (isOneOf(wanted[nameEnd - at - 1], bytes, at + 1)) {
        while (at < end) shared[to++] = bytes[at++] as number;
        left -= 1;
      }
      at = end;
    }
    shared[to++] = 0;
    shared.writeInt32LE(to - start, start);
    const projected = shared.subarray(start, to);
    start = to;
    return projected;
  };
}

/** Are the names all of the length of what is there? */
function isOneOf(names: Uint8Array[] | undefined, bytes: Uint8Array, from: number): boolean {
  for (const name of names ?? []) {
    let i = 0;
    while (i < name.length && bytes[from + i] === name[i]) i += 1;
    if (i === name.length) return true;
  }
  return false;
}

/** Of the types of one length. Source: bsonspec.org; what is not here has none. */
const fixedBytes: Record<number, number> = { 1: 8, 7: 12, 8: 1, 9: 8, 16: 4, 17: 8, 18: 8 };

function valueBytes(bytes: Uint8Array, type: number, at: number): number {
  // a regular expression: its pattern and its options, each with a byte that ends it
  if (type === 11) return bytes.indexOf(0, bytes.indexOf(0, at) + 1) + 1 - at;
  if (type < 2 || type > 5) return fixedBytes[type] ?? 0;
  const [a, b, c, d] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]] as [number, number, number, number];
  const stated = a | (b << 8) | (c << 16) | (d << 24);
  // a text and binary data count what is in them, a document and an array all of themselves
  return type === 2 ? stated + 4 : type === 5 ? stated + 5 : stated;
}

function isIncluding(path: string, value: Value): boolean {
  if (typeof value === 'boolean') return value;
  if (isNumeric(value)) return toDouble(value) !== 0;
  const name = isDocument(value) ? Object.keys(value)[0] : typeOf(value);
  throw new CommandError(
    'InvalidPipelineOperator',
    `Unrecognized expression '${name}' of ${path}: this server projects by 1 and 0`,
  );
}

function addPath(paths: Paths, path: string): void {
  const parts = path.split('.');
  if (parts.some((part) => part === '' || part.startsWith('$'))) {
    throw new CommandError(16410, `FieldPath field names may not start with '$' or be empty: ${path}`);
  }
  let at = paths;
  for (const part of parts.slice(0, -1)) {
    const inner: Paths | undefined = at.has(part) ? at.get(part) : new Map();
    if (inner === undefined) throw new CommandError(31249, `Path collision at ${path}`);
    at.set(part, inner);
    at = inner;
  }
  const last = parts.at(-1) as string;
  if (at.has(last)) throw new CommandError(31250, `Path collision at ${path}`);
  at.set(last, undefined);
}

function project(document: Document, paths: Paths, inclusive: boolean): Document {
  const result: Document = {};
  for (const [field, value] of Object.entries(document)) {
    const inner = paths.get(field);
    const kept = inner ? projectNested(value, inner, inclusive) : paths.has(field) === inclusive ? value : undefined;
    if (kept !== undefined) result[field] = kept;
  }
  return result;
}

function projectNested(value: Value, paths: Paths, inclusive: boolean): Value {
  if (isDocument(value)) return project(value, paths, inclusive);
  if (!Array.isArray(value)) return inclusive ? undefined : value;
  return value.map((element) => projectNested(element, paths, inclusive)).filter((element) => element !== undefined);
}
