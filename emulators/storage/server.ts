import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Reply } from './call.ts';
import { StorageError } from './errors.ts';
import { findRoute } from './routes.ts';
import type { Store } from './store.ts';

/** A server, not yet listening, that answers from the store. */
export function createStorageServer(store: Store): Server {
  return createServer({ keepAliveTimeout: 60_000 }, async (request, response) => {
    const reply = await answer(store, request).catch(refusal);
    // a client that has gone is told nothing
    if (request.complete || !request.destroyed) write(response, reply);
  });
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

function refusal(error: unknown): Reply {
  const refused = error instanceof StorageError ? error : new StorageError(500, 'internalError', String(error));
  if (refused.code === 500) console.error('storage emulator:', error);
  return refused.code === 304 ? { status: 304 } : { status: refused.code, json: refused.body() };
}

function write(response: ServerResponse, { status, headers = {}, json, bytes }: Reply): void {
  // text goes out in one piece with the headers
  const body = json === undefined ? bytes : JSON.stringify(json);
  response.writeHead(status, {
    ...headers,
    ...(json !== undefined && { 'content-type': 'application/json; charset=UTF-8' }),
    ...(status !== 204 && status !== 304 && { 'content-length': Buffer.byteLength(body ?? '') }),
  });
  response.end(body);
}
