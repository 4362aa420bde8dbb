import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openAssets } from '../../assets.ts';
import { fixtureAnswer } from './fixture-answers.ts';

/** What stands in for an answer; undefined: the fixture's. */
export type Instead = (url: URL) => { status: number; body: unknown } | undefined;

export interface FixtureServer {
  url: string;
  /** Addresses that were asked for. */
  asked: string[];
  instead: Instead;
  stop(): Promise<void>;
}

/** The bundled page's files as the function serves them, over answers that are always the same. */
export async function startFixtureServer(files: ReadonlyMap<string, Uint8Array>): Promise<FixtureServer> {
  const folder = await mkdtemp(join(tmpdir(), 'sitebeat-page-'));
  for (const [name, contents] of files) await writeFile(join(folder, name), contents);
  const assets = openAssets(pathToFileURL(`${folder}/`));
  await rm(folder, { recursive: true });
  const server = createServer((request, response) => {
    const { pathname, searchParams, href } = new URL(request.url ?? '/', 'http://dashboard');
    if (!pathname.startsWith('/api/')) return serveAsset(assets, request, response, pathname);
    self.asked.push(pathname);
    const other = self.instead(new URL(href));
    const body = other ? other.body : fixtureAnswer(pathname, searchParams);
    const status = other?.status ?? (body === undefined ? 404 : 200);
    response.writeHead(request.method === 'POST' ? 204 : status, { 'Content-Type': 'application/json' });
    response.end(
      request.method === 'POST'
        ? undefined
        : JSON.stringify(body ?? { title: 'There is nothing here', status, instance: 'req_0' }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const self: FixtureServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    instead: () => undefined,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return self;
}

function serveAsset(
  assets: ReturnType<typeof openAssets>,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
) {
  try {
    assets.respond(request, response, path);
  } catch {
    response.writeHead(404).end();
  }
}
