import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open as openFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, open, type RangeOptions, type RootDatabase } from 'lmdb';

/** How a key or a value is written. Keys are ordered by the bytes that they are written as, and are not empty. */
export interface Codec<T> {
  encode(value: T): Buffer;
  decode(bytes: Buffer): T;
}

export const binary: Codec<Buffer> = { encode: (value) => value, decode: (bytes) => bytes };
/** UTF-8: in the order of the code points. */
export const text: Codec<string> = {
  encode: (value) => Buffer.from(value, 'utf8'),
  decode: (bytes) => bytes.toString('utf8'),
};
export const json = <T>(): Codec<T> => ({
  encode: (value) => Buffer.from(JSON.stringify(value)),
  decode: (bytes) => JSON.parse(text.decode(bytes)) as T,
});

/** LMDB keys of 8 KiB pages hold at most 4026 bytes. */
export const maxKeyBytes = 4026;

/** From `lower` on, before `upper`; without one there is no end on that side. */
export interface KeyRange<K> {
  lower?: K;
  upper?: K;
}

/** A sorted map. Puts and removes are for within `write` only. */
export interface Table<K, V> {
  get(key: K): V | undefined;
  /** The same, but that what the codec does not copy is overwritten by the next reading of anything. */
  peek(key: K): V | undefined;
  has(key: K): boolean;
  /** Keys in order; may be read on after later writes, and then sees them. */
  keys(range?: KeyRange<K>, reverse?: boolean): Generator<K>;
  /** The same with their values, as these were when the key's piece of the scan was read. */
  entries(range?: KeyRange<K>): Generator<[K, V]>;
  count(range?: KeyRange<K>): number;
  put(key: K, value: V): void;
  /** `leavesTrace`: it is no secret as yet, and may stay in the file until something else is removed. */
  remove(key: K, options?: { leavesTrace?: boolean }): void;
}

/** Sorted maps on disk that change together. Reads see what was committed, and, within a write, what it did so far. */
export interface Durable {
  /** The table of this name, made when missing. */
  table<K, V>(name: string, key: Codec<K>, value: Codec<V>): Table<K, V>;
  /**
   * Commits all puts and removes of `run` together, or none when it throws. What is committed is with the operating system, so
   * that it outlives a kill -9 of this process (not a power cut: no fsync).
   */
  write<T>(run: () => T): T;
  /** Leaves nothing of what was removed in a file. */
  close(): Promise<void>;
}

const dataFile = 'data.mdb';
/** Its presence tells that the data file may still hold bytes of values that were removed. */
const erasedFile = 'erased';

type Bytes = Database<Buffer, Buffer>;
type Root = RootDatabase<Buffer, Buffer>;

/** Opens the tables in `dataDir`, made when missing; without one in a temporary folder that does not outlive the process. */
export async function openDurable(dataDir?: string): Promise<Durable> {
  if (dataDir === undefined) return openTemporary();
  mkdirSync(dataDir, { recursive: true });
  const file = join(dataDir, dataFile);
  // what a kill left of a compaction
  for (const rest of [`${file}.compact`, `${file}.compact-lock`]) await rm(rest, { force: true });
  if (existsSync(join(dataDir, erasedFile))) await compact(openFileOf(file), dataDir);
  return new LmdbTables(openFileOf(file), dataDir);
}

function openTemporary(): Durable {
  const folder = mkdtempSync(join(tmpdir(), 'emulator-'));
  const root = openFileOf(join(folder, dataFile));
  // the open file lives on without its name, and goes with the process however that ends; not so on Windows
  if (process.platform === 'win32') process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  else rmSync(folder, { recursive: true });
  return new LmdbTables(root, undefined);
}

function openFileOf(path: string): Root {
  const options = { pageSize: 8192, noSync: true, compression: false, noSubdir: true, maxDbs: 32 } as const;
  return open<Buffer, Buffer>({ path, keyEncoding: 'binary', encoding: 'binary', ...options });
}

const openTable = (root: Root, name: string): Bytes =>
  root.openDB<Buffer, Buffer>(name, { keyEncoding: 'binary', encoding: 'binary' });

/** Entries that one transaction of a compaction copies. */
const copyBatch = 20_000;

/**
 * Closes the database and puts a new one with the same entries in its place, so that nothing that was removed is in a
 * file afterwards. LMDB's own compacting copy is not enough: it keeps the inner pages of the tree as they are, and
 * removed keys stay in those.
 */
async function compact(old: Root, folder: string): Promise<void> {
  const file = join(folder, dataFile);
  const fresh = openFileOf(`${file}.compact`);
  for (const key of [...old.getKeys()]) {
    const name = text.decode(key);
    copy(openTable(old, name), openTable(fresh, name), fresh);
  }
  await old.close();
  await fresh.close();
  const copied = await openFile(`${file}.compact`, 'r');
  await copied.sync();
  await copied.close();
  await rename(`${file}.compact`, file);
  await rm(`${file}.compact-lock`, { force: true });
  await rm(`${file}-lock`, { force: true });
  await rm(join(folder, erasedFile), { force: true });
}

function copy(from: Bytes, to: Bytes, root: Root): void {
  const entries = from.getRange()[Symbol.iterator]();
  for (let more = true; more; ) {
    root.transactionSync(() => {
      for (let i = 0; i < copyBatch && more; i++) {
        const { value, done } = entries.next();
        more = done !== true;
        if (more) to.putSync(value.key, value.value, { append: true });
      }
    });
  }
}

/** Whether the file holds what was removed, told to the next start too: a kill may come before the close. */
class Erasure {
  isDue = false;
  #folder: string | undefined;

  constructor(folder: string | undefined) {
    this.#folder = folder;
  }

  demand(): void {
    if (this.isDue) return;
    this.isDue = true;
    if (this.#folder !== undefined) writeFileSync(join(this.#folder, erasedFile), '');
  }
}

class LmdbTables implements Durable {
  #root: Root;
  /** None: temporary. */
  #folder: string | undefined;
  #erasure: Erasure;

  constructor(root: Root, folder: string | undefined) {
    this.#root = root;
    this.#folder = folder;
    this.#erasure = new Erasure(folder);
  }

  table<K, V>(name: string, key: Codec<K>, value: Codec<V>): Table<K, V> {
    return new LmdbTable(openTable(this.#root, name), { key, value }, this.#erasure);
  }

  write<T>(run: () => T): T {
    return this.#root.transactionSync(run);
  }

  async close(): Promise<void> {
    if (this.#erasure.isDue && this.#folder !== undefined) await compact(this.#root, this.#folder);
    else await this.#root.close();
  }
}

interface Reading<T> {
  reverse: boolean;
  read: (options: RangeOptions) => T[];
  keyOf: (item: T) => Buffer;
}

class LmdbTable<K, V> implements Table<K, V> {
  #bytes: Bytes;
  #key: Codec<K>;
  #value: Codec<V>;
  #erasure: Erasure;

  constructor(bytes: Bytes, { key, value }: { key: Codec<K>; value: Codec<V> }, erasure: Erasure) {
    this.#bytes = bytes;
    this.#key = key;
    this.#value = value;
    this.#erasure = erasure;
  }

  get(key: K): V | undefined {
    const bytes = this.#bytes.get(this.#key.encode(key));
    return bytes && this.#value.decode(bytes);
  }

  peek(key: K): V | undefined {
    const bytes = this.#bytes.getBinaryFast(this.#key.encode(key));
    return bytes && this.#value.decode(bytes);
  }

  has(key: K): boolean {
    return this.#bytes.doesExist(this.#key.encode(key));
  }

  *keys(range: KeyRange<K> = {}, reverse = false): Generator<K> {
    const read = (options: RangeOptions) => [...this.#bytes.getKeys(options)];
    for (const key of this.#pieces(range, { reverse, read, keyOf: (key) => key })) yield this.#key.decode(key);
  }

  *entries(range: KeyRange<K> = {}): Generator<[K, V]> {
    const read = (options: RangeOptions) => [...this.#bytes.getRange(options)];
    for (const { key, value } of this.#pieces(range, { reverse: false, read, keyOf: (entry) => entry.key })) {
      yield [this.#key.decode(key), this.#value.decode(value)];
    }
  }

  count(range: KeyRange<K> = {}): number {
    const { lower, upper } = this.#encoded(range);
    return this.#bytes.getKeysCount({ ...(lower && { start: lower }), ...(upper && { end: upper }) });
  }

  put(key: K, value: V): void {
    const encoded = this.#key.encode(key);
    // an overwritten value leaves its bytes behind just as a removed one does
    if (!this.#erasure.isDue && this.#bytes.doesExist(encoded)) this.#erasure.demand();
    this.#bytes.putSync(encoded, this.#value.encode(value));
  }

  remove(key: K, { leavesTrace = false } = {}): void {
    if (!leavesTrace) this.#erasure.demand();
    this.#bytes.removeSync(this.#key.encode(key));
  }

  #encoded({ lower, upper }: KeyRange<K>): KeyRange<Buffer> {
    return {
      ...(lower !== undefined && { lower: this.#key.encode(lower) }),
      ...(upper !== undefined && { upper: this.#key.encode(upper) }),
    };
  }

  /** In growing pieces: no cursor stays open between two turns of the event loop. */
  *#pieces<T>(range: KeyRange<K>, { reverse, read, keyOf }: Reading<T>): Generator<T> {
    const { lower, upper } = this.#encoded(range);
    let start = reverse ? upper : lower;
    let exclusiveStart = reverse;
    const end = reverse ? lower && { end: lower, inclusiveEnd: true } : upper && { end: upper };
    for (let limit = 16; ; limit = Math.min(limit * 2, 512)) {
      const piece = read({ ...(start && { start, exclusiveStart }), ...end, reverse, limit });
      yield* piece;
      const last = piece.at(-1);
      if (piece.length < limit || last === undefined) return;
      start = keyOf(last);
      exclusiveStart = true;
    }
  }
}
