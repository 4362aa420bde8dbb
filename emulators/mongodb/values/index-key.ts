import type { Binary, BSONRegExp, BSONSymbol, Code, ObjectId, Timestamp } from 'bson';
import { doubleChain, type Numeric } from './numbers.ts';
import { rankOf, textOf } from './order.ts';
import { type Document, typeOf, type Value } from './values.ts';

/**
 * Bytes that sort as the values do in BSON's comparison order, and that are equal exactly where the values are. No
 * encoding is the beginning of another one's, so several may follow each other as the key of a compound index.
 */
export function encodeKey(value: Value): Buffer {
  const parts: Uint8Array[] = [];
  writeValue(value, parts);
  return parts.length === 1 ? Buffer.from(parts[0] as Uint8Array) : Buffer.concat(parts);
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
    case 'decimal':
      writeNumber(value as Numeric, parts);
      break;
    case 'string':
    case 'symbol':
      writeText(textOf(value as string | BSONSymbol), parts);
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
    case 'javascript':
      writeCode(value as Code, parts);
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

function writeNumber(value: Numeric, parts: Uint8Array[]): void {
  const [first = 0, second = 0, third = 0] = doubleChain(value);
  parts.push(sortableDouble(first));
  if (second === 0) parts.push(exactly);
  else parts.push(second < 0 ? below : above, sortableDouble(second), sortableDouble(third));
}

/** UTF-8, ended by 00 01; a 00 within is written 00 FF. */
function writeText(text: string, parts: Uint8Array[]): void {
  const bytes = Buffer.from(text, 'utf8');
  let from = 0;
  for (let zero = bytes.indexOf(0); zero !== -1; zero = bytes.indexOf(0, from)) {
    parts.push(bytes.subarray(from, zero), Buffer.from([0, 255]));
    from = zero + 1;
  }
  parts.push(bytes.subarray(from), Buffer.from([0, 1]));
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

function writeCode(value: Code, parts: Uint8Array[]): void {
  parts.push(Buffer.from([Number(value.scope !== null)]));
  writeText(value.code, parts);
  if (value.scope !== null) writeDocument(value.scope as Document, parts);
}
