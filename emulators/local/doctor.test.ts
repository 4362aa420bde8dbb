import assert from 'node:assert/strict';
import { BigQuery, type Dataset } from '@google-cloud/bigquery';
import { PubSub } from '@google-cloud/pubsub';
import { type Bucket, Storage } from '@google-cloud/storage';
import { type Db, MongoClient } from 'mongodb';
import { readMesh, subscriptionsOf } from '../../functions/mesh.ts';
import { capturedRun } from '../../functions/testing/captured-run.ts';
import { readTables, readViews } from '../../shared/stores/history/tables.ts';
import { inProof } from '../../shared/testing/in-proof.ts';
import {
  provisionBucket,
  provisionDataset,
  provisionDelivery,
  provisionMongodb,
  provisionNotification,
  provisionStores,
} from './provision.ts';
import type { StoreEnv } from './store-env.ts';
import { ownStores, removeOwnStores } from './testing/own-stores.ts';

/** Clients of the stores that are examined. */
interface Stores {
  env: StoreEnv;
  pubsub: PubSub;
  bucket: Bucket;
  dataset: Dataset;
  db: Db;
}

interface Difference {
  what: string;
  expected: string;
  actual: string;
}

const MESH = readMesh();
const PUSH = Object.fromEntries(subscriptionsOf(MESH).map((subscription) => [subscription.name, subscription]));

async function replaceSubscription({ pubsub }: Stores, name: string, change: object): Promise<void> {
  const [found] = await pubsub.subscription(name).getMetadata();
  await pubsub.subscription(name).delete();
  const { state, topicMessageRetentionDuration, ...kept } = found;
  const topic = String(kept.topic).split('/').at(-1) as string;
  await pubsub.createSubscription(topic, name, { ...kept, ...change } as object);
}

async function replaceTable({ dataset }: Stores, name: string, change: object): Promise<void> {
  await dataset.table(name).delete();
  await dataset.createTable(name, { ...readTables()[name], ...change });
}

const withoutColumn = (table: string, column: string) => ({
  schema: { fields: readTables()[table]?.schema.fields.filter(({ name }) => name !== column) },
});

const PARTS = ['delivery', 'archive', 'history', 'latest'] as const;
type Part = (typeof PARTS)[number];

interface Drift {
  title: string;
  /** Two of one thing would be in each other's way. */
  of: string;
  drift: (stores: Stores) => Promise<unknown>;
  says: (env: StoreEnv) => Difference[];
}

/** What goes wrong with each part, and what is said then. Without a dataset nothing else of it can go wrong: that is the last. */
const DRIFTS: Record<Part, Drift[]> = {
  delivery: [
    {
      title: 'another filter',
      of: 'process-event',
      drift: (stores) =>
        replaceSubscription(stores, 'process-event', { filter: 'hasPrefix(attributes.objectId, "track/")' }),
      says: () => [
        {
          what: 'subscription process-event, filter',
          expected: PUSH['process-event']?.filter as string,
          actual: 'hasPrefix(attributes.objectId, "track/")',
        },
      ],
    },
    {
      title: 'no filter',
      of: 'process-event',
      drift: (stores) => replaceSubscription(stores, 'process-event', { filter: '' }),
      says: () => [
        {
          what: 'subscription process-event, filter',
          expected: PUSH['process-event']?.filter as string,
          actual: 'none',
        },
      ],
    },
    {
      title: 'an ack deadline, a retry policy, a retention and an expiry of another time',
      of: 'process-event',
      drift: (stores) =>
        replaceSubscription(stores, 'process-event', {
          ackDeadlineSeconds: 30,
          retryPolicy: { minimumBackoff: { seconds: 1 }, maximumBackoff: { seconds: 60 } },
          messageRetentionDuration: { seconds: 24 * 3600 },
          expirationPolicy: { ttl: { seconds: 31 * 24 * 3600 } },
        }),
      says: () => [
        { what: 'subscription process-event, ack deadline', expected: '60 s', actual: '30 s' },
        { what: 'subscription process-event, retry policy', expected: '10 s to 600 s', actual: '1 s to 60 s' },
        { what: 'subscription process-event, retention', expected: '7 days', actual: '1 days' },
        { what: 'subscription process-event, expiry', expected: 'never', actual: 'after 31 days without use' },
      ],
    },
    {
      title: 'other attempts and another dead-letter topic',
      of: 'notify-mail',
      drift: ({ pubsub }) =>
        pubsub.subscription('notify-mail').setMetadata({
          deadLetterPolicy: { deadLetterTopic: pubsub.topic('process-event-dead-letter').name, maxDeliveryAttempts: 5 },
        }),
      says: () => [
        {
          what: 'subscription notify-mail, dead-letter topic',
          expected: 'notify-mail-dead-letter',
          actual: 'process-event-dead-letter',
        },
        { what: 'subscription notify-mail, delivery attempts', expected: '100', actual: '5' },
      ],
    },
    {
      title: 'a subscription without retry policy and dead letter, of another topic, that does not push',
      of: 'notify-mail',
      drift: async ({ pubsub }) => {
        await pubsub.subscription('notify-mail').delete();
        await pubsub.createSubscription('objects', 'notify-mail', { ackDeadlineSeconds: 60, expirationPolicy: {} });
      },
      says: ({ GOOGLE_CLOUD_PROJECT: project }) => [
        { what: 'subscription notify-mail, topic', expected: 'subscribers', actual: 'objects' },
        { what: 'subscription notify-mail, retry policy', expected: '10 s to 600 s', actual: 'none' },
        { what: 'subscription notify-mail, dead-letter topic', expected: 'notify-mail-dead-letter', actual: 'none' },
        { what: 'subscription notify-mail, delivery attempts', expected: '100', actual: 'without end' },
        {
          what: 'subscription notify-mail, path of the push endpoint',
          expected: `/projects/${project}/topics/subscribers`,
          actual: 'none: it does not push',
        },
      ],
    },
    {
      title: 'a push to another path',
      of: 'notify-mail',
      drift: ({ pubsub }) =>
        pubsub.subscription('notify-mail').modifyPushConfig({ pushEndpoint: 'http://127.0.0.1:9/' }),
      says: ({ GOOGLE_CLOUD_PROJECT: project }) => [
        {
          what: 'subscription notify-mail, path of the push endpoint',
          expected: `/projects/${project}/topics/subscribers`,
          actual: '/',
        },
      ],
    },
    {
      title: 'no subscription',
      of: 'process-event',
      drift: ({ pubsub }) => pubsub.subscription('process-event').delete(),
      says: () => [{ what: 'subscription process-event', expected: 'there', actual: 'missing' }],
    },
    {
      title: 'no topic, which orphans its subscriptions',
      of: 'notify-mail',
      drift: ({ pubsub }) => pubsub.topic('subscribers').delete(),
      says: () => [
        { what: 'topic subscribers', expected: 'there', actual: 'missing' },
        { what: 'subscription notify-mail, topic', expected: 'subscribers', actual: '_deleted-topic_' },
      ],
    },
    {
      title: 'nobody who keeps the dead letters',
      of: 'process-event-dead-letter',
      drift: ({ pubsub }) => pubsub.subscription('process-event-dead-letter').delete(),
      says: () => [{ what: 'subscription process-event-dead-letter', expected: 'there', actual: 'missing' }],
    },
    {
      title: 'dead letters that are pushed',
      of: 'process-event-dead-letter',
      drift: ({ pubsub }) =>
        pubsub.subscription('process-event-dead-letter').modifyPushConfig({ pushEndpoint: 'http://127.0.0.1:9/' }),
      says: () => [{ what: 'subscription process-event-dead-letter, delivery', expected: 'pull', actual: 'push' }],
    },
  ],
  archive: [
    {
      title: 'no notification',
      of: 'bucket',
      drift: async ({ bucket }) => {
        const [[notification]] = await bucket.getNotifications();
        await notification?.delete();
      },
      says: ({ ARCHIVE_BUCKET: bucket }) => [
        {
          what: `bucket ${bucket}, notification to topic objects`,
          expected: 'OBJECT_FINALIZE of every object as JSON_API_V1',
          actual: 'none',
        },
      ],
    },
    {
      title: 'a notification of other events and of some objects',
      of: 'bucket',
      drift: async ({ bucket, pubsub }) => {
        const [[notification]] = await bucket.getNotifications();
        await notification?.delete();
        const topic = `projects/${pubsub.projectId}/topics/objects`;
        await bucket.createNotification(topic, { eventTypes: ['OBJECT_DELETE'], objectNamePrefix: 'track/' });
      },
      says: ({ ARCHIVE_BUCKET: bucket }) => [
        {
          what: `bucket ${bucket}, notification to topic objects`,
          expected: 'OBJECT_FINALIZE of every object as JSON_API_V1',
          actual: 'OBJECT_DELETE of objects under track/ as JSON_API_V1',
        },
      ],
    },
    {
      title: 'no bucket',
      of: 'bucket',
      drift: ({ bucket }) => bucket.delete(),
      says: ({ ARCHIVE_BUCKET: bucket }) => [{ what: `bucket ${bucket}`, expected: 'there', actual: 'missing' }],
    },
  ],
  history: [
    {
      title: 'no table',
      of: 'tracking_skips',
      drift: ({ dataset }) => dataset.table('tracking_skips').delete(),
      says: () => [{ what: 'table tracking_skips', expected: 'there', actual: 'missing' }],
    },
    {
      title: 'no column',
      of: 'rejections',
      drift: (stores) => replaceTable(stores, 'rejections', withoutColumn('rejections', 'kind')),
      says: () => [{ what: 'table rejections, column kind', expected: 'STRING REQUIRED', actual: 'missing' }],
    },
    {
      title: 'a column of another type and mode, and one too many',
      of: 'rejections',
      drift: (stores) => {
        const fields = withoutColumn('rejections', 'kind').schema.fields ?? [];
        const added = [
          { name: 'kind', type: 'INTEGER' },
          { name: 'extra', type: 'BOOL', mode: 'REPEATED' },
        ];
        return replaceTable(stores, 'rejections', { schema: { fields: [...fields, ...added] } });
      },
      says: () => [
        { what: 'table rejections, column kind', expected: 'STRING REQUIRED', actual: 'INTEGER NULLABLE' },
        { what: 'table rejections, column extra', expected: 'none', actual: 'BOOLEAN REPEATED' },
      ],
    },
    {
      title: 'other partitions and clusters, and no need for a partition filter',
      of: 'rejections',
      drift: (stores) =>
        replaceTable(stores, 'rejections', {
          timePartitioning: { type: 'MONTH', field: 'received_at' },
          clustering: { fields: ['kind', 'reason'] },
          requirePartitionFilter: false,
        }),
      says: () => [
        { what: 'table rejections, partitions', expected: 'DAY of received_at', actual: 'MONTH of received_at' },
        { what: 'table rejections, clustering', expected: 'reason', actual: 'kind, reason' },
        { what: 'table rejections, partition filter', expected: 'required', actual: 'not required' },
      ],
    },
    {
      title: 'a view with other SQL',
      of: 'sites_unique',
      drift: ({ dataset, env }) => {
        const query = `SELECT * FROM \`${env.BIGQUERY_DATASET}.sites\``;
        return dataset.table('sites_unique').setMetadata({ view: { query, useLegacySql: false } });
      },
      says: ({ BIGQUERY_DATASET: dataset }) => [
        {
          what: 'view sites_unique, SQL',
          expected: readViews(dataset).sites_unique?.trim() as string,
          actual: `SELECT * FROM \`${dataset}.sites\``,
        },
      ],
    },
    {
      title: 'no dataset',
      of: 'rejections',
      drift: ({ dataset }) => dataset.delete({ force: true }),
      says: ({ BIGQUERY_DATASET: dataset }) => [{ what: `dataset ${dataset}`, expected: 'there', actual: 'missing' }],
    },
  ],
  latest: [
    {
      title: 'what an earlier version left in MongoDB',
      of: 'sites',
      drift: async ({ db }) => {
        await db.collection('sites').createIndex({ project: 1, status: 1, lastSeenAt: -1, _id: 1 });
        await db.collection('sites').insertOne({ project: 'p', status: 'active' });
      },
      says: () => [
        {
          what: 'collection sites, former index {"project":1,"status":1,"lastSeenAt":-1,"_id":1}',
          expected: 'gone',
          actual: 'there: sitebeat setup drops it',
        },
        {
          what: 'documents of sites and deactivations',
          expected: 'up to date',
          actual: '1 are to be looked at: sitebeat setup brings them up to date',
        },
      ],
    },
    {
      title: 'a dropped index',
      of: 'sites',
      drift: ({ db }) => db.collection('sites').dropIndex({ urlMd5s: 1 } as never),
      says: () => [{ what: 'collection sites, index {"urlMd5s":1}', expected: 'there', actual: 'missing' }],
    },
    {
      title: 'an index that does not keep slugs apart',
      of: 'projects',
      drift: async ({ db }) => {
        await db.collection('projects').dropIndex({ slug: 1 } as never);
        await db.collection('projects').createIndex({ slug: 1 });
      },
      says: () => [{ what: 'collection projects, index {"slug":1}', expected: 'there, unique', actual: 'there' }],
    },
    {
      title: 'no project',
      of: 'projects',
      drift: ({ db }) => db.collection('projects').deleteMany({}),
      says: () => [{ what: 'projects', expected: 'at least one', actual: 'none' }],
    },
    {
      title: 'a project that no command would have written',
      of: 'projects',
      drift: ({ db }) =>
        db.collection('projects').updateMany({}, { $set: { type: 'widget' }, $unset: { reasons: '' } }),
      says: () => [{ what: 'project demo-forms', expected: 'valid', actual: 'reasons must be a list of objects' }],
    },
  ],
};

const ALL_DRIFTS = PARTS.flatMap((part) =>
  DRIFTS[part].map((one, index, all) => {
    const round = all.slice(0, index).filter((earlier) => earlier.of === one.of).length;
    return { ...one, part, round };
  }),
);

/** One of each thing at once, as long as there is one; where a project is wrong the doctor looks at no document. */
const ROUNDS = [...new Set(ALL_DRIFTS.map(({ round }) => round))].map((round) =>
  ALL_DRIFTS.filter((one) => one.round === round),
);

const sorted = (differences: Difference[]) => [...differences].sort((a, b) => (a.what < b.what ? -1 : 1));

/** Puts back what a drift may have taken away, by what it was part of. */
const REPAIRS: Record<Part, (stores: Stores) => Promise<void>> = {
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

/** The clients take their hosts from the environment alone. */
async function withEnvironment<T>(variables: Record<string, string>, work: () => Promise<T>): Promise<T> {
  const before = Object.keys(variables).map((name) => [name, process.env[name]]);
  Object.assign(process.env, variables);
  try {
    return await work();
  } finally {
    Object.assign(process.env, Object.fromEntries(before));
  }
}

describe('sitebeat doctor', () => {
  let stores: Stores;
  let client: MongoClient;
  const drifted = new Set<Part>();

  before(async () => {
    const env = ownStores();
    const projectId = env.GOOGLE_CLOUD_PROJECT;
    client = new MongoClient(env.MONGODB_URI);
    stores = {
      env,
      pubsub: new PubSub({ projectId }),
      bucket: new Storage({ projectId }).bucket(env.ARCHIVE_BUCKET),
      dataset: new BigQuery({ projectId }).dataset(env.BIGQUERY_DATASET),
      db: client.db(),
    };
    await provisionStores(env);
    await REPAIRS.delivery(stores);
  });
  afterEach(async () => {
    // the bucket first: delivery has it tell of its objects
    for (const part of [...drifted].sort()) await REPAIRS[part](stores);
    drifted.clear();
  });
  after(async () => {
    await stores.pubsub.close();
    await client.close();
    await removeOwnStores(stores.env);
  });

  const examine = async (...args: string[]) => {
    const run = await capturedRun(['doctor', '--json', ...args], stores.env);
    return { ...run, diagnosis: JSON.parse(run.stdout) };
  };

  it('says ok of a mesh as it was provisioned', async () => {
    const { exitCode, diagnosis, stderr } = await examine();
    assert.deepEqual(diagnosis.differences, []);
    assert.deepEqual([exitCode, diagnosis.ok, stderr], [0, true, '']);
    assert.ok(diagnosis.checks > 100);
    const { stdout } = await capturedRun(['doctor'], stores.env);
    assert.equal(stdout, `${diagnosis.checks} checks, all as it should be\n`);
  });

  it('takes the views that Terraform makes, which name the project too', async () => {
    drifted.add('history');
    const { dataset, env } = stores;
    const query = readViews(`${env.GOOGLE_CLOUD_PROJECT}.${dataset.id}`).sites_unique ?? '';
    await dataset.table('sites_unique').setMetadata({ view: { query, useLegacySql: false } });
    assert.equal((await examine()).exitCode, 0);
  });

  for (const round of ROUNDS)
    it(`sees ${round.map(({ title }) => title).join('; ')}; and nothing else`, async () => {
      const expected = round.flatMap(({ says }) => says(stores.env));
      for (const { part, drift } of round) {
        drifted.add(part);
        await drift(stores);
      }
      const { exitCode, diagnosis, stderr } = await examine();
      assert.deepEqual(sorted(diagnosis.differences), sorted(expected));
      assert.deepEqual([exitCode, diagnosis.ok], [1, false]);
      assert.match(stderr, /^sitebeat: .*\n$/);
    });

  it('says in one line what differs, and how many', async () => {
    drifted.add('history').add('delivery');
    const query = (readViews(stores.env.BIGQUERY_DATASET).sites_unique ?? '').replace('DESC) = 1', 'ASC) = 1');
    await stores.dataset.table('sites_unique').setMetadata({ view: { query, useLegacySql: false } });
    await stores.pubsub.subscription('notify-mail').delete();
    const { exitCode, stdout } = await capturedRun(['doctor'], stores.env);
    const [first, second, summary] = stdout.split('\n');
    assert.equal(exitCode, 1);
    assert.equal(first, 'subscription notify-mail: expected there; found missing');
    assert.equal(
      second,
      'view sites_unique, SQL: expected …vent_id ORDER BY processed_at DESC) = 1; found …vent_id ORDER BY processed_at ASC) = 1',
    );
    assert.match(String(summary), /^\d+ checks, 2 differ$/);
  });

  it('expects nothing of notify-mail where no mail API is configured', async () => {
    drifted.add('delivery').add('latest');
    await stores.pubsub.subscription('notify-mail').delete();
    await stores.db.collection('projects').updateMany({}, { $set: { mailIntegrations: [] } });
    assert.deepEqual([(await examine()).exitCode, (await examine('--no-mail')).exitCode], [1, 0]);
  });

  it('warns of a project with mail lists where no mail API is configured, for its requests reach nobody', async () => {
    const { exitCode, diagnosis } = await examine('--no-mail');
    const expected = 'none, for there is no mail API';
    assert.deepEqual(diagnosis.differences, [
      { what: 'project demo-forms, mail lists', expected, actual: 'mailchimp:demo-list' },
    ]);
    assert.equal(exitCode, 1);
  });

  it('expects an identity of each push in the cloud', async () => {
    const { exitCode, stdout } = await capturedRun(['doctor', '--json'], { ...stores.env, PUBSUB_EMULATOR_HOST: '' });
    const told: Difference[] = JSON.parse(stdout).differences;
    assert.equal(exitCode, 1);
    assert.deepEqual(
      told.map(({ what }) => what),
      Object.keys(PUSH).flatMap((name) => [
        `subscription ${name}, OIDC identity`,
        `subscription ${name}, OIDC audience`,
      ]),
    );
  });

  it('takes pushes with an identity whose audience is the function', async () => {
    drifted.add('delivery');
    for (const name of Object.keys(PUSH)) {
      const [{ pushConfig }] = await stores.pubsub.subscription(name).getMetadata();
      const oidcToken = { serviceAccountEmail: 'caller@p.iam.gserviceaccount.com', audience: 'http://127.0.0.1:9' };
      await stores.pubsub.subscription(name).modifyPushConfig({ ...pushConfig, oidcToken });
    }
    const { exitCode } = await capturedRun(['doctor'], { ...stores.env, PUBSUB_EMULATOR_HOST: '' });
    assert.equal(exitCode, 0);
  });

  // the driver of MongoDB tries for five seconds
  inProof('says of each store that cannot be reached why, and ends with 1', async () => {
    const host = '127.0.0.1:9';
    const hosts = {
      STORAGE_EMULATOR_HOST: `http://${host}`,
      BIGQUERY_EMULATOR_HOST: `http://${host}`,
      PUBSUB_EMULATOR_HOST: host,
      MONGODB_URI: `mongodb://${host}/sitebeat`,
    };
    const { exitCode, stdout } = await withEnvironment(hosts, () =>
      capturedRun(['doctor', '--json'], { ...stores.env, ...hosts }),
    );
    const { differences, checks }: { differences: Difference[]; checks: number } = JSON.parse(stdout);
    assert.deepEqual([exitCode, checks], [1, 4]);
    assert.deepEqual(
      differences.map(({ what }) => what),
      ['Pub/Sub', 'Cloud Storage', 'BigQuery', 'MongoDB'],
    );
    // a busy machine may not have MongoDB's driver try before it gives up
    for (const { actual } of differences)
      assert.match(actual, /^cannot be read: .*(?:ECONNREFUSED|Server selection timed out)/);
  });

  for (const { title, args, env, says } of [
    { title: 'an unknown option', args: ['--bogus'], env: {}, says: /unknown option/ },
    {
      title: 'an endpoint that is no address',
      args: ['--live', 'collect.example'],
      env: {},
      says: /address of collect/,
    },
    { title: 'no project named', args: [], env: { GOOGLE_CLOUD_PROJECT: '' }, says: /GOOGLE_CLOUD_PROJECT/ },
  ])
    it(`ends with 2 on ${title}`, async () => {
      const { exitCode, stderr, stdout } = await capturedRun(['doctor', ...args], { ...stores.env, ...env });
      assert.deepEqual([exitCode, stdout], [2, '']);
      assert.match(stderr, says);
    });
});
