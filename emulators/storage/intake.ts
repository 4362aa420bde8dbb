import type { IncomingMessage } from 'node:http';
import { type Call, nameAt } from './call.ts';
import type { Checksums, Digest } from './checksums.ts';
import { invalid, required } from './errors.ts';
import { mergeFields } from './fields.ts';
import type { ObjectFields, Part } from './model.ts';
import { checkName } from './objects.ts';
import type { Store } from './store.ts';

/** Bodies are written in pieces of about this size. */
const PIECE_BYTES = 1024 * 1024;

/** Where an upload goes, and what the client says about it. */
export interface Target {
  bucket: string;
  name: string;
  fields: ObjectFields;
  declared: Partial<Digest>;
}

/** Reads query and object resource; `contentType` is what the media's own header says. */
export function readTarget(call: Call, json: Record<string, unknown>, contentType: string | undefined): Target {
  const name = call.query.get('name') || json.name;
  if (typeof name !== 'string' || name === '') throw required('Required');
  checkName(name);
  const contentEncoding = call.query.get('contentEncoding');
  const fields = mergeFields({
    ...(contentType !== undefined && { contentType }),
    ...json,
    ...(contentEncoding !== null && { contentEncoding }),
  });
  const declared: Partial<Digest> = {};
  if (typeof json.md5Hash === 'string') declared.md5Hash = json.md5Hash;
  if (typeof json.crc32c === 'string') declared.crc32c = json.crc32c;
  return { bucket: nameAt(call, 0), name, fields, declared };
}

/** Writes the body in pieces, whose parts are added to `parts` one by one, also when it is cut short. */
export async function receive(
  store: Store,
  body: AsyncIterable<Buffer>,
  { parts, checksums }: { parts: Part[]; checksums?: Checksums },
): Promise<void> {
  let chunks: Buffer[] = [];
  let size = 0;
  const flush = async () => {
    const piece = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
    chunks = [];
    size = 0;
    if (piece.length === 0) return;
    checksums?.update(piece);
    parts.push(await store.write(piece));
  };
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= PIECE_BYTES) await flush();
    }
  } finally {
    await flush();
  }
}

/** Hashes in `X-Goog-Hash` (`crc32c=…,md5=…`) and `Content-MD5`. */
export function declaredBy({ headers }: IncomingMessage): Partial<Digest> {
  const declared: Partial<Digest> = {};
  for (const [, name, value] of String(headers['x-goog-hash'] ?? '').matchAll(/(crc32c|md5)=([\w+/]+=*)/g)) {
    if (value !== undefined) declared[name === 'md5' ? 'md5Hash' : 'crc32c'] = value;
  }
  const md5 = headers['content-md5'];
  if (typeof md5 === 'string') declared.md5Hash = md5;
  return declared;
}

/** Refuses bytes that are not those which the client meant to send. */
export function checkDigest(digest: Digest, declared: Partial<Digest>): void {
  for (const [key, label] of [
    ['crc32c', 'CRC32C'],
    ['md5Hash', 'MD5 hash'],
  ] as const) {
    const value = declared[key];
    if (value !== undefined && value !== digest[key]) {
      throw invalid(`Provided ${label} "${value}" doesn't match calculated ${label} "${digest[key]}".`);
    }
  }
}
