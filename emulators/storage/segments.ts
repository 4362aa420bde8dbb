import { type FileHandle, mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ByteStore } from './bytes.ts';
import type { Part } from './model.ts';

/** A segment takes no more bytes beyond this. */
const SEGMENT_BYTES = 64 * 1024 * 1024;

interface Segment {
  id: number;
  file: string;
  handle: FileHandle;
  size: number;
  liveBytes: number;
}

interface Batch {
  writes: { part: Part; bytes: Buffer }[];
  written: Promise<void>;
}

/**
 * Opens the bytes in `folder`, made when missing: files that only grow, each with the bytes of many objects one after the
 * other, so that a small object costs a share of one write. Which bytes are whose is for the journal to say: what a kill cut
 * short is in no record, and so garbage.
 */
export async function openSegments(folder: string): Promise<ByteStore> {
  await mkdir(folder, { recursive: true });
  const segments: Segment[] = [];
  for (const name of await readdir(folder)) {
    const id = Number(/^(\d+)\.bin$/.exec(name)?.[1]);
    if (Number.isInteger(id)) segments.push(await openSegment(folder, id));
  }
  return new Segments(folder, segments);
}

async function openSegment(folder: string, id: number): Promise<Segment> {
  const file = join(folder, `${id}.bin`);
  const handle = await open(file, 'a+');
  const { size } = await handle.stat();
  return { id, file, handle, size, liveBytes: 0 };
}

class Segments implements ByteStore {
  liveBytes = 0;
  #folder: string;
  #segments: Map<number, Segment>;
  #active: Segment | undefined;
  #lastId: number;
  #size: number;
  #turn: Promise<unknown> = Promise.resolve();
  #batch: Batch | undefined;

  constructor(folder: string, segments: Segment[]) {
    this.#folder = folder;
    this.#segments = new Map(segments.map((segment) => [segment.id, segment]));
    this.#lastId = Math.max(0, ...this.#segments.keys());
    const last = this.#segments.get(this.#lastId);
    if (last !== undefined && last.size < SEGMENT_BYTES) this.#active = last;
    this.#size = segments.reduce((sum, { size }) => sum + size, 0);
  }

  get garbageBytes(): number {
    return this.#size - this.liveBytes;
  }

  /** Writes that come while one is under way share the next. */
  write(part: Part, bytes: Buffer): Promise<void> {
    this.#batch ??= this.#openBatch();
    this.#batch.writes.push({ part, bytes });
    return this.#batch.written;
  }

  async read(part: Part, from: number, length: number): Promise<Buffer> {
    const segment = this.#segments.get(part.segment);
    if (segment === undefined) throw new Error('these bytes were deleted');
    const buffer = Buffer.allocUnsafe(length);
    for (let at = 0; at < length; ) {
      const { bytesRead } = await segment.handle.read(buffer, at, length - at, part.offset + from + at);
      if (bytesRead === 0) throw new Error(`${segment.file} is shorter than its journal says`);
      at += bytesRead;
    }
    return buffer;
  }

  release(parts: readonly Part[]): void {
    for (const part of parts) this.#count(part, -part.length);
  }

  adopt(parts: readonly Part[]): void {
    for (const part of parts) this.#count(part, part.length);
  }

  async retire(): Promise<Set<number>> {
    this.#active = undefined;
    await this.#turn;
    const retired = new Set<number>();
    for (const segment of this.#segments.values()) {
      if (segment !== this.#active && segment.liveBytes < segment.size) retired.add(segment.id);
    }
    return retired;
  }

  async drop(segments: Set<number>): Promise<void> {
    for (const id of segments) {
      const segment = this.#segments.get(id);
      if (segment === undefined) continue;
      this.#segments.delete(id);
      this.#size -= segment.size;
      this.liveBytes -= segment.liveBytes;
      await rm(segment.file);
      // waits for the reads that are under way
      await segment.handle.close();
    }
  }

  async close(): Promise<void> {
    await this.#turn;
    for (const { handle } of this.#segments.values()) await handle.close();
  }

  #count({ segment }: Part, bytes: number): void {
    const holder = this.#segments.get(segment);
    if (holder === undefined) return;
    holder.liveBytes += bytes;
    this.liveBytes += bytes;
  }

  #openBatch(): Batch {
    const writes: Batch['writes'] = [];
    const written = this.#turn.then(() => {
      this.#batch = undefined;
      return this.#append(writes);
    });
    this.#turn = written.catch(() => {});
    return { writes, written };
  }

  async #append(writes: Batch['writes']): Promise<void> {
    if (this.#active === undefined || this.#active.size >= SEGMENT_BYTES) this.#active = await this.#create();
    const segment = this.#active;
    const bytes = Buffer.concat(writes.map((write) => write.bytes));
    let offset = segment.size;
    segment.size += bytes.length;
    this.#size += bytes.length;
    try {
      await segment.handle.appendFile(bytes);
    } catch (error) {
      // how far the file grew is not known, so nothing may follow
      if (this.#active === segment) this.#active = undefined;
      throw error;
    }
    for (const { part } of writes) {
      part.segment = segment.id;
      part.offset = offset;
      offset += part.length;
      this.#count(part, part.length);
    }
  }

  async #create(): Promise<Segment> {
    this.#lastId += 1;
    const segment = await openSegment(this.#folder, this.#lastId);
    this.#segments.set(segment.id, segment);
    return segment;
  }
}
