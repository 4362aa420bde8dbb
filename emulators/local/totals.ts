import { BigQuery } from '@google-cloud/bigquery';
import { Storage } from '@google-cloud/storage';
import { MongoClient } from 'mongodb';
import { parseObjectName } from '../../shared/event/object-name.ts';
import { HISTORY_TABLES } from '../../shared/stores/history/history.ts';
import type { StoreEnv } from './store-env.ts';

/** What the stores hold; history and rejections as readers see them, each event once. */
export interface Totals {
  objects: number;
  sites: number;
  history: number;
  rejections: number;
}

/** Counts it with the official clients. */
export async function countStores(env: StoreEnv): Promise<Totals> {
  const [{ length: objects }, history, rejections, sites] = await Promise.all([
    idsInArchive(env),
    countEvents(env, HISTORY_TABLES),
    countEvents(env, ['rejections']),
    countSites(env),
  ]);
  return { objects, sites, history, rejections };
}

/** The id of each event in the archive. */
export async function idsInArchive(env: StoreEnv): Promise<string[]> {
  const [files] = await new Storage({ projectId: env.GOOGLE_CLOUD_PROJECT }).bucket(env.ARCHIVE_BUCKET).getFiles();
  return files.map(({ name }) => parseObjectName(name)?.id ?? name);
}

/** What the mail API refused is among the rejections, but its event is in the history. */
const OF_EVENTS: Record<string, string> = { rejections: "AND kind != 'subscriber'" };

async function countEvents(env: StoreEnv, tables: readonly string[]): Promise<number> {
  const all = tables
    .map(
      (table) =>
        `SELECT event_id FROM \`${env.BIGQUERY_DATASET}.${table}_unique\`
        WHERE received_at >= TIMESTAMP('2020-01-01') ${OF_EVENTS[table] ?? ''}`,
    )
    .join(' UNION ALL ');
  const bigQuery = new BigQuery({ projectId: env.GOOGLE_CLOUD_PROJECT });
  const [rows] = await bigQuery.query({ query: `SELECT COUNT(DISTINCT event_id) AS events FROM (${all})` });
  return rows[0].events;
}

async function countSites(env: StoreEnv): Promise<number> {
  const client = new MongoClient(env.MONGODB_URI);
  try {
    return await client.db().collection('sites').countDocuments();
  } finally {
    await client.close();
  }
}

/** A line of a site's history. */
export interface HistoryLine {
  received_at: string;
  kind: string;
  project_version: string | null;
  php_version: string | null;
}

/** Everything that a site reported, oldest first. */
export async function readHistory(env: StoreEnv, site: string): Promise<HistoryLine[]> {
  const query = `SELECT FORMAT_TIMESTAMP('%F %T', received_at) AS received_at, kind, project_version, php_version
    FROM \`${env.BIGQUERY_DATASET}.sites_unique\`
    WHERE received_at >= TIMESTAMP('2020-01-01') AND site = @site
    ORDER BY received_at, event_id`;
  const [rows] = await new BigQuery({ projectId: env.GOOGLE_CLOUD_PROJECT }).query({ query, params: { site } });
  return rows;
}
