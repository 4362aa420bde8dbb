import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { pathToFileURL } from 'node:url';
import { type EmulatorOptions, listen, runAlone, type StartEmulator } from '../emulator.ts';
import { parseObject, readText } from '../request-body.ts';
import { Catalog } from './catalog.ts';
import { openDatabase } from './database.ts';
import { fromEngine, invalid, notFound } from './errors.ts';
import { Executor } from './execute.ts';
import { Inserter } from './insert.ts';
import { Jobs } from './jobs.ts';
import type { Parts } from './request.ts';
import { route } from './routes.ts';
import { streamingBuffer } from './streaming-buffer.ts';
import { TableReader } from './table-reader.ts';

export interface BigQueryOptions extends EmulatorOptions {
  /** How long rows of insertAll cannot be deleted; in the cloud up to 90 minutes. 0: not at all. */
  streamingBufferMs?: number;
}

const maxBodyBytes = 10 * 1024 * 1024;

/** BigQuery's REST API over DuckDB. Data lies in `<dataDir>/bigquery.duckdb`. */
export const startBigQuery: StartEmulator<BigQueryOptions> = async ({ port, dataDir, streamingBufferMs = 0 } = {}) => {
  const database = await openDatabase(dataDir);
  const catalog = await Catalog.open(database);
  const executor = new Executor(database, catalog, streamingBuffer(streamingBufferMs));
  const jobs = new Jobs(executor, catalog);
  const inserter = new Inserter(database, catalog);
  const reader = new TableReader(database);
  const parts: Parts = { catalog, executor, inserter, jobs, reader };
  const running = new Set<Promise<void>>();
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const answered = answer(request, response, parts).finally(() => running.delete(answered));
    running.add(answered);
  });
  const url = `http://127.0.0.1:${await listen(server, port, () => database.close())}`;
  return {
    url,
    env: { BIGQUERY_EMULATOR_HOST: url },
    stop: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      await Promise.all(running);
      server.closeAllConnections();
      await closed;
      await jobs.stop();
      await database.close();
    },
  };
};

/** Answers both `/bigquery/v2/projects/…`, as of a client with an endpoint, and `/projects/…`, as of one with the variable. */
async function answer(request: IncomingMessage, response: ServerResponse, parts: Parts): Promise<void> {
  try {
    const url = new URL(request.url ?? '/', `http://${request.headers.host ?? 'localhost'}`);
    const body = await readBody(request);
    const match = /^(?:\/bigquery\/v2)?\/projects\/([^/]+)(\/.*)$/.exec(url.pathname);
    if (match === null) throw notFound(`URL ${url.pathname}`);
    const project = decodeURIComponent(match[1] ?? '');
    const base = url.origin;
    const asked = { project, dataset: '', name: '', query: url.searchParams, body, base };
    send(response, 200, await route(request.method ?? 'GET', match[2] ?? '', asked, parts));
  } catch (error) {
    const failure = fromEngine(error);
    send(response, failure.code, failure.body);
  }
}

async function readBody(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const text = await readText(request, maxBodyBytes);
  if (text === undefined) throw invalid(`Request payload size exceeds the limit: ${maxBodyBytes} bytes.`);
  const body = text === '' ? {} : parseObject(text);
  if (body === undefined) throw invalid('Invalid JSON payload received.');
  return body;
}

function send(response: ServerResponse, code: number, body: unknown): void {
  if (body === undefined) return void response.writeHead(code === 200 ? 204 : code).end();
  response.statusCode = code;
  response.setHeader('Content-Type', 'application/json; charset=UTF-8').end(JSON.stringify(body));
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await runAlone('BigQuery', startBigQuery);
}
