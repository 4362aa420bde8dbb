import type { Part } from './model.ts';

/** Holds the bytes of all objects. */
export interface ByteStore {
  /** Resolves once the operating system has the bytes, and `part` says where. */
  write(part: Part, bytes: Buffer): Promise<void>;
  /** `length` bytes of the part from its byte `from` on. Rejects when the part was released and its space reclaimed. */
  read(part: Part, from: number, length: number): Promise<Buffer>;
  /** The bytes are no longer needed. */
  release(parts: readonly Part[]): void;
  /** Tells once, after a restart, which bytes are needed. */
  adopt(parts: readonly Part[]): void;
  /** Bytes that are kept though nobody needs them. */
  readonly garbageBytes: number;
  readonly liveBytes: number;
  /** Segments that hold garbage, once nothing is written to these any more. */
  retire(): Promise<Set<number>>;
  /** Deletes segments. */
  drop(segments: Set<number>): Promise<void>;
  close(): Promise<void>;
}

/** Bytes in memory, gone with the process. */
export class MemoryBytes implements ByteStore {
  readonly garbageBytes = 0;
  liveBytes = 0;
  #next = 1;
  #segments = new Map<number, Buffer>();

  async write(part: Part, bytes: Buffer): Promise<void> {
    part.segment = this.#next++;
    // a copy: a slice of a shared network buffer would keep the whole of it
    this.#segments.set(part.segment, Buffer.from(bytes));
    this.liveBytes += bytes.length;
  }

  async read(part: Part, from: number, length: number): Promise<Buffer> {
    const bytes = this.#segments.get(part.segment);
    if (bytes === undefined) throw new Error('these bytes were deleted');
    return bytes.subarray(from, from + length);
  }

  release(parts: readonly Part[]): void {
    for (const { segment, length } of parts) if (this.#segments.delete(segment)) this.liveBytes -= length;
  }

  adopt(): void {}

  async retire(): Promise<Set<number>> {
    return new Set();
  }

  async drop(): Promise<void> {}

  async close(): Promise<void> {
    this.#segments.clear();
  }
}
