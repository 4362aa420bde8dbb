import type { IncomingMessage } from 'node:http';
import { type Call, nameAt, parseJson, type Reply, readBody, refuse } from './call.ts';
import { type Digest, digestOf } from './checksums.ts';
import { readConditions } from './conditions.ts';
import { invalid, notImplemented, required } from './errors.ts';
import { readFields } from './fields.ts';
import { type MultipartUpload, splitMultipart } from './multipart.ts';
import { objectResource } from './resource.ts';

/** An object is held in memory while it comes and goes. */
const MAX_UPLOAD_BYTES = 64 * 1024 * 1024;
/** The service's limit, in UTF-8 bytes. */
const MAX_NAME_BYTES = 1024;

/** What changes what is stored, or how, beyond the emulator. */
const REFUSED_PARAMETERS = ['kmsKeyName', 'contentEncoding', 'ifMetagenerationMatch', 'ifMetagenerationNotMatch'];
const REFUSED_HEADERS = ['x-goog-encryption-key'];

/** `POST /upload/.../b/B/o?uploadType=media|multipart` */
export async function upload(call: Call): Promise<Reply> {
  const { store, request, query, links } = call;
  refuse(call, REFUSED_PARAMETERS, REFUSED_HEADERS);
  const bucket = nameAt(call, 0);
  store.bucket(bucket);
  const { resource, contentType, media } = await readUpload(call);
  const json = parseJson(resource);
  const name = query.get('name') || json.name;
  if (typeof name !== 'string' || name === '') throw required('Required');
  checkName(name);
  const fields = readFields({ ...(contentType !== undefined && { contentType }), ...json });
  const digest = digestOf(media);
  checkDigest(digest, json);
  checkDigest(digest, declaredBy(request));
  const made = { bucket, name, fields, size: media.length, ...digest };
  return { status: 200, json: objectResource(store.putObject(made, media, readConditions(query)), links) };
}

async function readUpload({ query, request }: Call): Promise<MultipartUpload> {
  const type = request.headers['content-type'];
  switch (query.get('uploadType')) {
    case 'media':
      return { resource: Buffer.alloc(0), contentType: type, media: await readBody(request, MAX_UPLOAD_BYTES) };
    case 'multipart':
      return splitMultipart(type, await readBody(request, MAX_UPLOAD_BYTES));
    case 'resumable':
      throw notImplemented('resumable uploads: send the object at once, with file.save(data, { resumable: false })');
    default:
      throw invalid('Upload requests must have an uploadType of media or multipart.');
  }
}

/** Refuses names that the service refuses. */
function checkName(name: string): void {
  const isText = Buffer.from(name).toString() === name;
  if (
    !isText ||
    Buffer.byteLength(name) > MAX_NAME_BYTES ||
    /^\.\.?$|[\r\n]|^\.well-known\/acme-challenge\//.test(name)
  ) {
    throw invalid('The specified object name is not valid.');
  }
}

/** Hashes in `X-Goog-Hash` (`crc32c=…,md5=…`) and `Content-MD5`. */
function declaredBy({ headers }: IncomingMessage): Record<string, unknown> {
  const declared: Record<string, unknown> = { md5Hash: headers['content-md5'] };
  for (const [, name, value] of String(headers['x-goog-hash'] ?? '').matchAll(/(crc32c|md5)=([\w+/]+=*)/g)) {
    declared[name === 'md5' ? 'md5Hash' : 'crc32c'] = value;
  }
  return declared;
}

/** Refuses bytes that are not those which the client meant to send. */
function checkDigest(digest: Digest, declared: Record<string, unknown>): void {
  for (const [key, label] of [
    ['crc32c', 'CRC32C'],
    ['md5Hash', 'MD5 hash'],
  ] as const) {
    const value = declared[key];
    if (value && value !== digest[key]) {
      throw invalid(`Provided ${label} "${value}" doesn't match calculated ${label} "${digest[key]}".`);
    }
  }
}
