import { BSONError, serialize } from 'bson';
import { type Document, decode } from './values/values.ts';

/** The opcodes that drivers since MongoDB 4.4 use. Source: MongoDB Wire Protocol, "Opcodes". */
const opcodes = { reply: 1, query: 2004, message: 2013 } as const;

const headerBytes = 16;
/** The largest message of MongoDB. */
export const maxMessageBytes = 48_000_000;

const flags = { checksumPresent: 1, moreToCome: 2 } as const;

/** A command as it came in. */
export interface Request {
  requestId: number;
  /** It came as OP_QUERY, the handshake of old, and wants OP_REPLY. */
  legacy: boolean;
  /** The client waits for no answer (`w: 0`, endSessions on close). */
  silent: boolean;
  /** An error where its bytes are no BSON, or none that can be kept. */
  command: Document | BSONError;
}

/** Bytes that are no message; the connection cannot go on. */
export class ProtocolError extends Error {}

/** Cuts the bytes of a connection into messages, however they were cut in transit. */
export class MessageReader {
  #chunks: Buffer[] = [];
  #length = 0;

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** The next complete message; undefined until more bytes came. */
  next(): Buffer | undefined {
    if (this.#length < headerBytes) return undefined;
    if ((this.#chunks[0] as Buffer).length < 4) this.#join();
    const size = (this.#chunks[0] as Buffer).readInt32LE(0);
    if (size < headerBytes || size > maxMessageBytes) throw new ProtocolError(`message of ${size} bytes`);
    if (this.#length < size) return undefined;
    const all = this.#join();
    this.#chunks = all.length === size ? [] : [all.subarray(size)];
    this.#length -= size;
    return all.subarray(0, size);
  }

  #join(): Buffer {
    const all = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
    this.#chunks = [all];
    return all;
  }
}

/** Reads a message; throws ProtocolError on an opcode that is not spoken here. */
export function parseMessage(message: Buffer): Request {
  const requestId = message.readInt32LE(4);
  const opcode = message.readInt32LE(12);
  if (opcode === opcodes.query) {
    return { requestId, legacy: true, silent: false, command: unlessInvalid(() => parseQuery(message)) };
  }
  if (opcode !== opcodes.message) throw new ProtocolError(`unsupported opcode ${opcode}`);
  const bits = message.readUInt32LE(headerBytes);
  const end = (bits & flags.checksumPresent) !== 0 ? message.length - 4 : message.length;
  const command = unlessInvalid(() => parseSections(message.subarray(headerBytes + 4, end)));
  return { requestId, legacy: false, silent: (bits & flags.moreToCome) !== 0, command };
}

function unlessInvalid(read: () => Document): Document | BSONError {
  try {
    return read();
  } catch (error) {
    if (error instanceof BSONError) return error;
    throw error;
  }
}

function parseQuery(message: Buffer): Document {
  const collectionEnd = message.indexOf(0, headerBytes + 4);
  const collection = message.toString('utf8', headerBytes + 4, collectionEnd);
  const command = decodeAt(message, collectionEnd + 9);
  command.$db ??= collection.split('.')[0] ?? 'admin';
  return command;
}

function parseSections(bytes: Buffer): Document {
  let command: Document | undefined;
  const sequences: Document = {};
  for (let at = 0; at < bytes.length; ) {
    const kind = bytes[at];
    const size = bytes.readInt32LE(at + 1);
    if (size < 5 || at + 1 + size > bytes.length) throw new ProtocolError('a section exceeds its message');
    if (kind === 0) command = decodeAt(bytes, at + 1);
    else if (kind === 1) readSequence(bytes.subarray(at + 5, at + 1 + size), sequences);
    else throw new ProtocolError(`unsupported section kind ${kind}`);
    at += 1 + size;
  }
  if (command === undefined) throw new ProtocolError('a message without a body section');
  return Object.assign(command, sequences);
}

/** A document sequence: the name of the field that it is, then its documents back to back. */
function readSequence(section: Buffer, into: Document): void {
  const nameEnd = section.indexOf(0);
  const documents: Document[] = [];
  for (let at = nameEnd + 1; at < section.length; at += section.readInt32LE(at)) documents.push(decodeAt(section, at));
  into[section.toString('utf8', 0, nameEnd)] = documents;
}

function decodeAt(bytes: Buffer, at: number): Document {
  const size = bytes.readInt32LE(at);
  if (size < 5 || at + size > bytes.length) throw new ProtocolError('a document exceeds its message');
  return decode(bytes.subarray(at, at + size));
}

/** The answer to a request, from the bytes of its document. */
export function replyMessage(request: Request, responseId: number, body: Uint8Array): Buffer {
  const prefix = Buffer.alloc(headerBytes + (request.legacy ? 20 : 5));
  prefix.writeInt32LE(prefix.length + body.length, 0);
  prefix.writeInt32LE(responseId, 4);
  prefix.writeInt32LE(request.requestId, 8);
  prefix.writeInt32LE(request.legacy ? opcodes.reply : opcodes.message, 12);
  // OP_REPLY: flags, cursor id (8), starting from, number returned; OP_MSG: flags, section kind 0
  if (request.legacy) prefix.writeInt32LE(1, headerBytes + 16);
  return Buffer.concat([prefix, body]);
}

/** Some documents of a cursor, as they are stored. `id` 0: there are no more. */
export class CursorBatch {
  readonly field: 'firstBatch' | 'nextBatch';
  readonly documents: Uint8Array[];
  readonly id: bigint;
  readonly namespace: string;

  constructor(field: 'firstBatch' | 'nextBatch', documents: Uint8Array[], id: bigint, namespace: string) {
    this.field = field;
    this.documents = documents;
    this.id = id;
    this.namespace = namespace;
  }

  /** The reply document, put together from bytes so that no stored document is decoded and encoded again. */
  toBytes(): Uint8Array {
    const batch = this.documents.flatMap((document, i) => [element(3, String(i)), document]);
    const rest = serialize({ id: this.id, ns: this.namespace }).subarray(4, -1);
    const cursor = enclose([element(4, this.field), enclose(batch), rest]);
    return enclose([element(3, 'cursor'), cursor, serialize({ ok: 1 }).subarray(4, -1)]);
  }
}

function element(type: number, name: string): Buffer {
  return Buffer.from(`${String.fromCharCode(type)}${name}\0`);
}

function enclose(parts: Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 5);
  const size = Buffer.alloc(4);
  size.writeInt32LE(length);
  return Buffer.concat([size, ...parts, Buffer.alloc(1)]);
}
