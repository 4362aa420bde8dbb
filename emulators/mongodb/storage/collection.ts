import { CommandError } from '../errors.ts';
import { fieldPath } from '../values/path.ts';
import { showDocument } from '../values/show.ts';
import { type Document, decode, encode, fieldOf, isDocument, type Value } from '../values/values.ts';
import {
  countEntries,
  type Entry,
  entryOf,
  headBytes,
  type IndexRange,
  pointRange,
  recordIdBytes,
  recordIdOf,
  scanEntries,
  spanRange,
  twinsOf,
} from './index-entries.ts';
import { indexKeysOf, type KeysOf } from './index-keys.ts';
import type { IndexSpec } from './index-spec.ts';
import type { Data, KeyRange } from './store.ts';

/** The largest document of MongoDB, 16 MiB. */
export const maxDocumentBytes = 16 * 1024 * 1024;

/** An index with its place in the store. */
export interface Index extends IndexSpec {
  id: number;
  multikey: boolean;
}

/** A stored document. `id` is its record's number: the order of insertion. */
export interface StoredRecord {
  id: number;
  bytes: Buffer;
}

/**
 * One collection: its documents by record number (index 0 of the store's keys), and its indexes. Writes happen within
 * `store.write`; each checks everything before its first put, so that an error leaves nothing half done.
 */
export class Collection {
  readonly id: number;
  readonly database: string;
  readonly name: string;
  readonly indexes: Index[];
  #data: Data;
  #nextRecord: number;
  #count: number | undefined;
  #saveIndexes: () => void;

  constructor(data: Data, id: number, database: string, name: string, indexes: Index[], saveIndexes: () => void) {
    this.id = id;
    this.database = database;
    this.name = name;
    this.indexes = indexes;
    this.#data = data;
    this.#saveIndexes = saveIndexes;
    const [last] = data.keys(this.rangeOf(0), true);
    this.#nextRecord = last === undefined ? 1 : recordIdOf(last) + 1;
  }

  get namespace(): string {
    return `${this.database}.${this.name}`;
  }

  get count(): number {
    this.#count ??= this.#data.count(this.rangeOf(0));
    return this.#count;
  }

  /** All keys of an index, or, for 0, all documents. */
  rangeOf(indexId: number): KeyRange {
    return { lower: this.#head(indexId), upper: this.#head(indexId + 1) };
  }

  /** The entries of an index from the index key `lower` on, before `upper`. */
  spanOf(index: Index, lower: Buffer, upper: Buffer): IndexRange {
    return spanRange(this.#head(index.id), lower, upper);
  }

  /** The entries of an index under one whole key. */
  pointOf(index: Index, key: Buffer): IndexRange {
    return pointRange(this.#head(index.id), key);
  }

  /** All documents in the order of insertion. */
  *records(): Generator<StoredRecord> {
    for (const key of this.scan(this.rangeOf(0))) {
      const bytes = this.#data.get(key);
      if (bytes) yield { id: recordIdOf(key), bytes };
    }
  }

  scan(range: IndexRange, reverse = false): Generator<Buffer> {
    return scanEntries(this.#data, range, reverse);
  }

  countKeys(range: IndexRange): number {
    return countEntries(this.#data, range);
  }

  /** `fleeting`: the bytes last until the next read. */
  read(recordId: number, fleeting = false): Buffer | undefined {
    return this.#data[fleeting ? 'peek' : 'get'](this.#recordKey(recordId));
  }

  insert(document: Document): void {
    const bytes = this.#encode(document);
    const recordId = this.#nextRecord;
    const keysOf = indexKeysOf(document);
    const added = this.indexes.map((index) => this.#entries(index, document, keysOf, recordId));
    for (const [i, index] of this.indexes.entries()) this.#checkUnique(index, document, added[i] ?? []);
    this.#nextRecord += 1;
    for (const { key, value } of added.flat()) this.#data.put(key, value);
    this.#data.put(this.#recordKey(recordId), bytes);
    if (this.#count !== undefined) this.#count += 1;
  }

  /** Puts `after` in the place of `before`; false when they are the same, to the byte. */
  replace({ id, bytes: oldBytes }: StoredRecord, before: Document, after: Document): boolean {
    const bytes = this.#encode(after);
    if (Buffer.compare(bytes, oldBytes) === 0) return false;
    const removed: Entry[] = [];
    const added: Entry[] = [];
    const [keysBefore, keysAfter] = [indexKeysOf(before), indexKeysOf(after)];
    for (const index of this.indexes) {
      if (hasSameKey(index, before, after)) continue;
      const old = this.#entries(index, before, keysBefore, id);
      const fresh = this.#entries(index, after, keysAfter, id).filter((entry) => !takeOut(old, entry));
      this.#checkUnique(index, after, fresh);
      removed.push(...old);
      added.push(...fresh);
    }
    for (const { key } of removed) this.#data.remove(key);
    for (const { key, value } of added) this.#data.put(key, value);
    this.#data.put(this.#recordKey(id), bytes);
    return true;
  }

  remove(recordId: number, document: Document): void {
    const keysOf = indexKeysOf(document);
    for (const index of this.indexes) {
      for (const { key } of this.#entries(index, document, keysOf, recordId)) this.#data.remove(key);
    }
    this.#data.remove(this.#recordKey(recordId));
    if (this.#count !== undefined) this.#count -= 1;
  }

  /** Builds the index over what is there; a duplicate refuses it with code 11000 and leaves nothing. */
  addIndex(spec: IndexSpec): void {
    const id = 1 + Math.max(0, ...this.indexes.map((index) => index.id));
    const index: Index = { ...spec, id, multikey: false };
    const built = new Set<string>();
    const entries: Entry[] = [];
    for (const record of this.records()) {
      const document = decode(record.bytes);
      for (const entry of this.#entries(index, document, indexKeysOf(document), record.id)) {
        const key = twinsOf(entry).lower.toString('latin1');
        if (index.unique && built.has(key)) throw this.#duplicate(index, document);
        if (index.unique) built.add(key);
        entries.push(entry);
      }
    }
    for (const { key, value } of entries) this.#data.put(key, value);
    this.indexes.push(index);
    this.#saveIndexes();
  }

  dropIndex(index: Index): void {
    for (const key of this.#data.keys(this.rangeOf(index.id))) this.#data.remove(key);
    this.indexes.splice(this.indexes.indexOf(index), 1);
    this.#saveIndexes();
  }

  /** Removes all documents and index entries. */
  clear(): void {
    const range = { lower: this.#head(0), upper: this.#head(0xffff) };
    for (const key of this.#data.keys(range)) this.#data.remove(key);
    this.#count = 0;
  }

  #encode(document: Document): Buffer {
    const bytes = encode(document);
    if (bytes.length <= maxDocumentBytes) return bytes;
    throw new CommandError(
      'BSONObjectTooLarge',
      `object to insert too large. size in bytes: ${bytes.length}, max size: ${maxDocumentBytes}`,
    );
  }

  /** The document's entries in one index; notes when the index becomes multikey. */
  #entries(index: Index, document: Document, keysOf: KeysOf, recordId: number): Entry[] {
    if (index.partial && !index.partial(document)) return [];
    const { keys, multikey } = keysOf(index.fields);
    if (multikey && !index.multikey) {
      index.multikey = true;
      if (this.indexes.includes(index)) this.#saveIndexes();
    }
    const head = this.#head(index.id);
    return keys.map((key) => entryOf(head, key, recordId));
  }

  #checkUnique(index: Index, document: Document, entries: Entry[]): void {
    if (!index.unique) return;
    for (const entry of entries) {
      if (this.#data.count(twinsOf(entry)) > 0) throw this.#duplicate(index, document);
    }
  }

  #duplicate(index: Index, document: Document): CommandError {
    const keyValue: Document = {};
    for (const { field } of index.fields) keyValue[field] = fieldPath(document, field.split('.')) ?? null;
    const message = `E11000 duplicate key error collection: ${this.namespace} index: ${index.name} dup key: ${showDocument(keyValue)}`;
    return new CommandError('DuplicateKey', message, { keyPattern: index.document.key as Document, keyValue });
  }

  #head(indexId: number, moreBytes = 0): Buffer {
    const head = Buffer.allocUnsafe(headBytes + moreBytes);
    head.writeUInt32BE(this.id);
    head.writeUInt16BE(indexId, 4);
    return head;
  }

  #recordKey(recordId: number): Buffer {
    const key = this.#head(0, recordIdBytes);
    key.writeUIntBE(recordId, headBytes, recordIdBytes);
    return key;
  }
}

/** Whether an index cannot tell two documents apart, as far as that is seen without its keys. */
function hasSameKey({ fields, partial }: Index, before: Document, after: Document): boolean {
  const isSame = (one: Value, other: Value) =>
    one === other || (one instanceof Date && other instanceof Date && one.getTime() === other.getTime());
  const isPlain = fields.every(({ field }) => !field.includes('.'));
  return !partial && isPlain && fields.every(({ field }) => isSame(fieldOf(before, field), fieldOf(after, field)));
}

function takeOut(entries: Entry[], { key }: Entry): boolean {
  const at = entries.findIndex((each) => each.key.equals(key));
  if (at !== -1) entries.splice(at, 1);
  return at !== -1;
}

/** The document with `_id` first, as MongoDB stores it; without one it gets what `makeId` gives. */
export function withIdFirst(document: Document, makeId: () => Document[string]): Document {
  const { _id: id, ...others } = document;
  return { _id: id === undefined ? makeId() : id, ...others };
}

/** Refuses what cannot be an `_id`. */
export function checkId(id: Document[string]): void {
  if (Array.isArray(id)) throw new CommandError('InvalidIdField', "The '_id' value cannot be of type array");
  if (isDocument(id) && Object.keys(id).some((key) => key.startsWith('$'))) {
    throw new CommandError('DollarPrefixedFieldName', `_id fields may not contain '$'-prefixed fields`);
  }
}
