import { createHash, randomUUID } from 'node:crypto';
import * as http from 'node:http';
import * as https from 'node:https';
import { pipeline } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import type { Storage } from '@google-cloud/storage';
import { TransientError } from '../../runtime/errors.ts';

/** The bytes of a bucket's objects. */
export interface ObjectBytes {
  /** Writes a JSON object unless there is one of that name. Rejects with StorageError, 412 where there is. */
  create(name: string, text: string): Promise<void>;
  /** undefined when there is no such object. Rejects with ObjectTooLargeError for one of more bytes, and leaves the rest unread. */
  read(name: string, maxBytes: number): Promise<Buffer | undefined>;
}

/** Cloud Storage refused a request: its status, and what it said. */
export class StorageError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = 'StorageError';
    this.code = code;
  }
}

/** An object has more bytes than were to be read now. */
export class ObjectTooLargeError extends TransientError {
  /** How many it has; undefined when its server does not say. */
  readonly bytes: number | undefined;

  constructor(bytes?: number) {
    super('an object has more bytes than were to be read', { cause: undefined });
    this.name = 'ObjectTooLargeError';
    this.bytes = bytes;
  }
}

/** Beyond what one instance works on at once. */
const MAX_CONNECTIONS = 100;
/** A server that says nothing for so long never will; a function's own limit is later. */
const SILENCE_MS = 30_000;
/** The first delay of the client library's `save`, which doubles it, and makes it up to twice as long by chance. */
const FIRST_DELAY_MS = 1000;
const MAX_REFUSAL_BYTES = 64 * 1024;

/**
 * Moves bytes over connections that stay open. The client library's `save` and `createReadStream` (7.22) take five times the CPU
 * of that; its endpoint, credentials and rules of what is tried again, how often and how soon, are kept: all that is asked here may
 * be asked twice.
 */
export function openObjectBytes(storage: Storage, bucket: string): ObjectBytes {
  const ask = openRequests(storage);
  return {
    create: (name, text) => {
      const query = `uploadType=multipart&ifGenerationMatch=0&name=${encodeURIComponent(name)}`;
      const body = multipart(text);
      const headers = { ...MULTIPART, 'Content-Length': body.length };
      return ask({ method: 'POST', path: `/upload/storage/v1/b/${bucket}/o?${query}`, headers, body }, accepted);
    },
    read: (name, maxBytes) => {
      const path = `/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}?alt=media`;
      return ask({ method: 'GET', path, headers: {} }, async (answer) => {
        if (answer.statusCode !== 404) return contentsOf(answer, maxBytes);
        answer.resume();
        return undefined;
      });
    },
  };
}

/** Few promises for each request: under the Functions Framework, which runs a handler in a domain, they are dear. */
function openRequests(storage: Storage) {
  const { hostname, port, origin } = new URL(storage.apiEndpoint);
  const endpoint = { hostname, port };
  const { request, Agent } = storage.apiEndpoint.startsWith('http:') ? http : https;
  const agent = new Agent({ keepAlive: true, maxSockets: MAX_CONNECTIONS, scheduling: 'lifo' });
  // as the client library does it: an endpoint of one's own, an emulator say, gets no token
  const isOpen = storage.customEndpoint && !storage.useAuthWithCustomEndpoint;
  const send = <T>(asked: Asked, take: Take<T>, authorization: Record<string, string>, isFirst = true) =>
    new Promise<T>((resolve, reject) => {
      const { method, path, body } = asked;
      const headers = { ...asked.headers, ...authorization };
      const sent = request({ ...endpoint, method, path, headers, agent, timeout: SILENCE_MS });
      sent.once('response', (answer) => take(answer).then(resolve, reject));
      sent.once('timeout', () => sent.destroy(new Error(`no answer within ${SILENCE_MS} ms`)));
      sent.once('error', (error: NodeJS.ErrnoException) => {
        // the server closed it while it was idle: that says nothing of how the server is now
        const isStale = isFirst && sent.reusedSocket && error.code === 'ECONNRESET';
        if (isStale) resolve(send(asked, take, authorization, false));
        else reject(error);
      });
      sent.end(body);
    });
  const attempt = <T>(asked: Asked, take: Take<T>) =>
    isOpen
      ? send(asked, take, {})
      : storage.authClient
          .getRequestHeaders(origin + asked.path)
          .then((authorization) => send(asked, take, authorization));
  // the client switches its own off and on while it works
  const rules = { ...storage.retryOptions };
  return <T>(asked: Asked, take: Take<T>) => retried(rules, () => attempt(asked, take));
}

type Take<T> = (answer: http.IncomingMessage) => Promise<T>;

interface Asked {
  method: string;
  path: string;
  headers: Record<string, string | number>;
  body?: Buffer;
}

/** By the client library's rules. */
function retried<T>(rules: Storage['retryOptions'], work: () => Promise<T>, retries = 0): Promise<T> {
  return work().catch(async (error) => {
    const { autoRetry, maxRetries = 0, retryDelayMultiplier = 1, maxRetryDelay = 0, retryableErrorFn } = rules;
    if (!autoRetry || retries >= maxRetries || !retryableErrorFn?.(error)) throw error;
    const delayMs = FIRST_DELAY_MS * (1 + Math.random()) * retryDelayMultiplier ** retries;
    await sleep(Math.min(delayMs, maxRetryDelay * 1000));
    return retried(rules, work, retries + 1);
  });
}

/** Nobody outside knows it, so that no payload holds it. */
const BOUNDARY = randomUUID();
const MULTIPART = { 'Content-Type': `multipart/related; boundary=${BOUNDARY}` };
const MD5_LENGTH = 24;
const HEAD = Buffer.from(
  [
    `--${BOUNDARY}\r\nContent-Type: application/json\r\n\r\n`,
    `{"contentType":"application/json","md5Hash":"${' '.repeat(MD5_LENGTH)}"}`,
    `\r\n--${BOUNDARY}\r\nContent-Type: application/json\r\n\r\n`,
  ].join(''),
);
const MD5_AT = HEAD.indexOf(' '.repeat(MD5_LENGTH));
const TAIL = Buffer.from(`\r\n--${BOUNDARY}--`);

/** The upload of an object that the service refuses when it got other bytes than these. In one buffer: nothing is copied again. */
function multipart(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const body = Buffer.allocUnsafe(HEAD.length + length + TAIL.length);
  HEAD.copy(body);
  body.write(text, HEAD.length);
  TAIL.copy(body, HEAD.length + length);
  const md5 = createHash('md5')
    .update(body.subarray(HEAD.length, HEAD.length + length))
    .digest('base64');
  body.write(md5, MD5_AT, 'latin1');
  return body;
}

async function accepted(answer: http.IncomingMessage): Promise<void> {
  if (answer.statusCode !== 200) throw await refusal(answer);
  // the object is there; the connection is free for the next once the rest has come
  answer.resume();
}

async function contentsOf(answer: http.IncomingMessage, maxBytes: number): Promise<Buffer> {
  if (answer.statusCode !== 200) throw await refusal(answer);
  // one that is stored compressed grows while it is read
  const isZipped = answer.headers['content-encoding'] === 'gzip';
  const length = Number(answer.headers['content-length']);
  if (length > maxBytes) {
    answer.destroy();
    throw new ObjectTooLargeError(isZipped ? undefined : length);
  }
  const bytes = await collected(isZipped ? pipeline(answer, createGunzip(), () => {}) : answer, maxBytes).catch(
    (error) => {
      answer.destroy();
      throw error;
    },
  );
  const [, md5] = /\bmd5=([\w+/]{22}==)/.exec(String(answer.headers['x-goog-hash'])) ?? [];
  if (!isZipped && md5 !== undefined && md5 !== createHash('md5').update(bytes).digest('base64')) {
    throw new StorageError(502, 'the object came with other bytes than it has');
  }
  return bytes;
}

async function collected(stream: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new ObjectTooLargeError();
    chunks.push(chunk);
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}

/** What it says, in JSON or not. */
async function refusal(answer: http.IncomingMessage): Promise<StorageError> {
  const code = answer.statusCode ?? 0;
  const text = await collected(answer, MAX_REFUSAL_BYTES).then(String, () => '');
  try {
    return new StorageError(code, String(JSON.parse(text).error.message));
  } catch {
    return new StorageError(code, text);
  }
}
