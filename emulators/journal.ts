import { mkdirSync } from 'node:fs';
import { type FileHandle, open, readFile, rename, rm, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';

/** An append-only log of JSON records, one a line, that gives a state back after a restart or a kill. */
export interface Journal<R> {
  /**
   * Resolves once the operating system has the record, so that it outlives a kill -9 of this process (not a power cut:
   * no fsync). Records are kept in the order of the calls; concurrent ones share a write.
   */
  append(record: R): Promise<void>;
  /** Replaces all records appended so far by these, in one step: what was dropped is in no file afterwards. */
  rewrite(records: Iterable<R>): Promise<void>;
  /** Records since the last rewrite or open: tells when a rewrite is worth it. */
  readonly length: number;
  close(): Promise<void>;
}

/**
 * Opens the journal in `file`, made when missing, and calls `replay` with each record, oldest first. A last line that a
 * kill cut short was never acknowledged and is dropped. Without `file` nothing is kept.
 */
export async function openJournal<R>(file: string | undefined, replay: (record: R) => void): Promise<Journal<R>> {
  if (file === undefined) return { append: async () => {}, rewrite: async () => {}, length: 0, close: async () => {} };
  mkdirSync(dirname(file), { recursive: true });
  await rm(`${file}.new`, { force: true });
  const count = await replayFile(file, replay);
  return new FileJournal<R>(file, await open(file, 'a'), count);
}

async function replayFile<R>(file: string, replay: (record: R) => void): Promise<number> {
  const bytes = await readFile(file).catch((error) => {
    if (error.code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  });
  let count = 0;
  let from = 0;
  for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, from)) {
    replay(JSON.parse(bytes.toString('utf8', from, end)) as R);
    count += 1;
    from = end + 1;
  }
  if (from < bytes.length) await truncate(file, from);
  return count;
}

class FileJournal<R> implements Journal<R> {
  length: number;
  #file: string;
  #handle: FileHandle;
  #last: Promise<void> = Promise.resolve();
  #batch: { lines: string[]; written: Promise<void> } | undefined;

  constructor(file: string, handle: FileHandle, length: number) {
    this.#file = file;
    this.#handle = handle;
    this.length = length;
  }

  append(record: R): Promise<void> {
    this.length += 1;
    this.#batch ??= this.#openBatch();
    this.#batch.lines.push(`${JSON.stringify(record)}\n`);
    return this.#batch.written;
  }

  rewrite(records: Iterable<R>): Promise<void> {
    const lines: string[] = [];
    for (const record of records) lines.push(`${JSON.stringify(record)}\n`);
    this.length = lines.length;
    // what is appended from here on must not reach the old file
    this.#batch = undefined;
    return this.#inTurn(async () => {
      const next = await open(`${this.#file}.new`, 'w');
      await next.writeFile(lines.join(''));
      await rename(`${this.#file}.new`, this.#file);
      await this.#handle.close();
      this.#handle = next;
    });
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#handle.close();
  }

  #openBatch() {
    const lines: string[] = [];
    const batch = {
      lines,
      written: this.#inTurn(async () => {
        if (this.#batch === batch) this.#batch = undefined;
        await this.#handle.appendFile(lines.join(''));
      }),
    };
    return batch;
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => {});
    return turn;
  }
}
