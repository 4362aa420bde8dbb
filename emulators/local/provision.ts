import { BigQuery } from '@google-cloud/bigquery';
import { PubSub, type Subscription } from '@google-cloud/pubsub';
import { Storage } from '@google-cloud/storage';
import { MongoClient } from 'mongodb';
import { type Mesh, type MeshSubscription, subscriptionsOf, topicsOf } from '../../functions/mesh.ts';
import type { Project } from '../../shared/project/project.ts';
import { applyTables } from '../../shared/stores/history/tables.ts';
import { applyIndexes } from '../../shared/stores/indexes.ts';
import type { ProjectDocument } from '../../shared/stores/projects.ts';
import type { StoreEnv } from './store-env.ts';

/** The project of the captured payloads: what a newcomer can post to at once. */
export const DEMO_PROJECT: Project = {
  hash: 'a4a8da5b-b419-4656-98e9-4a42e9044891',
  name: 'Demo Forms',
  slug: 'demo-forms',
  type: 'plugin',
  customFields: [
    { key: 'plan', type: 'string', label: 'Plan' },
    { key: 'forms_count', type: 'number', label: 'Forms' },
  ],
  reasons: [{ id: 'too-slow', label: 'It slowed my site down' }],
  mailIntegrations: [{ provider: 'mailchimp', list: 'demo-list', enabled: true }],
  // its sites all report within seconds
  mailCapPerHour: 10_000,
  keepFullIp: false,
  archived: false,
  access: [],
  releases: [],
  advisories: [],
};

/** Makes the archive's bucket, the history's dataset, tables and views, and MongoDB's indexes, where they are missing. */
export async function provisionStores(env: StoreEnv): Promise<void> {
  await Promise.all([provisionBucket(env), provisionDataset(env), provisionMongodb(env)]);
}

/** The archive's bucket, if it is missing. */
export async function provisionBucket(env: StoreEnv): Promise<void> {
  const bucket = new Storage({ projectId: env.GOOGLE_CLOUD_PROJECT }).bucket(env.ARCHIVE_BUCKET);
  const [exists] = await bucket.exists();
  if (!exists) await bucket.create();
}

/** The history's dataset, tables and views, as they have to be. */
export async function provisionDataset(env: StoreEnv): Promise<void> {
  await applyTables(new BigQuery({ projectId: env.GOOGLE_CLOUD_PROJECT }).dataset(env.BIGQUERY_DATASET));
}

/** MongoDB's indexes, and the demo's project, if they are missing. */
export async function provisionMongodb(env: StoreEnv): Promise<void> {
  const client = new MongoClient(env.MONGODB_URI);
  try {
    const db = client.db();
    await applyIndexes(db);
    const { hash, ...project } = DEMO_PROJECT;
    await db
      .collection<ProjectDocument>('projects')
      .updateOne({ _id: hash }, { $setOnInsert: project }, { upsert: true });
  } finally {
    await client.close();
  }
}

const IMPATIENT = { minBackoffSeconds: 1, maxBackoffSeconds: 2 };

/** A mesh whose failed deliveries come again within seconds: nobody waits for minutes in a test. */
export function impatient(mesh: Mesh): Mesh {
  const functions = mesh.functions.map((fn) =>
    fn.delivery ? { ...fn, delivery: { ...fn.delivery, ...IMPATIENT } } : fn,
  );
  return { ...mesh, functions };
}

/** Where each function that is behind a topic listens, by its name. */
export type PushEndpoints = Record<string, string>;

/**
 * Makes topics, subscriptions and dead letters, points each subscription at its function, and lets the bucket tell of its
 * objects.
 */
export async function provisionDelivery(mesh: Mesh, endpoints: PushEndpoints, env: StoreEnv): Promise<void> {
  const pubsub = new PubSub({ projectId: env.GOOGLE_CLOUD_PROJECT });
  try {
    const subscriptions = subscriptionsOf(mesh);
    const deadLetters = subscriptions.map(({ deadLetter }) => deadLetter);
    for (const topic of [...topicsOf(mesh), ...deadLetters]) await pubsub.createTopic(topic).catch(unlessExists);
    for (const topic of deadLetters) {
      await pubsub.createSubscription(topic, topic, KEPT).catch(unlessExists);
    }
    for (const subscription of subscriptions) {
      const endpoint = `${endpoints[subscription.name]}/projects/${env.GOOGLE_CLOUD_PROJECT}/topics/${subscription.topic}`;
      await provisionSubscription(pubsub, subscription, endpoint);
    }
  } finally {
    await pubsub.close();
  }
  await provisionNotification(mesh, env);
}

/** Seven days; and a subscription that nobody uses stays. */
const KEPT = { messageRetentionDuration: { seconds: 7 * 24 * 3600 }, expirationPolicy: {} };

async function provisionSubscription(pubsub: PubSub, wanted: MeshSubscription, pushEndpoint: string): Promise<void> {
  const subscription: Subscription = pubsub.subscription(wanted.name);
  const [exists] = await subscription.exists();
  if (exists) {
    await subscription.modifyPushConfig({ pushEndpoint });
    return;
  }
  await pubsub.createSubscription(wanted.topic, wanted.name, {
    pushEndpoint,
    ...(wanted.filter !== undefined && { filter: wanted.filter }),
    ackDeadlineSeconds: wanted.ackDeadlineSeconds,
    ...KEPT,
    retryPolicy: {
      minimumBackoff: { seconds: wanted.minBackoffSeconds },
      maximumBackoff: { seconds: wanted.maxBackoffSeconds },
    },
    deadLetterPolicy: {
      deadLetterTopic: pubsub.topic(wanted.deadLetter).name,
      maxDeliveryAttempts: wanted.maxDeliveryAttempts,
    },
  });
}

/** Has the bucket tell a topic of its objects, unless it does. */
export async function provisionNotification(mesh: Mesh, env: StoreEnv): Promise<void> {
  const bucket = new Storage({ projectId: env.GOOGLE_CLOUD_PROJECT }).bucket(env.ARCHIVE_BUCKET);
  const topic = `projects/${env.GOOGLE_CLOUD_PROJECT}/topics/${mesh.notificationTopic}`;
  const [notifications] = await bucket.getNotifications();
  if (notifications.some(({ metadata }) => metadata?.topic?.endsWith(topic))) return;
  await bucket.createNotification(topic, { eventTypes: ['OBJECT_FINALIZE'], payloadFormat: 'JSON_API_V1' });
}

const ALREADY_EXISTS = 6;

/** For what may be there already. */
function unlessExists(error: { code?: unknown }): void {
  if (error.code !== ALREADY_EXISTS) throw error;
}
