import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** The longest body; a real report is some kilobytes. */
export const MAX_BODY_BYTES = 1024 * 1024;

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

/**
 * Sees each request before the Functions Framework (5.0.5) does, which parses every body on its own, up to 1 GiB, and answers
 * its parser's errors as HTML. Call it when the function's module loads.
 */
export function limitBodies(tooLarge: (response: ServerResponse) => void): void {
  subscribe('http.server.request.start', (message) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    limitBody(request, response, tooLarge);
  });
}

/**
 * A body over the limit is answered 413 before it is read, or as soon as it has grown over; the framework is told of plain
 * bytes, so that it hands them on unparsed.
 */
export function limitBody(
  request: IncomingMessage,
  response: ServerResponse,
  tooLarge: (response: ServerResponse) => void,
): void {
  const { headers } = request;
  HEADERS.set(request, {
    contentType: headers['content-type'] ?? null,
    contentEncoding: headers['content-encoding'] ?? null,
  });
  headers['content-type'] = 'application/octet-stream';
  delete headers['content-encoding'];
  if (Number(headers['content-length'] ?? 0) > MAX_BODY_BYTES) refuse(request, response, tooLarge);
  else if (headers['transfer-encoding'] !== undefined) countChunks(request, response, tooLarge);
}

function countChunks(
  request: IncomingMessage,
  response: ServerResponse,
  tooLarge: (response: ServerResponse) => void,
): void {
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES || response.headersSent) return;
    // the framework's reader is a listener like this one, and would go on keeping what comes
    request.removeAllListeners('data');
    refuse(request, response, tooLarge);
    request.resume();
  });
}

/** Without these headers the framework takes the request for one without a body and does not read it. */
function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  tooLarge: (response: ServerResponse) => void,
): void {
  delete request.headers['content-length'];
  delete request.headers['transfer-encoding'];
  tooLarge(response);
}
