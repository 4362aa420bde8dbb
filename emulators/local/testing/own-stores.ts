import { randomBytes, randomUUID } from 'node:crypto';
import { BigQuery } from '@google-cloud/bigquery';
import { PubSub } from '@google-cloud/pubsub';
import { Storage } from '@google-cloud/storage';
import { MongoClient } from 'mongodb';

import { DEFAULTS, STORE_VARIABLES, type StoreEnv } from '../store-env.ts';

/** Room for a mesh of a test's own in the tests' stores: a project, bucket, dataset, database and mailbox that nobody else has. */
export function ownStores(): StoreEnv {
  const name = `own-${randomBytes(6).toString('hex')}`;
  const given = Object.fromEntries(STORE_VARIABLES.map((variable) => [variable, process.env[variable]])) as StoreEnv;
  const mongodb = new URL(given.MONGODB_URI);
  mongodb.pathname = `/${name}`;
  return {
    ...given,
    ...DEFAULTS,
    MAIL_API_SECRET: process.env.MAIL_API_SECRET ?? DEFAULTS.MAIL_API_SECRET,
    GOOGLE_CLOUD_PROJECT: name,
    ARCHIVE_BUCKET: name,
    BIGQUERY_DATASET: name.replace('-', '_'),
    MONGODB_URI: mongodb.href,
    MAIL_API_URL: new URL(`/${randomUUID()}`, given.MAIL_API_URL).href,
  };
}

/** Removes what was provisioned there, in the order in which nothing is pushed any more. */
export async function removeOwnStores(env: StoreEnv): Promise<void> {
  const projectId = env.GOOGLE_CLOUD_PROJECT;
  const pubsub = new PubSub({ projectId });
  const [subscriptions] = await pubsub.getSubscriptions();
  await Promise.all(subscriptions.map((subscription) => subscription.delete()));
  const [topics] = await pubsub.getTopics();
  await Promise.all(topics.map((topic) => topic.delete()));
  await pubsub.close();
  const bucket = new Storage({ projectId }).bucket(env.ARCHIVE_BUCKET);
  await bucket.deleteFiles({ force: true });
  await bucket.delete();
  const dataset = new BigQuery({ projectId }).dataset(env.BIGQUERY_DATASET);
  const [exists] = await dataset.exists();
  if (exists) await dataset.delete({ force: true });
  const client = new MongoClient(env.MONGODB_URI);
  await client.db().dropDatabase();
  await client.close();
}
