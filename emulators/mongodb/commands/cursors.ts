import { randomBytes } from 'node:crypto';
import { CommandError } from '../errors.ts';
import { maxDocumentBytes } from '../storage/collection.ts';
import { CursorBatch } from '../wire.ts';

/** Documents of a first batch unless the client says otherwise, as in MongoDB. */
const defaultFirstBatch = 101;
/** An idle cursor is closed after this time, as in MongoDB. */
const idleMs = 10 * 60_000;

interface Cursor {
  namespace: string;
  documents: Iterator<Uint8Array>;
  /** Read ahead to know whether there is more. */
  next: Uint8Array | undefined;
  usedAtMs: number;
}

/** The open cursors of the server. They read on from the collection as it is then; none holds a snapshot. */
export class Cursors {
  #open = new Map<bigint, Cursor>();

  /** Answers the first documents and keeps a cursor for the rest, unless that is all that is wanted. */
  start(namespace: string, documents: Iterable<Uint8Array>, batchSize?: number, single = false): CursorBatch {
    const cursor: Cursor = {
      namespace,
      documents: documents[Symbol.iterator](),
      next: undefined,
      usedAtMs: Date.now(),
    };
    const size = batchSize ?? defaultFirstBatch;
    if (size === 0 && !single) return new CursorBatch('firstBatch', [], this.#keep(cursor), namespace);
    cursor.next = advance(cursor);
    const batch = take(cursor, size);
    const more = cursor.next !== undefined && !single;
    if (!more) close(cursor);
    return new CursorBatch('firstBatch', batch, more ? this.#keep(cursor) : 0n, namespace);
  }

  more(id: bigint, namespace: string, batchSize?: number): CursorBatch {
    const cursor = this.#open.get(id);
    if (!cursor) throw new CommandError('CursorNotFound', `cursor id ${id} not found`);
    if (cursor.namespace !== namespace) {
      throw new CommandError(
        13,
        `Requested getMore on namespace '${namespace}', but cursor belongs to a different namespace ${cursor.namespace}`,
      );
    }
    cursor.usedAtMs = Date.now();
    cursor.next ??= advance(cursor);
    const batch = take(cursor, batchSize === undefined || batchSize === 0 ? Number.POSITIVE_INFINITY : batchSize);
    if (cursor.next === undefined) this.#open.delete(id);
    return new CursorBatch('nextBatch', batch, cursor.next === undefined ? 0n : id, namespace);
  }

  /** Closes it; false when there is none. */
  kill(id: bigint): boolean {
    const cursor = this.#open.get(id);
    if (cursor) close(cursor);
    return this.#open.delete(id);
  }

  closeIdle(nowMs: number): void {
    for (const [id, cursor] of this.#open) if (nowMs - cursor.usedAtMs > idleMs) this.kill(id);
  }

  #keep(cursor: Cursor): bigint {
    const id = randomBytes(8).readBigUInt64BE() >> 1n;
    if (id === 0n || this.#open.has(id)) return this.#keep(cursor);
    this.#open.set(id, cursor);
    return id;
  }
}

function advance({ documents }: Cursor): Uint8Array | undefined {
  const { value, done } = documents.next();
  return done ? undefined : value;
}

function close({ documents }: Cursor): void {
  documents.return?.();
}

/** Up to `count` documents, and no more than 16 MiB (but one at least). */
function take(cursor: Cursor, count: number): Uint8Array[] {
  const batch: Uint8Array[] = [];
  let bytes = 0;
  while (cursor.next !== undefined && batch.length < count) {
    bytes += cursor.next.length;
    if (batch.length > 0 && bytes > maxDocumentBytes) break;
    batch.push(cursor.next);
    cursor.next = advance(cursor);
  }
  return batch;
}
