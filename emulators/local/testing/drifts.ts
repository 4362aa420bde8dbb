import { readTables, readViews } from '../../../shared/stores/history/tables.ts';
import { type Drift, type Part, PUSH, type Stores } from './examined-mesh.ts';

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

/** What goes wrong with each part, and what is said then. Without a dataset nothing else of it can go wrong: that is the last. */
export const DRIFTS: Record<Part, Drift[]> = {
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
