import { onDemand } from 'bson';
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

/**
 * The same for whole fields that are included, of a document's bytes: without decoding what is left out, which is most of a large
 * document. undefined for every other projection.
 */
export function compileBytesProjection(specification: Document): ((bytes: Uint8Array) => Uint8Array) | undefined {
  const { _id: id = 1, ...others } = specification;
  const names = Object.keys(others);
  if (names.length === 0 || names.some((name) => name.includes('.') || !isIncluding(name, others[name])))
    return undefined;
  const kept = new Set(isIncluding('_id', id) ? ['_id', ...names] : names);
  return (bytes) => {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const parts = [...onDemand.parseToElements(bytes)].flatMap(([, nameAt, nameLength, at, length]) =>
      kept.has(buffer.toString('utf8', nameAt, nameAt + nameLength)) ? [buffer.subarray(nameAt - 1, at + length)] : [],
    );
    // its length, which counts itself and the byte that ends it
    const head = Buffer.alloc(4);
    head.writeInt32LE(parts.reduce((sum, part) => sum + part.length, 5));
    return Buffer.concat([head, ...parts, Buffer.alloc(1)]);
  };
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
