import type { IncomingMessage, ServerResponse } from 'node:http';
import type { QueueLimits } from '../../shared/runtime/queue.ts';

/** The longest body; a real report is some kilobytes. */
export const MAX_BODY_BYTES = 1024 * 1024;

/** How much of what is refused is still read, and how long, so that the client gets to its answer. Source: RFC 9112, 9.6. */
export const MAX_DROPPED_BYTES = 16 * MAX_BODY_BYTES;
export const MAX_DROP_MS = 10_000;

const MIB = 1024 * 1024;

/**
 * Parsing and writing take up to some thirty times a body's bytes: what is large goes one by one. Twice what one network
 * has as its share may wait, so that others always can.
 */
export const USUAL_QUEUE: QueueLimits = {
  maxRunning: 32,
  maxRunningBytes: MIB,
  maxWaiting: 640,
  maxWaitingBytes: 24 * MIB,
};

/** For networks beyond MAX_POSTS_OF_NETWORK: stored all the same, but never in the way of the others. */
export const OVER_RATE_QUEUE: QueueLimits = {
  maxRunning: 4,
  maxRunningBytes: MIB,
  maxWaiting: 256,
  maxWaitingBytes: 8 * MIB,
};

/** What one network (/24, /48) may send to an instance in a minute before it waits apart; thousands of sites share a host's. */
export const MAX_POSTS_OF_NETWORK = 300;
/** A body counts as one post more for each of these, so that no network fills a queue's bytes with few posts. */
export const BYTES_OF_A_POST = 16 * 1024;

/** After that the archive counts as out of reach, and its place goes to the next. */
export const STORE_MS = 20_000;

/** What the client said of its body, which the Functions Framework must not see. */
export interface BodyHeaders {
  contentType: string | null;
  contentEncoding: string | null;
}

const HEADERS = new WeakMap<IncomingMessage, BodyHeaders>();

/** The body headers of a request as the client sent them. */
export function bodyHeaders(request: IncomingMessage): BodyHeaders {
  return HEADERS.get(request) ?? { contentType: request.headers['content-type'] ?? null, contentEncoding: null };
}

/** Writes the answer to a body over the limit, and leaves it open. */
export type AnswerTooLarge = (response: ServerResponse) => void;

/**
 * Has to see a request before the Functions Framework (5.0.5) does, which parses every body on its own, up to 1 GiB, and answers
 * its parser's errors as HTML. It is told of plain bytes, so that it hands them on unparsed. A body over the limit is answered
 * before it is read, or as soon as it has grown over.
 */
export function limitBody(request: IncomingMessage, response: ServerResponse, tooLarge: AnswerTooLarge): void {
  const { headers } = request;
  HEADERS.set(request, { contentType: headers['content-type'] ?? null, contentEncoding: encodingOf(request) });
  headers['content-type'] = 'application/octet-stream';
  delete headers['content-encoding'];
  if (declaresTooMuch(request)) refuse(request, response, tooLarge);
  else if (headers['transfer-encoding'] !== undefined) countChunks(request, response, tooLarge);
}

/** Whether a request says itself that its body is over the limit. */
export function declaresTooMuch({ headers }: IncomingMessage): boolean {
  return Number(headers['content-length'] ?? 0) > MAX_BODY_BYTES;
}

/** A transfer coding beside `chunked` (the parser wants that one last) is on the body as much as a content coding. */
function encodingOf({ headers }: IncomingMessage): string | null {
  return headers['content-encoding'] || headers['transfer-encoding']?.replace(/(?:^|,)\s*chunked\s*$/i, '') || null;
}

function countChunks(request: IncomingMessage, response: ServerResponse, tooLarge: AnswerTooLarge): void {
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES || response.headersSent) return;
    // the framework's reader is a listener like this one, and would go on keeping what comes
    request.removeAllListeners('data');
    refuse(request, response, tooLarge);
  });
}

/** Without these headers the framework takes the request for one without a body and does not read it. */
function refuse(request: IncomingMessage, response: ServerResponse, tooLarge: AnswerTooLarge): void {
  delete request.headers['content-length'];
  delete request.headers['transfer-encoding'];
  response.setHeader('Connection', 'close');
  tooLarge(response);
  dropRest(request, response);
}

/** The system resets a connection that is closed with bytes unread, and then the client may never see the answer. */
function dropRest(request: IncomingMessage, response: ServerResponse): void {
  let bytes = 0;
  const end = () => response.end();
  const timer = setTimeout(end, MAX_DROP_MS);
  response.once('close', () => clearTimeout(timer));
  request.once('end', end);
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_DROPPED_BYTES) end();
  });
}
