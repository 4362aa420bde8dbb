import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Dataset } from '@google-cloud/bigquery';
import type { Db } from 'mongodb';
import type { Project } from '../../../shared/project/project.ts';
import type { LogFields } from '../../../shared/runtime/log.ts';
import { openAuditWriter } from '../../../shared/stores/history/audits.ts';
import { applyIndexes } from '../../../shared/stores/indexes.ts';
import { openProjectsWriter } from '../../../shared/stores/projects-writer.ts';
import { giveDataset, takeDataset } from '../../../shared/testing/spare-datasets.ts';
import { ownDatabase } from '../../../shared/testing/stores.ts';
import type { Problem } from '../api.ts';
import { openAssets } from '../assets.ts';
import { findRoute } from '../router.ts';
import { type Dependencies, ROUTES, route } from '../routes.ts';
import { openStores, type Stores } from '../stores.ts';
import { tameServer } from '../tame-server.ts';
import { openWhoIs } from '../who-is.ts';
import { openapiPath, validateAnswer } from './validate-answer.ts';

export interface Asked {
  /** The e-mail address that Cloud Run says; nobody without one. */
  as?: string;
  method?: string;
  headers?: Record<string, string>;
}

export interface Answered<Body> {
  status: number;
  headers: Headers;
  text: string;
  /** undefined for what is no JSON; what it is otherwise, openapi.json has seen to. */
  body: Body;
}

/** A dashboard of a test's own, with stores of its own. Every answer that a test gets is held against openapi.json. */
export interface OwnDashboard {
  url: string;
  db: Db;
  dataset: Dataset;
  stores: Stores;
  dependencies: Dependencies;
  /** What it logged. */
  lines: { severity: string; message: string; fields: LogFields }[];
  get<Body = Problem>(path: string, asked?: Asked): Promise<Answered<Body>>;
  /** The rows of the audit, by time. */
  audits(): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

export const OPERATOR = 'operator@example.org';
export const PAGE = '<!doctype html><title>page</title>';

export async function openOwnDashboard(projects: Project[], now: Date): Promise<OwnDashboard> {
  const [dataset, latest] = [await takeDataset(), ownDatabase()];
  await applyIndexes(latest.db);
  for (const project of projects) await openProjectsWriter(latest.db).create(project);
  const options = { projectId: dataset.projectId, dataset: String(dataset.id), maxBytesBilled: 2 ** 30 };
  const page = mkdtempSync(join(tmpdir(), 'sitebeat-page-'));
  writeFileSync(join(page, 'index.html'), PAGE);
  writeFileSync(join(page, 'app-1a2b.js'), 'let page;');
  const lines: OwnDashboard['lines'] = [];
  // no two moments are one
  let ticks = 0;
  const clock = () => {
    ticks += 1;
    return new Date(now.getTime() + ticks);
  };
  const stores = openStores(latest.db, options, openAuditWriter(options), clock);
  const dependencies: Dependencies = {
    whoIs: openWhoIs({ identity: 'cloud-run' }),
    identity: { identity: 'cloud-run' },
    admins: new Set([OPERATOR]),
    stores,
    assets: openAssets(pathToFileURL(`${page}/`)),
    now: clock,
    log: (severity, message, fields = {}) => void lines.push({ severity, message, fields }),
  };
  const server = createServer((request, response) => void route(request, response, dependencies)).listen(
    0,
    '127.0.0.1',
  );
  tameServer(server);
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    ...{ url, db: latest.db, dataset, stores, dependencies, lines },
    get: (path, asked) => ask(url, path, asked),
    audits: async () => {
      const query = `SELECT * FROM \`${dataset.id}.audits\` WHERE received_at > TIMESTAMP '2000-01-01' ORDER BY received_at`;
      return (await dataset.bigQuery.query({ query }))[0];
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(page, { recursive: true });
      await latest.db.dropDatabase();
      await latest.close();
      await giveDataset(dataset, new Set());
    },
  };
}

/** As Cloud Run passes it on: without its signature. */
export function bearer(email: string): string {
  const parts = [{ alg: 'RS256' }, { email, email_verified: true }].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  return `Bearer ${parts.join('.')}.`;
}

async function ask<Body>(
  url: string,
  path: string,
  { as, method = 'GET', headers = {} }: Asked = {},
): Promise<Answered<Body>> {
  const identity = as === undefined ? {} : { authorization: bearer(as) };
  const response = await fetch(url + path, { method, headers: { ...identity, ...headers } });
  // text() would take the byte order mark away
  const text = Buffer.from(await response.arrayBuffer()).toString();
  const type = response.headers.get('content-type') ?? '';
  const body = type.includes('json') && !type.includes('ndjson') ? JSON.parse(text) : undefined;
  const found = findRoute(ROUTES, method, new URL(url + path).pathname);
  if (found !== undefined) {
    const answer = { status: response.status, type, body: response.status === 304 ? undefined : (body ?? text) };
    validateAnswer(openapiPath(found.route.path), method, answer);
  }
  return { status: response.status, headers: response.headers, text, body };
}
