import { randomBytes } from 'node:crypto';
import { BigQuery, type Dataset } from '@google-cloud/bigquery';
import { type Bucket, Storage } from '@google-cloud/storage';
import { applyTables } from '../stores/history/tables.ts';
import { type Latest, openLatest } from '../stores/mongodb.ts';

function ownName(): string {
  return `test_${randomBytes(8).toString('hex')}`;
}

/** Read when a test runs: the stores are started after the test files are loaded. */
function projectId(): string {
  return process.env.GOOGLE_CLOUD_PROJECT ?? '';
}

/** A bucket that no other test has; delete it with `bucket.delete`, its files before. */
export async function ownBucket(): Promise<Bucket> {
  const [bucket] = await new Storage({ projectId: projectId() }).createBucket(ownName());
  return bucket;
}

/** A database that no other test has; drop it and close it in the end. */
export function ownDatabase(): Latest {
  const uri = new URL(process.env.MONGODB_URI ?? '');
  uri.pathname = `/${ownName()}`;
  return openLatest({ mongodbUri: uri.href, maxPoolSize: 10 });
}

/** A dataset that no other test has, with the tables and views of schemas/bigquery; delete it with `force`. */
export async function ownDataset(): Promise<Dataset> {
  const dataset = new BigQuery({ projectId: projectId() }).dataset(ownName());
  await applyTables(dataset);
  return dataset;
}
