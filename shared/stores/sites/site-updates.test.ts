import assert from 'node:assert/strict';
import type { Collection } from 'mongodb';
import { restore, spy, stub } from 'sinon';
import { ownDatabase } from '../../testing/stores.ts';
import type { Latest } from '../mongodb.ts';
import { openSiteUpdates } from './site-updates.ts';
import type { SiteDocument } from './sites.ts';

type Update = ReturnType<typeof openSiteUpdates>;

describe('openSiteUpdates', () => {
  let latest: Latest;
  let sites: Collection<SiteDocument>;
  let update: Update;
  before(() => {
    latest = ownDatabase();
  });
  beforeEach(async () => {
    await latest.db.collection('sites').deleteMany({});
    // one of its own, for spies stay on it
    sites = latest.db.collection<SiteDocument>('sites');
    update = openSiteUpdates(sites);
  });
  afterEach(() => restore());
  after(async () => {
    await latest.db.dropDatabase();
    await latest.close();
  });

  /** Notes an event in a site, once. */
  const noted = (id: string, event: string, by: Update = update) =>
    by({
      id,
      merge: (known) => {
        const { urlMd5s = [] } = known ?? {};
        if (known && urlMd5s.includes(event)) return known;
        return { ...known, _id: id, urlMd5s: [...urlMd5s, event].sort() } as SiteDocument;
      },
    });
  const stored = async () => {
    const documents = await sites.find().sort({ _id: 1 }).toArray();
    return Object.fromEntries(documents.map(({ _id, urlMd5s, revision }) => [_id, { events: urlMd5s, revision }]));
  };

  it('writes what is under way at once with one read and one write, one document a site', async () => {
    await noted('a', '0');
    const calls = [spy(sites, 'find'), spy(sites, 'bulkWrite')];
    const first = noted('a', '1');
    await new Promise(process.nextTick);
    const rest = [noted('a', '2'), noted('b', '1'), noted('a', '3'), noted('c', '1')];
    const documents = await Promise.all([first, ...rest]);
    assert.deepEqual(
      calls.map(({ callCount }) => callCount),
      [2, 2],
      'the first waits for nobody',
    );
    assert.deepEqual(await stored(), {
      a: { events: ['0', '1', '2', '3'], revision: 3 },
      b: { events: ['1'], revision: 1 },
      c: { events: ['1'], revision: 1 },
    });
    assert.deepEqual(documents.at(-1)?.revision, 1);
  });

  it('reads and writes large documents a few at once, and each of them', async () => {
    const ids = Array.from({ length: 9 }, (_, index) => `large-${index}`);
    const documents = ids.map((_id) => ({ _id, revision: 1, urlMd5s: ['0'], name: 'x'.repeat(1024 * 1024) }));
    await sites.insertMany(documents as unknown as SiteDocument[]);
    const written = spy(sites, 'bulkWrite');
    await Promise.all(['new', ...ids, 'large-3'].map((id, index) => noted(id, String(index + 1))));
    assert.deepEqual(
      written.args.map(([operations]) => operations.length),
      [4, 4, 2],
    );
    const { new: fresh, 'large-3': twice, 'large-8': last } = await stored();
    assert.deepEqual(fresh, { events: ['1'], revision: 1 });
    assert.deepEqual(twice, { events: ['0', '11', '5'], revision: 2 });
    assert.deepEqual(last, { events: ['0', '10'], revision: 2 });
  });

  for (const { title, fault } of [
    { title: 'the connection breaks', fault: { closeConnection: true } },
    { title: 'the server ends', fault: { errorCode: 91 } },
  ])
    it(`takes no site for written, known or new, when ${title}`, async function () {
      await noted('known', '0');
      const { namespace } = sites;
      const data = { failCommands: ['update'], namespace, ...fault };
      const command = { configureFailPoint: 'failCommand', mode: 'alwaysOn', data };
      // a real server has it when it was started for tests
      await latest.db
        .admin()
        .command(command)
        .catch(() => this.skip());
      try {
        const all = [noted('new', '1'), noted('known', '1'), noted('other', '1')];
        for (const outcome of await Promise.allSettled(all)) assert.equal(outcome.status, 'rejected');
      } finally {
        await latest.db.admin().command({ configureFailPoint: 'failCommand', mode: 'off' });
      }
      assert.deepEqual(await stored(), { known: { events: ['0'], revision: 1 } });
    });

  it('writes nothing where nothing changes', async () => {
    await noted('a', '1');
    const write = spy(sites, 'bulkWrite');
    assert.deepEqual((await noted('a', '1'))?.urlMd5s, ['1']);
    assert.equal(write.callCount, 0);
  });

  it('makes no site where none is to be made, and keeps nobody from it', async () => {
    const change = () => update({ id: 'a', merge: (known) => known && { ...known, urlMd5s: ['changed'] } });
    assert.equal(await change(), undefined);
    assert.deepEqual(await stored(), {});
    const both = await Promise.all([noted('a', '1'), change()]);
    assert.deepEqual(
      both.map((site) => site?.urlMd5s),
      [['changed'], ['changed']],
    );
  });

  for (const { title, meanwhile, left } of [
    {
      title: 'changed a site',
      meanwhile: () => sites.updateOne({ _id: 'a' }, { $push: { urlMd5s: 'other' }, $inc: { revision: 1 } }),
      left: { a: ['0', '1', 'other'], b: ['0', '1'], new: ['1'] },
    },
    {
      title: 'made a new site',
      meanwhile: () => sites.insertOne({ _id: 'new', urlMd5s: ['other'], revision: 1 } as SiteDocument),
      left: { a: ['0', '1'], b: ['0', '1'], new: ['1', 'other'] },
    },
    {
      title: 'removed a site',
      meanwhile: () => sites.deleteOne({ _id: 'a' }),
      left: { a: ['1'], b: ['0', '1'], new: ['1'] },
    },
  ])
    it(`loses neither what it writes nor what another writer did that ${title} meanwhile`, async () => {
      await Promise.all([noted('a', '0'), noted('b', '0')]);
      const write = sites.bulkWrite.bind(sites);
      const writes = stub(sites, 'bulkWrite').callThrough();
      writes.onFirstCall().callsFake(async (...args) => {
        await meanwhile();
        return write(...args);
      });
      await Promise.all(['a', 'b', 'new'].map((id) => noted(id, '1')));
      const events = Object.fromEntries(Object.entries(await stored()).map(([id, site]) => [id, site.events]));
      assert.deepEqual(events, left);
    });

  it('lets several instances write the same sites at once', async () => {
    const instances = Array.from({ length: 4 }, () => openSiteUpdates(sites));
    const events = Array.from({ length: 40 }, (_, n) => String(n).padStart(2, '0'));
    await Promise.all(
      events.map((event, n) => noted(`site ${n % 3}`, event, instances[n % instances.length] as Update)),
    );
    const all = Object.values(await stored()).flatMap(({ events: own }) => own);
    assert.deepEqual(all.sort(), events);
  });

  it('fails a document that cannot be sent, and none of its neighbours', async () => {
    const hold = noted('held', '1');
    const bad = update({ id: 'bad', merge: () => ({ _id: 'bad', 'a\0b': 1 }) as unknown as SiteDocument });
    const broken = update({
      id: 'a',
      merge: () => {
        throw new Error('a bug');
      },
    });
    const outcomes = await Promise.allSettled([hold, noted('a', '1'), bad, broken, noted('b', '1')]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'rejected', 'rejected', 'fulfilled'],
    );
    assert.deepEqual(Object.keys(await stored()), ['a', 'b', 'held']);
  });
});
