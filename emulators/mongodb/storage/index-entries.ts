import { createHash } from 'node:crypto';
import type { Data, KeyRange } from './store.ts';

/** Collection (4 bytes) and index (2 bytes) that a key of the store begins with. */
export const headBytes = 6;
/** The record number that it ends with. */
export const recordIdBytes = 6;

/**
 * LMDB's keys hold 1978 bytes, MongoDB's index keys have no limit. A key that is longer than this is stored by its
 * beginning and its digest, so that it is found and kept unique without looking at others that begin alike; the whole
 * key is the entry's value, by which those come in order.
 */
const keptBytes = 1900;
const longestShort = headBytes + keptBytes + recordIdBytes;

/** An index entry as the store has it. */
export interface Entry {
  key: Buffer;
  value: Buffer;
}

/** Where index entries are. */
export interface IndexRange extends KeyRange {
  /** The bounds before they were cut to what keys of the store hold: entries outside them are passed over. */
  whole?: KeyRange;
}

const present = Buffer.from([1]);
/** Above every byte that may follow a key. */
const beyond = Buffer.from([0xff]);
const beyondDigests = Buffer.alloc(64, 0xff);

const isLong = (key: Buffer) => key.length > keptBytes;

function stemOf(head: Buffer, key: Buffer): Buffer {
  if (!isLong(key)) return Buffer.concat([head, key]);
  return Buffer.concat([head, key.subarray(0, keptBytes), createHash('sha256').update(key).digest()]);
}

/** The entry of a record under an index key. */
export function entryOf(head: Buffer, key: Buffer, recordId: number): Entry {
  const id = recordIdBuffer(recordId);
  if (isLong(key)) return { key: Buffer.concat([stemOf(head, key), id]), value: key };
  return { key: Buffer.concat([head, key, id]), value: present };
}

/** All entries under one whole index key. */
export function pointRange(head: Buffer, key: Buffer): IndexRange {
  return sameKeyRange(stemOf(head, key));
}

/** All entries that have the index key of this one. */
export function twinsOf({ key }: Entry): IndexRange {
  return sameKeyRange(key.subarray(0, key.length - recordIdBytes));
}

function sameKeyRange(stem: Buffer): IndexRange {
  return { lower: stem, upper: Buffer.concat([stem, beyond]) };
}

/** The entries from the index key `lower` on, before `upper`. */
export function spanRange(head: Buffer, lower: Buffer, upper: Buffer): IndexRange {
  const range: IndexRange = {
    lower: Buffer.concat([head, lower.subarray(0, keptBytes)]),
    upper: Buffer.concat([head, upper.subarray(0, keptBytes), ...(isLong(upper) ? [beyondDigests] : [])]),
  };
  if (isLong(lower) || isLong(upper)) {
    range.whole = { lower: Buffer.concat([head, lower]), upper: Buffer.concat([head, upper]) };
  }
  return range;
}

/** The keys of the entries in the order of the index; may be read on after later writes. */
export function* scanEntries(data: Data, range: IndexRange, reverse: boolean): Generator<Buffer> {
  // long ones that begin alike: all are needed to tell their order
  let alike: { key: Buffer; whole: Buffer }[] = [];
  for (const key of data.keys(range, reverse)) {
    const [first] = alike;
    const stem = key.subarray(0, headBytes + keptBytes);
    if (first && !first.key.subarray(0, stem.length).equals(stem)) {
      yield* inOrder(alike, reverse);
      alike = [];
    }
    const whole = wholeKey(data, key);
    if (whole === undefined || !isWithin(whole, range.whole)) continue;
    if (whole === key) yield key;
    else alike.push({ key, whole });
  }
  yield* inOrder(alike, reverse);
}

export function countEntries(data: Data, range: IndexRange): number {
  return range.whole === undefined ? data.count(range) : [...scanEntries(data, range, false)].length;
}

function wholeKey(data: Data, key: Buffer): Buffer | undefined {
  if (key.length <= longestShort) return key;
  const value = data.get(key);
  return value && Buffer.concat([key.subarray(0, headBytes), value, key.subarray(-recordIdBytes)]);
}

function isWithin(key: Buffer, range: KeyRange | undefined): boolean {
  return range === undefined || (Buffer.compare(key, range.lower) >= 0 && Buffer.compare(key, range.upper) < 0);
}

function inOrder(entries: { key: Buffer; whole: Buffer }[], reverse: boolean): Buffer[] {
  const direction = reverse ? -1 : 1;
  return entries.sort((a, b) => direction * Buffer.compare(a.whole, b.whole)).map(({ key }) => key);
}

export function recordIdOf(key: Buffer): number {
  return key.readUIntBE(key.length - recordIdBytes, recordIdBytes);
}

function recordIdBuffer(recordId: number): Buffer {
  const bytes = Buffer.allocUnsafe(recordIdBytes);
  bytes.writeUIntBE(recordId, 0, recordIdBytes);
  return bytes;
}
