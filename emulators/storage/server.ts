import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Reply } from './call.ts';
import { StorageError } from './errors.ts';
import { findRoute } from './routes.ts';
import type { Store } from './store.ts';

/** A request that is still coming in when the emulator stops has so long to end. */
const STOP_WAIT_MS = 2_000;

/** The HTTP side. */
export interface StorageServer {
  server: Server;
  /** Answers what is in flight, then closes every connection. */
  stop(): Promise<void>;
}

/** A server, not yet listening, that answers from the store. */
export function createStorageServer(store: Store): StorageServer {
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    respond(store, request, response).catch(() => response.destroy());
  });
  const stop = async () => {
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    // connections in use are kept alive otherwise
    server.prependListener('request', (_, response) => response.setHeader('connection', 'close'));
    const idle = setInterval(() => server.closeIdleConnections(), 10);
    const limit = setTimeout(() => server.closeAllConnections(), STOP_WAIT_MS);
    await closed;
    clearInterval(idle);
    clearTimeout(limit);
  };
  return { server, stop };
}

async function respond(store: Store, request: IncomingMessage, response: ServerResponse): Promise<void> {
  let reply: Reply;
  try {
    reply = await answer(store, request);
    await store.settled();
  } catch (error) {
    if (!request.complete && request.destroyed) return;
    reply = await refusal(store, error);
  }
  await write(response, reply);
}

async function answer(store: Store, request: IncomingMessage): Promise<Reply> {
  const url = request.url ?? '/';
  const cut = url.indexOf('?');
  const path = cut === -1 ? url : url.slice(0, cut);
  const query = new URLSearchParams(cut === -1 ? '' : url.slice(cut + 1));
  const { handler, names } = findRoute(request.method ?? 'GET', path);
  const base = `http://${request.headers.host ?? `127.0.0.1:${request.socket.localPort}`}`;
  return handler({ store, request, query, names, links: { self: base, media: base } });
}

/** A refusal shows the state too (412: it exists), and so waits as any answer does. */
async function refusal(store: Store, error: unknown): Promise<Reply> {
  const refused = error instanceof StorageError ? error : new StorageError(500, 'internalError', String(error));
  if (refused.code === 500) console.error('storage emulator:', error);
  try {
    await store.settled();
  } catch (failure) {
    if (failure instanceof StorageError) return { status: failure.code, json: failure.body() };
  }
  return refused.code === 304 ? { status: 304 } : { status: refused.code, json: refused.body() };
}

async function write(response: ServerResponse, { status, headers = {}, json, bytes }: Reply): Promise<void> {
  if (bytes !== undefined && !Buffer.isBuffer(bytes)) {
    response.writeHead(status, headers);
    await pipeline(Readable.from(bytes, { objectMode: false }), response);
    return;
  }
  const body = json === undefined ? bytes : Buffer.from(JSON.stringify(json));
  response.writeHead(status, {
    ...headers,
    ...(json !== undefined && { 'content-type': 'application/json; charset=UTF-8' }),
    ...(status !== 204 && status !== 304 && { 'content-length': body?.length ?? 0 }),
  });
  response.end(body);
}
