import assert from 'node:assert/strict';
import { BigQuery } from '@google-cloud/bigquery';
import { PubSub } from '@google-cloud/pubsub';
import { Storage } from '@google-cloud/storage';
import { MongoClient } from 'mongodb';
import { capturedRun } from '../../functions/testing/captured-run.ts';
import { readViews } from '../../shared/stores/history/tables.ts';
import { inProof } from '../../shared/testing/in-proof.ts';
import { provisionStores } from './provision.ts';
import { DRIFTS } from './testing/drifts.ts';
import { type Difference, PARTS, type Part, PUSH, REPAIRS, type Stores } from './testing/examined-mesh.ts';
import { ownStores, removeOwnStores } from './testing/own-stores.ts';

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
