import assert from 'node:assert/strict';
import { spy } from 'sinon';
import { ownDatabase } from '../testing/stores.ts';
import type { Latest } from './mongodb.ts';
import { DUPLICATE_KEY, openReplacer } from './mongodb.ts';
import { openDeactivations } from './sites/deactivations.ts';
import { openOptOuts } from './sites/opt-outs.ts';

const OPT_OUT = { project: 'p', urlMd5: '6ea0a65d4dee544e5e0f4ff88b2e1c30' };

describe('openReplacer', () => {
  let latest: Latest;

  before(() => {
    latest = ownDatabase();
  });
  beforeEach(() => latest.db.collection('optOuts').deleteMany({}));
  after(async () => {
    await latest.db.dropDatabase();
    await latest.close();
  });

  /** MongoDB answers so when another writer inserts the same key between the search of an upsert and its insert. */
  function failNextUpsert(): Promise<unknown> {
    const namespace = `${latest.db.databaseName}.optOuts`;
    const data = { failCommands: ['update'], errorCode: DUPLICATE_KEY, namespace };
    return latest.db.admin().command({ configureFailPoint: 'failCommand', mode: { times: 1 }, data });
  }

  it('takes the place of an earlier document that was inserted at the same moment (skipped where the server has no fail points)', async function () {
    const { put, latest: latestOf } = openOptOuts(latest.db);
    await put({ ...OPT_OUT, stamp: '1' });
    // a server that is not started for tests has no such command
    if (
      await failNextUpsert().then(
        () => false,
        () => true,
      )
    )
      this.skip();
    await put({ ...OPT_OUT, stamp: '2' });
    assert.equal(await latestOf('p', [OPT_OUT.urlMd5]), '2');
  });

  it('leaves a later one', async () => {
    const { put, latest: latestOf } = openOptOuts(latest.db);
    for (const stamp of ['1', '2', '1']) await put({ ...OPT_OUT, stamp });
    assert.equal(await latestOf('p', [OPT_OUT.urlMd5]), '2');
  });

  it('ends with the latest of many that come at once', async () => {
    const { put, latest: latestOf } = openOptOuts(latest.db);
    await Promise.all(['3', '1', '5', '2', '4'].map((stamp) => put({ ...OPT_OUT, stamp })));
    assert.equal(await latestOf('p', [OPT_OUT.urlMd5]), '5');
  });

  it('fails a document that cannot be sent, and none of those that share its write', async () => {
    const optOuts = latest.db.collection<{ _id: string; stamp: unknown }>('optOuts');
    const replace = openReplacer(optOuts, ({ stamp }) => ({ stamp: { $lte: stamp } }));
    const stamps = ['1', 'x'.repeat(17 * 1024 * 1024), '2'];
    const outcomes = await Promise.allSettled(stamps.map((stamp, index) => replace({ _id: `p:${index}`, stamp })));
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    assert.equal(await optOuts.countDocuments(), 2);
  });

  for (const { title, fault } of [
    { title: 'the connection breaks', fault: { closeConnection: true } },
    { title: 'the server ends', fault: { errorCode: 91 } },
  ])
    it(`takes none of several documents for written when ${title} (skipped where the server has no fail points)`, async function () {
      const optOuts = latest.db.collection<{ _id: string; stamp: string }>('optOuts');
      const replace = openReplacer(optOuts, ({ stamp }) => ({ stamp: { $lte: stamp } }));
      const data = { failCommands: ['update'], namespace: optOuts.namespace, ...fault };
      const failPoint = { configureFailPoint: 'failCommand', mode: 'alwaysOn', data };
      await latest.db
        .admin()
        .command(failPoint)
        .catch(() => this.skip());
      const outcomes = await Promise.allSettled(['1', '2'].map((stamp) => replace({ _id: `p:${stamp}`, stamp })));
      await latest.db.admin().command({ configureFailPoint: 'failCommand', mode: 'off' });
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ['rejected', 'rejected'],
      );
      assert.equal(await optOuts.countDocuments(), 0);
    });

  it('shares a write among those that come at once', async () => {
    const optOuts = latest.db.collection<{ _id: string; stamp: string }>('optOuts');
    const write = spy(optOuts, 'bulkWrite');
    const replace = openReplacer(optOuts, ({ stamp }) => ({ stamp: { $lte: stamp } }));
    await Promise.all(['1', '2', '3'].map((stamp) => replace({ _id: `p:${stamp}`, stamp })));
    assert.equal(write.callCount, 1);
    assert.equal(await optOuts.countDocuments(), 3);
  });

  it('keeps the deactivation of the later state of a site', async () => {
    const deactivations = openDeactivations(latest.db);
    const state = (revision: number, reasonId: string) =>
      deactivations.put({
        _id: 'p:a.example',
        project: 'p',
        site: 'a.example',
        environment: 'production',
        eventId: `event-${revision}`,
        deactivatedAt: new Date(0),
        reasonId,
        reasonSent: reasonId,
        reasonInfo: null,
        projectVersion: null,
        reactivatedAt: null,
        revision,
      });
    await state(2, 'later');
    await state(1, 'earlier');
    const documents = await latest.db.collection('deactivations').find().toArray();
    assert.deepEqual(
      documents.map(({ reasonId }) => reasonId),
      ['later'],
    );
  });
});
