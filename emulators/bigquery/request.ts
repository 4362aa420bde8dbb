import type { Catalog } from './catalog.ts';
import { invalid, unsupported } from './errors.ts';
import type { Executor } from './execute.ts';
import type { Inserter } from './insert.ts';
import type { Jobs, PageRequest } from './jobs.ts';
import { isNode } from './sql/tree.ts';
import type { TableReader } from './table-reader.ts';

export type Json = Readonly<Record<string, unknown>>;

/** A request, with the names in its path. */
export interface Request {
  project: string;
  dataset: string;
  name: string;
  query: URLSearchParams;
  body: Json;
  /** The emulator's own address. */
  base: string;
}

export interface Parts {
  catalog: Catalog;
  executor: Executor;
  inserter: Inserter;
  jobs: Jobs;
  reader: TableReader;
}

/** Gives the answer's body, or nothing. */
export type Handler = (request: Request, parts: Parts) => unknown;

/** What can be asked: method, path below the project (`{dataset}` is a name in it), and who answers. */
export type Route = readonly [method: string, path: string, handler: Handler];

/** An object in the body, or an empty one. */
export const objectIn = (body: Json, key: string): Json => (isNode(body[key]) ? body[key] : {});

/** Which page is asked for: in the address, or in the body. */
export function pageOf(query: URLSearchParams, body: Json): PageRequest {
  const options = objectIn(body, 'formatOptions');
  const option = (key: string) => query.get(`formatOptions.${key}`) ?? options[key];
  if (option('timestampOutputFormat')) throw unsupported('timestampOutputFormat');
  const token = query.get('pageToken') ?? query.get('startIndex') ?? '0';
  if (!/^\d+$/.test(token)) throw invalid(`Invalid page token: ${token}`);
  const maxResults = query.get('maxResults') ?? body.maxResults;
  return {
    maxResults: maxResults === undefined || maxResults === null ? undefined : Number(maxResults),
    start: Number(token),
    format: { hasMicros: String(option('useInt64Timestamp')) === 'true' },
  };
}
