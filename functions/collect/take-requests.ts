import { subscribe } from 'node:diagnostics_channel';
import { type IncomingMessage, Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { leadNowhere } from '../../shared/runtime/lead-nowhere.ts';
import { type AnswerTooLarge, declaresTooMuch, limitBody, MAX_DROP_MS, MAX_DROPPED_BYTES } from './limits.ts';

/** Four times Node's own: what proxies and cookies can add. */
const MAX_HEADER_BYTES = 64 * 1024;

/**
 * Makes the Functions Framework's server, which it keeps to itself, take what it can: before it listens, by the channel on which
 * Node (20 and 24) says that a server is about to. Call it when the function's module loads.
 */
export function takeRequestsOnceListening(tooLarge: AnswerTooLarge): void {
  subscribe('tracing:net.server.listen:asyncStart', (message) => {
    const { server } = message as { server: unknown };
    if (server instanceof Server) takeRequests(server, tooLarge);
  });
}

/**
 * Node's server refuses on its own what clients send that never send again: an empty `Expect:` (PHP without cURL), no `Host`,
 * headers over 16 KiB; it gives no answer to who ends its side after sending, and answers 400 to a request that it took when
 * something follows the body. Its parser stays strict: the lenient one takes requests that say two lengths.
 */
export function takeRequests(server: Server, tooLarge: AnswerTooLarge): void {
  const latest = new WeakMap<Duplex, { request: IncomingMessage; response: ServerResponse }>();
  // read for each connection; the last is in no documentation, and in Node since 0.x
  Object.assign(server, { maxHeaderSize: MAX_HEADER_BYTES, requireHostHeader: false, httpAllowHalfOpen: true });
  server.prependListener('request', (request, response) => {
    latest.set(request.socket, { request, response });
    leadNowhere(request);
    limitBody(request, response, tooLarge);
  });
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  server.on('checkContinue', (request, response) => {
    if (!declaresTooMuch(request)) response.writeContinue();
    server.emit('request', request, response);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const { request, response } = latest.get(socket) ?? {};
    if (response === undefined || response.writableEnded) refuse(socket, error);
    else if (request?.complete) closeAfter(response);
    else if (response.headersSent) socket.destroy();
    else refuse(socket, error);
  });
}

/** The request is whole: what follows it is nobody's, and must not cost it its answer. */
function closeAfter(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close');
}

const STATUS: Record<string, number> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** Answers what Node would, and then reads on and drops, so that the client gets to its answer. */
function refuse(socket: Duplex & { bytesRead?: number }, { code = '' }: NodeJS.ErrnoException): void {
  // each further chunk is an error of the parser's too
  if (socket.writableEnded && (socket.bytesRead ?? 0) <= MAX_DROPPED_BYTES) return;
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const status = STATUS[code] ?? 400;
  const text = STATUS_CODES[status] ?? '';
  const body = JSON.stringify({
    error: text.toLowerCase().replaceAll(' ', '_'),
    message: 'the request cannot be read',
  });
  const headers = `Connection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
  socket.end(`HTTP/1.1 ${status} ${text}\r\n${headers}\r\n\r\n${body}`);
  const timer = setTimeout(() => socket.destroy(), MAX_DROP_MS);
  socket.once('close', () => clearTimeout(timer));
}
