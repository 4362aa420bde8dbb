import { createHash } from 'node:crypto';

const FIRST_ROOM = 1024;

/** A set of texts in eight bytes each, however long they are. */
export interface DigestSet {
  add(text: string): void;
  /** Of a million texts one that was never added is taken for one that was with a chance of 1 in 10^13. Costs a sort after an `add`. */
  has(text: string): boolean;
  /** How many were added. */
  readonly size: number;
}

export function digestSet(): DigestSet {
  let digests = new BigUint64Array(FIRST_ROOM);
  let [size, sorted] = [0, 0];
  return {
    add(text) {
      if (size === digests.length) {
        const larger = new BigUint64Array(2 * size);
        larger.set(digests);
        digests = larger;
      }
      digests[size] = digestOf(text);
      size += 1;
    },
    has(text) {
      if (sorted < size) {
        digests.subarray(0, size).sort();
        sorted = size;
      }
      const wanted = digestOf(text);
      let [from, to] = [0, size];
      while (from < to) {
        const middle = (from + to) >> 1;
        if ((digests[middle] as bigint) < wanted) from = middle + 1;
        else to = middle;
      }
      return from < size && digests[from] === wanted;
    },
    get size() {
      return size;
    },
  };
}

function digestOf(text: string): bigint {
  return createHash('sha256').update(text).digest().readBigUInt64LE(0);
}
