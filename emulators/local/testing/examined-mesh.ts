import type { Dataset } from '@google-cloud/bigquery';
import type { PubSub } from '@google-cloud/pubsub';
import type { Bucket } from '@google-cloud/storage';
import type { Db } from 'mongodb';
import { readMesh, subscriptionsOf } from '../../../functions/mesh.ts';
import {
  provisionBucket,
  provisionDataset,
  provisionDelivery,
  provisionMongodb,
  provisionNotification,
} from '../provision.ts';
import type { StoreEnv } from '../store-env.ts';

/** Clients of the stores that are examined. */
export interface Stores {
  env: StoreEnv;
  pubsub: PubSub;
  bucket: Bucket;
  dataset: Dataset;
  db: Db;
}

export interface Difference {
  what: string;
  expected: string;
  actual: string;
}

export const MESH = readMesh();
export const PUSH = Object.fromEntries(subscriptionsOf(MESH).map((subscription) => [subscription.name, subscription]));

export const PARTS = ['delivery', 'archive', 'history', 'latest'] as const;
export type Part = (typeof PARTS)[number];

export interface Drift {
  title: string;
  /** Two of one thing would be in each other's way. */
  of: string;
  drift: (stores: Stores) => Promise<unknown>;
  says: (env: StoreEnv) => Difference[];
}

/** Puts back what a drift may have taken away, by what it was part of. */
export const REPAIRS: Record<Part, (stores: Stores) => Promise<void>> = {
  delivery: async ({ env, pubsub }: Stores) => {
    const [subscriptions] = await pubsub.getSubscriptions();
    await Promise.all(subscriptions.map((subscription) => subscription.delete()));
    const endpoints = Object.keys(PUSH).map((name) => [name, 'http://127.0.0.1:9']);
    await provisionDelivery(MESH, Object.fromEntries(endpoints), env);
  },
  archive: async ({ env, bucket }: Stores) => {
    await provisionBucket(env);
    const [notifications] = await bucket.getNotifications();
    await Promise.all(notifications.map((notification) => notification.delete()));
    await provisionNotification(MESH, env);
  },
  history: async ({ env, dataset }: Stores) => {
    const names = ['rejections', 'sites_unique'];
    await Promise.all(names.map((name) => dataset.table(name).delete({ ignoreNotFound: true })));
    await provisionDataset(env);
  },
  latest: async ({ env, db }: Stores) => {
    for (const name of ['projects', 'sites']) await db.collection(name).drop();
    await provisionMongodb(env);
  },
};
