import { type Call, type Reply, refuse } from './call.ts';
import { checkRead, readConditions } from './conditions.ts';
import { StorageError } from './errors.ts';
import type { StoredObject } from './model.ts';
import { findObject, getObject } from './objects.ts';
import { etagOf } from './resource.ts';

const REFUSED_HEADERS = ['x-goog-encryption-key', 'x-goog-if-generation-match', 'if-match', 'if-none-match'];

/** `GET /b/B/o/O`: the resource, or with `alt=media` the bytes. */
export function getObjectOrMedia(call: Call): Reply {
  return call.query.get('alt') === 'media' ? download(call) : getObject(call);
}

/** The bytes of an object, or a range of them. */
export function download(call: Call): Reply {
  refuse(call, [], REFUSED_HEADERS);
  const object = findObject(call);
  checkRead(readConditions(call.query), object);
  const bytes = call.store.bytesOf(object);
  const headers = headersOf(object);
  const range = parseRange(call.request.headers.range, object.size);
  if (range === undefined) return { status: 200, headers, bytes };
  if (range === 'unsatisfiable') {
    throw new StorageError(416, 'requestedRangeNotSatisfiable', 'Request range not satisfiable');
  }
  headers['content-range'] = `bytes ${range.from}-${range.to}/${object.size}`;
  return { status: 206, headers, bytes: bytes.subarray(range.from, range.to + 1) };
}

function headersOf(object: StoredObject): Record<string, string> {
  const { contentType, cacheControl, contentDisposition, contentLanguage } = object.fields;
  return {
    'accept-ranges': 'bytes',
    'content-type': contentType,
    etag: etagOf(object),
    'last-modified': new Date(object.createdAt).toUTCString(),
    'x-goog-generation': String(object.generation),
    'x-goog-metageneration': '1',
    'x-goog-hash': `crc32c=${object.crc32c},md5=${object.md5Hash}`,
    'x-goog-storage-class': 'STANDARD',
    'x-goog-stored-content-encoding': 'identity',
    'x-goog-stored-content-length': String(object.size),
    ...(cacheControl && { 'cache-control': cacheControl }),
    ...(contentDisposition && { 'content-disposition': contentDisposition }),
    ...(contentLanguage && { 'content-language': contentLanguage }),
  };
}

/** Bytes `from` to `to` (both included) of a download. */
interface Range {
  from: number;
  to: number;
}

/** The `Range` header; undefined where it is to be ignored (RFC 9110: unknown form, several ranges). */
export function parseRange(header: string | undefined, size: number): Range | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (match === null || (match[1] === '' && match[2] === '')) return undefined;
  const first = match[1] === '' ? undefined : Number(match[1]);
  const last = match[2] === '' ? undefined : Number(match[2]);
  if (first === undefined) {
    if (last === 0 || size === 0) return 'unsatisfiable';
    return { from: Math.max(0, size - (last ?? 0)), to: size - 1 };
  }
  if (last !== undefined && last < first) return undefined;
  return first >= size ? 'unsatisfiable' : { from: first, to: Math.min(last ?? size - 1, size - 1) };
}
