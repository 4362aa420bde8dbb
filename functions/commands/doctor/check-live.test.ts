import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import type { Dataset } from '@google-cloud/bigquery';
import { PubSub, type Topic } from '@google-cloud/pubsub';
import type { Bucket } from '@google-cloud/storage';
import { readViews } from '../../../shared/stores/history/tables.ts';
import type { Latest } from '../../../shared/stores/mongodb.ts';
import { ownBucket, ownDatabase, ownDataset } from '../../../shared/testing/stores.ts';
import { differs } from './check.ts';
import { checkEvent } from './check-event.ts';
import { checkQueries, rebuildQueries } from './check-queries.ts';

const SQL = new URL('../../rebuild-analytics/sql/', import.meta.url);

describe('rebuildQueries', () => {
  const queries = Object.values(rebuildQueries('2026-03-31', ['plan'])).map(({ sql }) => sql);
  /** What a query has of a file that is a part of it: all but the parts of this part. */
  const piecesOf = (file: string) => readFileSync(new URL(file, SQL), 'utf8').split(/\$\{(?!dataset\})\w+\}/);

  for (const file of readdirSync(SQL))
    it(`has sql/${file} in one that is tried`, () => {
      const pieces = piecesOf(file).map((piece) => piece.trim());
      assert.ok(queries.some((sql) => pieces.every((piece) => sql.includes(piece))));
    });
});

describe('what doctor --live tries', () => {
  let dataset: Dataset;
  let bucket: Bucket;
  let latest: Latest;
  let pubsub: PubSub;
  let topic: Topic;
  before(async () => {
    [dataset, bucket, latest] = [await ownDataset(), await ownBucket(), ownDatabase()];
    pubsub = new PubSub({ projectId: dataset.projectId });
    [topic] = await pubsub.createTopic(`live-${bucket.name}`);
  });
  after(async () => {
    await topic.delete();
    await pubsub.close();
    await dataset.delete({ force: true });
    await bucket.delete();
    await latest.close();
  });

  const options = () => {
    const uri = new URL(process.env.MONGODB_URI ?? '');
    uri.pathname = `/${latest.db.databaseName}`;
    return {
      projectId: dataset.projectId,
      dataset: String(dataset.id),
      bucket: bucket.name,
      mongodbUri: uri.href,
      maxPoolSize: 2,
      maxBytesBilled: 2 ** 30,
      notificationTopic: topic.name.split('/').at(-1) as string,
      endpoint: undefined,
      arrivalMs: 1,
      note: () => {},
    };
  };

  it('says of an event that does not arrive that it does not, and removes it', async () => {
    const wrong = (await checkEvent(options())).filter(differs);
    assert.deepEqual(wrong, [
      {
        what: 'the event, pushed to its function',
        expected: 'is in the history',
        actual: 'it is not there after 0.001 s',
      },
    ]);
    assert.deepEqual((await bucket.getFiles())[0], []);
  });

  it('says that nothing answers where collect should', async () => {
    const wrong = (await checkEvent({ ...options(), endpoint: 'http://127.0.0.1:9' })).filter(differs);
    assert.deepEqual(
      wrong.map(({ what, expected }) => [what, expected]),
      [['collect', 'takes an event']],
    );
  });

  it('removes the row that an earlier event left', async () => {
    const row = {
      event_id: 'earlier-1',
      project_hash: 'sitebeat-doctor',
      kind: 'tracking-skipped',
      reason: 'unknown_project',
    };
    const now = new Date();
    const object = `tracking-skipped/${now.toISOString().slice(0, 13).replace(/[-T]/g, '/')}/earlier-1.json`;
    await dataset
      .table('rejections')
      .insert({ ...row, received_at: now.toISOString(), message: '-', object_name: object });
    await checkEvent(options());
    const query = `SELECT event_id FROM \`${dataset.id}.rejections\` WHERE received_at > TIMESTAMP '2020-01-01'`;
    assert.deepEqual((await dataset.query(query))[0], []);
  });

  describe('with a history', () => {
    const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
    before(() =>
      dataset
        .table('tracking_skips')
        .insert([1, 2, 3].map((n) => ({ event_id: `event-${n}`, received_at: daysAgo(n), project_hash: 'a-project' }))),
    );
    const wrong = async (changed: object = {}) => (await checkQueries({ ...options(), ...changed })).filter(differs);

    it('finds nothing wrong with the views and the charts as they are', async () => {
      assert.deepEqual(await wrong(), []);
    });

    it('sees a view that reads the whole history for a day of it, and charts that nobody rebuilt for long', async () => {
      const name = 'tracking_skips_unique';
      const right = readViews(String(dataset.id))[name] ?? '';
      const query = right.replace('BY received_at, event_id', 'BY event_id');
      await dataset.table(name).setMetadata({ view: { query, useLegacySql: false } });
      const charts = latest.db.collection('analytics');
      await charts.insertOne({ rebuiltAt: new Date(Date.now() - 5 * 3_600_000) });
      const found = await wrong();
      assert.equal(found[0]?.what, `view ${name}, a query of some days`);
      assert.deepEqual(found.slice(-1), [
        { what: 'charts', expected: 'rebuilt within two hours', actual: 'rebuilt 5 hours ago' },
      ]);
      await dataset.table(name).setMetadata({ view: { query: right, useLegacySql: false } });
      await charts.drop();
    });

    it('sees a chart that reads more than a query may be billed for', async () => {
      const differences = await wrong({ maxBytesBilled: 1 });
      assert.ok(differences.some(({ what, actual }) => what.startsWith('query of') && actual.startsWith('reads ')));
    });
  });
});
