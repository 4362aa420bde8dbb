import type { Binary, BSONRegExp, ObjectId, Timestamp } from 'bson';
import { type Numeric, toDouble } from './numbers.ts';
import { type Document, type TypeName, typeOf, type Value } from './values.ts';

/**
 * The place of each type in BSON's comparison order, from 1 to 19 so that it serves as a byte of an index key. Types of
 * one place compare by value. Source: MongoDB manual, "Comparison/Sort Order"; `missing` sorts below null.
 */
const ranks: Record<TypeName, number> = {
  minKey: 1,
  missing: 2,
  null: 3,
  int: 4,
  long: 4,
  double: 4,
  string: 5,
  object: 6,
  array: 7,
  binData: 8,
  objectId: 9,
  bool: 10,
  date: 11,
  timestamp: 12,
  regex: 13,
  maxKey: 19,
};

export const maxRank = 19;

export function rankOf(value: Value): number {
  return ranks[typeOf(value)];
}

/**
 * Bytes that sort as the values do in BSON's comparison order, and that are equal exactly where the values are. No
 * encoding is the beginning of another one's, so several may follow each other as the key of a compound index.
 */
export function encodeKey(value: Value): Buffer {
  const parts: Uint8Array[] = [];
  writeValue(value, parts);
  return parts.length === 1 ? Buffer.from(parts[0] as Uint8Array) : Buffer.concat(parts);
}

/** A total order over all BSON values, not type-bracketed: the order of sort and of indexes. */
export function compareValues(a: Value, b: Value): number {
  if (typeof a === 'number' && typeof b === 'number') {
    // most numbers need no bytes
    if (a < b) return -1;
    if (a > b) return 1;
  }
  return Buffer.compare(encodeKey(a), encodeKey(b));
}

export function equals(a: Value, b: Value): boolean {
  return compareValues(a, b) === 0;
}

/** The value as a text that is the same just for equal values: to look it up in a set or a map. */
export function keyOf(value: Value): string {
  return encodeKey(value).toString('latin1');
}

/** The bytes of a descending field: every bit turned over. */
export function invert(key: Uint8Array): Buffer {
  const inverted = Buffer.allocUnsafe(key.length);
  for (let i = 0; i < key.length; i++) inverted[i] = ~(key[i] as number);
  return inverted;
}

const end = Buffer.from([0]);

function writeValue(value: Value, parts: Uint8Array[]): void {
  parts.push(Buffer.from([rankOf(value)]));
  writePayload(value, parts);
}

function writePayload(value: Value, parts: Uint8Array[]): void {
  switch (typeOf(value)) {
    case 'int':
    case 'long':
    case 'double':
      writeNumber(value as Numeric, parts);
      break;
    case 'string':
      writeText(value as string, parts);
      break;
    case 'object':
      writeDocument(value as Document, parts);
      break;
    case 'array':
      for (const element of value as Value[]) writeValue(element, parts);
      parts.push(end);
      break;
    case 'binData':
      writeBinary(value as Binary, parts);
      break;
    case 'objectId':
      parts.push((value as ObjectId).id);
      break;
    case 'bool':
      parts.push(Buffer.from([Number(value)]));
      break;
    case 'date':
      parts.push(sortableDouble((value as Date).getTime()));
      break;
    case 'timestamp':
      writeUnsigned(value as Timestamp, parts);
      break;
    case 'regex':
      writeText((value as BSONRegExp).pattern, parts);
      writeText((value as BSONRegExp).options, parts);
      break;
  }
}

/** Big-endian bits, turned so that negative numbers sort below; NaN sorts first. */
function sortableDouble(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  if (Number.isNaN(value)) return bytes;
  bytes.writeDoubleBE(value === 0 ? 0 : value);
  if (((bytes[0] as number) & 0x80) !== 0) return invert(bytes);
  bytes[0] = (bytes[0] as number) | 0x80;
  return bytes;
}

const below = Buffer.from([1]);
const exactly = Buffer.from([2]);
const above = Buffer.from([3]);

/** The nearest double, then how far an int64 beyond 2^53 is from it. */
function writeNumber(value: Numeric, parts: Uint8Array[]): void {
  const nearest = toDouble(value);
  const isLong = typeof value === 'object' && value._bsontype === 'Long';
  const rest = isLong ? Number(value.toBigInt() - BigInt(nearest)) : 0;
  parts.push(sortableDouble(nearest));
  if (rest === 0) parts.push(exactly);
  else parts.push(rest < 0 ? below : above, sortableDouble(rest));
}

const zeroWithin = Buffer.from([0, 255]);
const textEnd = Buffer.from([0, 1]);

/** UTF-8, ended by 00 01; a 00 within is written 00 FF. */
function writeText(text: string, parts: Uint8Array[]): void {
  const bytes = Buffer.from(text, 'utf8');
  let from = 0;
  for (let zero = bytes.indexOf(0); zero !== -1; zero = bytes.indexOf(0, from)) {
    parts.push(bytes.subarray(from, zero), zeroWithin);
    from = zero + 1;
  }
  parts.push(from === 0 ? bytes : bytes.subarray(from), textEnd);
}

function writeDocument(document: Document, parts: Uint8Array[]): void {
  for (const [name, value] of Object.entries(document)) {
    // the comparison order looks at the type before the name
    parts.push(Buffer.from([rankOf(value)]));
    writeText(name, parts);
    writePayload(value, parts);
  }
  parts.push(end);
}

function writeBinary(value: Binary, parts: Uint8Array[]): void {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(value.position);
  head[4] = value.sub_type;
  parts.push(head, value.value());
}

function writeUnsigned(value: Timestamp, parts: Uint8Array[]): void {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(value.getHighBitsUnsigned());
  bytes.writeUInt32BE(value.getLowBitsUnsigned(), 4);
  parts.push(bytes);
}
