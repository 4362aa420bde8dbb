import { subscribe } from 'node:diagnostics_channel';
import { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { leadNowhere } from '../../shared/runtime/lead-nowhere.ts';
import { newRequestId, RequestProblem } from './problem.ts';

/** Tames the Functions Framework's server, which it keeps to itself. Call it when the function's module loads, before the server listens. */
export function tameServerOnceListening(): void {
  subscribe('tracing:net.server.listen:asyncStart', (message) => {
    const { server } = message as { server: unknown };
    if (server instanceof Server) tameServer(server);
  });
}

/**
 * Node's server refuses headers and urls of more than 16 KiB with 431 and no word: here it gives a problem document. And the
 * framework (5.0.5) parses bodies first, and says in the log what it could not parse: here it takes each as bytes. A path with
 * an escape that is none it answers itself, with a stack: here that leads nowhere.
 */
export function tameServer(server: Server): void {
  server.prependListener('request', (request) => {
    request.headers['content-type'] = 'application/octet-stream';
    leadNowhere(request);
  });
  server.on('clientError', (_error, socket) => refuse(socket));
}

/** So much more of a request is read and dropped, so that its client gets to its answer. */
const MAX_DROPPED_BYTES = 4 * 1024 * 1024;
const MAX_DROP_MS = 2000;

function refuse(socket: Duplex & { bytesRead?: number }): void {
  // each further chunk is an error of the parser's too
  if (socket.writableEnded && (socket.bytesRead ?? 0) <= MAX_DROPPED_BYTES) return;
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const body = JSON.stringify(new RequestProblem('too-large').document(newRequestId()));
  const headers = `Connection: close\r\nContent-Type: application/problem+json\r\nContent-Length: ${body.length}`;
  socket.end(`HTTP/1.1 400 Bad Request\r\n${headers}\r\n\r\n${body}`);
  const timer = setTimeout(() => socket.destroy(), MAX_DROP_MS);
  socket.once('close', () => clearTimeout(timer));
}
