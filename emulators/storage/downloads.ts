import { createGunzip } from 'node:zlib';
import { type Call, type Reply, refuse } from './call.ts';
import { checkRead, readConditions } from './conditions.ts';
import { parseRange } from './content-range.ts';
import { StorageError } from './errors.ts';
import type { StoredObject } from './model.ts';
import { findObject, getObject } from './objects.ts';
import { etagOf } from './resource.ts';
import type { Store } from './store.ts';

/** Bytes read at a time. */
const PIECE_BYTES = 1024 * 1024;

const REFUSED_HEADERS = ['x-goog-encryption-key', 'x-goog-if-generation-match', 'if-match', 'if-none-match'];

/** `GET /b/B/o/O`: the resource, or with `alt=media` the bytes. */
export async function getObjectOrMedia(call: Call): Promise<Reply> {
  return call.query.get('alt') === 'media' ? download(call) : getObject(call);
}

/** The bytes of an object, or a range of them. */
export async function download(call: Call): Promise<Reply> {
  refuse(call, ['softDeleted'], REFUSED_HEADERS);
  const { store, request } = call;
  const object = findObject(call);
  checkRead(readConditions(call.query), object);
  const headers = headersOf(object);
  const { contentEncoding } = object.fields;
  if (contentEncoding === 'gzip' && !/\b(gzip|\*)/.test(String(request.headers['accept-encoding'] ?? ''))) {
    return { status: 200, headers, bytes: gunzip(store, object) };
  }
  if (contentEncoding !== undefined) headers['content-encoding'] = contentEncoding;
  const range = parseRange(request.headers.range, object.size);
  if (range === 'unsatisfiable') {
    throw new StorageError(416, 'requestedRangeNotSatisfiable', 'Request range not satisfiable');
  }
  const { from, to } = range ?? { from: 0, to: object.size - 1 };
  headers['content-length'] = String(to - from + 1);
  headers['accept-ranges'] = 'bytes';
  if (range !== undefined) headers['content-range'] = `bytes ${from}-${to}/${object.size}`;
  return { status: range === undefined ? 200 : 206, headers, bytes: await readBytes(store, object, from, to + 1) };
}

function headersOf(object: StoredObject): Record<string, string> {
  const { fields } = object;
  const headers: Record<string, string> = {
    'content-type': fields.contentType,
    etag: etagOf(object),
    'last-modified': new Date(object.createdAt).toUTCString(),
    'x-goog-generation': String(object.generation),
    'x-goog-metageneration': String(object.metageneration),
    'x-goog-hash': `crc32c=${object.crc32c},md5=${object.md5Hash}`,
    'x-goog-storage-class': fields.storageClass,
    'x-goog-stored-content-encoding': fields.contentEncoding ?? 'identity',
    'x-goog-stored-content-length': String(object.size),
  };
  if (fields.cacheControl !== undefined) headers['cache-control'] = fields.cacheControl;
  if (fields.contentDisposition !== undefined) headers['content-disposition'] = fields.contentDisposition;
  if (fields.contentLanguage !== undefined) headers['content-language'] = fields.contentLanguage;
  return headers;
}

/** In one piece where that is small, so that it is read before anything is answered. */
async function readBytes(
  store: Store,
  object: StoredObject,
  from: number,
  to: number,
): Promise<Buffer | AsyncIterable<Buffer>> {
  if (to - from > PIECE_BYTES) return pieces(store, object, from, to);
  const read: Buffer[] = [];
  for await (const piece of pieces(store, object, from, to)) read.push(piece);
  return read.length === 1 && read[0] !== undefined ? read[0] : Buffer.concat(read);
}

async function* pieces(store: Store, object: StoredObject, from: number, to: number): AsyncGenerator<Buffer> {
  let start = 0;
  for (const part of object.parts) {
    const end = start + part.length;
    for (let at = Math.max(from, start); at < Math.min(to, end); ) {
      const length = Math.min(PIECE_BYTES, Math.min(to, end) - at);
      yield await store.bytes.read(part, at - start, length);
      at += length;
    }
    start = end;
  }
}

/** The service unpacks for clients that do not say that they can; a range is then ignored. */
function gunzip(store: Store, object: StoredObject): AsyncIterable<Buffer> {
  const unpacked = createGunzip();
  const feed = async () => {
    for await (const piece of pieces(store, object, 0, object.size)) {
      if (!unpacked.write(piece)) await new Promise((resolve) => unpacked.once('drain', resolve));
    }
    unpacked.end();
  };
  feed().catch((error) => unpacked.destroy(error));
  return unpacked;
}
