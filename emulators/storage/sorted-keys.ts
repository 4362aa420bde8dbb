/** A chunk is split beyond this; an insert moves at most so many entries. */
const CHUNK_KEYS = 1024;

/**
 * A sorted set of strings, by code unit. Adding, deleting and seeking cost a binary search and a move within one chunk, so
 * that neither a listing nor an upload sorts or shifts a whole bucket.
 */
export class SortedKeys {
  #chunks: string[][] = [];

  /** Adds a key; one that is there stays. */
  add(key: string): void {
    const index = this.#chunkOf(key);
    const chunk = this.#chunks[index];
    if (chunk === undefined) {
      this.#chunks.push([key]);
      return;
    }
    const at = lowerBound(chunk, key);
    if (chunk[at] === key) return;
    chunk.splice(at, 0, key);
    if (chunk.length > CHUNK_KEYS) this.#chunks.splice(index + 1, 0, chunk.splice(CHUNK_KEYS / 2));
  }

  delete(key: string): void {
    const index = this.#chunkOf(key);
    const chunk = this.#chunks[index];
    if (chunk === undefined) return;
    const at = lowerBound(chunk, key);
    if (chunk[at] !== key) return;
    chunk.splice(at, 1);
    if (chunk.length === 0) this.#chunks.splice(index, 1);
  }

  /** The first key that is not below `from`. */
  first(from: string): string | undefined {
    const index = this.#chunkOf(from);
    const chunk = this.#chunks[index];
    return chunk?.[lowerBound(chunk, from)] ?? this.#chunks[index + 1]?.[0];
  }

  /** The last chunk that begins at or below `key`, else the first one. */
  #chunkOf(key: string): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#chunks[middle]?.[0] ?? '') <= key) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }
}

function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
