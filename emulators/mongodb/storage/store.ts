import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open as openFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';

/** A range of keys: from `lower` on, before `upper`. */
export interface KeyRange {
  lower: Buffer;
  upper: Buffer;
}

/** LMDB keys of 8 KiB pages hold at most 4026 bytes. */
export const maxKeyBytes = 4026;

/**
 * A sorted map of byte strings on disk. What a transaction wrote is with the operating system when `write` returns, so
 * that it outlives a kill -9 of this process (not a power cut: no fsync).
 */
export interface Store {
  get(key: Buffer): Buffer | undefined;
  /** Keys in order; may be read on after later writes, and then sees them. */
  scan(range: KeyRange, reverse?: boolean): Generator<Buffer>;
  count(range: KeyRange): number;
  /** All puts and removes within `run` are committed together, or none when it throws. */
  write<T>(run: () => T): T;
  /** Only within `write`. */
  put(key: Buffer, value: Uint8Array): void;
  /** Only within `write`. */
  remove(key: Buffer): void;
  close(): Promise<void>;
}

const dataFile = 'data.mdb';
/** Its presence tells that the data file may still hold bytes of values that were removed. */
const erasedFile = 'erased';

/** Opens the store in `dataDir`, made when missing; without one in a temporary folder that does not outlive the process. */
export async function openStore(dataDir?: string): Promise<Store> {
  if (dataDir === undefined) return openTemporary();
  mkdirSync(dataDir, { recursive: true });
  const file = join(dataDir, dataFile);
  // what a kill left of a compaction
  for (const rest of [`${file}.compact`, `${file}.compact-lock`]) await rm(rest, { force: true });
  if (existsSync(join(dataDir, erasedFile))) await compact(openDatabase(file), dataDir);
  return new LmdbStore(openDatabase(file), dataDir);
}

function openTemporary(): Store {
  const folder = mkdtempSync(join(tmpdir(), 'mongodb-emulator-'));
  const database = openDatabase(join(folder, dataFile));
  // the open file lives on without its name, and goes with the process however that ends; not so on Windows
  if (process.platform === 'win32') process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  else rmSync(folder, { recursive: true });
  return new LmdbStore(database, undefined);
}

function openDatabase(path: string): RootDatabase<Buffer, Buffer> {
  return open<Buffer, Buffer>({
    path,
    keyEncoding: 'binary',
    encoding: 'binary',
    pageSize: 8192,
    noSync: true,
    compression: false,
    noSubdir: true,
  });
}

/** Entries that one transaction of a compaction copies. */
const copyBatch = 20_000;

/**
 * Closes the database and puts a new one with the same entries in its place, so that nothing that was removed is in a
 * file afterwards. LMDB's own compacting copy is not enough: it keeps the inner pages of the tree as they are, and
 * removed keys stay in those.
 */
async function compact(old: RootDatabase<Buffer, Buffer>, folder: string): Promise<void> {
  const file = join(folder, dataFile);
  const fresh = openDatabase(`${file}.compact`);
  const entries = old.getRange()[Symbol.iterator]();
  for (let more = true; more; ) {
    fresh.transactionSync(() => {
      for (let i = 0; i < copyBatch && more; i++) {
        const { value, done } = entries.next();
        more = done !== true;
        if (more) fresh.putSync(value.key, value.value, { append: true });
      }
    });
  }
  await old.close();
  await fresh.close();
  const copy = await openFile(`${file}.compact`, 'r');
  await copy.sync();
  await copy.close();
  await rename(`${file}.compact`, file);
  await rm(`${file}.compact-lock`, { force: true });
  await rm(`${file}-lock`, { force: true });
  await rm(join(folder, erasedFile), { force: true });
}

class LmdbStore implements Store {
  #database: RootDatabase<Buffer, Buffer>;
  /** None: temporary. */
  #folder: string | undefined;
  #erased = false;

  constructor(database: RootDatabase<Buffer, Buffer>, folder: string | undefined) {
    this.#database = database;
    this.#folder = folder;
  }

  get(key: Buffer): Buffer | undefined {
    return this.#database.get(key);
  }

  *scan({ lower, upper }: KeyRange, reverse = false): Generator<Buffer> {
    let start = reverse ? upper : lower;
    let exclusiveStart = reverse;
    const end = reverse ? { end: lower, inclusiveEnd: true } : { end: upper };
    // read in growing pieces: no cursor stays open between two turns of the event loop
    for (let limit = 16; ; limit = Math.min(limit * 2, 512)) {
      const keys = [...this.#database.getKeys({ start, exclusiveStart, ...end, reverse, limit })];
      yield* keys;
      const last = keys.at(-1);
      if (keys.length < limit || last === undefined) return;
      start = last;
      exclusiveStart = true;
    }
  }

  count({ lower, upper }: KeyRange): number {
    return this.#database.getKeysCount({ start: lower, end: upper });
  }

  write<T>(run: () => T): T {
    return this.#database.transactionSync(run);
  }

  put(key: Buffer, value: Uint8Array): void {
    // an overwritten value leaves its bytes behind just as a removed one does
    if (!this.#erased && this.#database.doesExist(key)) this.#markErased();
    this.#database.putSync(key, value as Buffer);
  }

  remove(key: Buffer): void {
    this.#markErased();
    this.#database.removeSync(key);
  }

  #markErased(): void {
    if (this.#erased) return;
    this.#erased = true;
    if (this.#folder !== undefined) writeFileSync(join(this.#folder, erasedFile), '');
  }

  async close(): Promise<void> {
    if (this.#erased && this.#folder !== undefined) await compact(this.#database, this.#folder);
    else await this.#database.close();
  }
}
