import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open as openFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';

export interface Entry {
  key: Buffer;
  value: Buffer;
}

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
  /** Entries in key order; may be read on after later writes, and then sees them. */
  scan(range: KeyRange, reverse?: boolean): Generator<Entry>;
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

/** Opens the store in `dataDir`, made when missing; without one in a temporary folder that `close` removes. */
export async function openStore(dataDir?: string): Promise<Store> {
  const folder = dataDir ?? mkdtempSync(join(tmpdir(), 'mongodb-emulator-'));
  mkdirSync(folder, { recursive: true });
  await rm(join(folder, `${dataFile}.compact`), { force: true });
  if (existsSync(join(folder, erasedFile))) {
    const old = openDatabase(folder);
    await compact(old, folder);
  }
  return new LmdbStore(openDatabase(folder), folder, dataDir === undefined);
}

function openDatabase(folder: string): RootDatabase<Buffer, Buffer> {
  return open<Buffer, Buffer>({
    path: join(folder, dataFile),
    keyEncoding: 'binary',
    encoding: 'binary',
    pageSize: 8192,
    noSync: true,
    compression: false,
  });
}

/**
 * Closes the database and puts a copy of its live pages in its place. Free pages, and what is left of old values within
 * pages, stay behind: nothing that was removed is in a file afterwards.
 */
async function compact(database: RootDatabase<Buffer, Buffer>, folder: string): Promise<void> {
  const file = join(folder, dataFile);
  await database.backup(`${file}.compact`, true);
  await database.close();
  const copy = await openFile(`${file}.compact`, 'r');
  await copy.sync();
  await copy.close();
  await rename(`${file}.compact`, file);
  await rm(`${file}-lock`, { force: true });
  await rm(join(folder, erasedFile), { force: true });
}

class LmdbStore implements Store {
  #database: RootDatabase<Buffer, Buffer>;
  #folder: string;
  #temporary: boolean;
  #erased = false;

  constructor(database: RootDatabase<Buffer, Buffer>, folder: string, temporary: boolean) {
    this.#database = database;
    this.#folder = folder;
    this.#temporary = temporary;
  }

  get(key: Buffer): Buffer | undefined {
    return this.#database.get(key);
  }

  *scan({ lower, upper }: KeyRange, reverse = false): Generator<Entry> {
    let start = reverse ? upper : lower;
    let exclusiveStart = reverse;
    const end = reverse ? { end: lower, inclusiveEnd: true } : { end: upper };
    // read in growing pieces: no cursor stays open between two turns of the event loop
    for (let limit = 16; ; limit = Math.min(limit * 2, 512)) {
      const entries = [...this.#database.getRange({ start, exclusiveStart, ...end, reverse, limit })];
      yield* entries;
      const last = entries.at(-1);
      if (entries.length < limit || last === undefined) return;
      start = last.key;
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
    void this.#database.put(key, value as Buffer);
  }

  remove(key: Buffer): void {
    this.#markErased();
    void this.#database.remove(key);
  }

  #markErased(): void {
    if (this.#erased) return;
    this.#erased = true;
    if (!this.#temporary) writeFileSync(join(this.#folder, erasedFile), '');
  }

  async close(): Promise<void> {
    if (this.#temporary) {
      await this.#database.close();
      rmSync(this.#folder, { recursive: true, force: true });
    } else if (this.#erased) await compact(this.#database, this.#folder);
    else await this.#database.close();
  }
}
