import assert from 'node:assert/strict';
import type { StoredEvent } from '../../shared/event/envelope.ts';
import { urlMd5 } from '../../shared/report/site-id.ts';
import type { Latest } from '../../shared/stores/mongodb.ts';
import type { ProjectDocument } from '../../shared/stores/projects.ts';
import { capturedEvent, TEST_PROJECT } from '../../shared/testing/events.ts';
import { IS_PROOF } from '../../shared/testing/in-proof.ts';
import { ownDatabase } from '../../shared/testing/stores.ts';
import { updateLatest } from '../testing/update-latest.ts';

const OTHER = 'b4a8da5b-b419-4656-98e9-4a42e9044891';
const at = (second: number) => `2026-03-09T07:00:0${second}.000Z`;

/** All by `npm run proof:ci`; the first of them is in order. */
const EACH_NTH_ORDER = IS_PROOF ? 1 : 5;

function permutations<T>(list: T[]): T[][] {
  if (list.length < 2) return [list];
  return list.flatMap((first, index) => permutations(list.toSpliced(index, 1)).map((rest) => [first, ...rest]));
}

describe('updateSite', () => {
  let latest: Latest;
  const KEY = `${TEST_PROJECT.hash}:shop.example.org`;

  before(async () => {
    latest = ownDatabase();
    const { hash, ...project } = TEST_PROJECT;
    await latest.db.collection<ProjectDocument>('projects').insertMany([
      { _id: hash, ...project },
      { ...project, _id: OTHER, slug: 'other' },
    ]);
  });
  beforeEach(async () => {
    for (const name of ['sites', 'deactivations', 'optOuts']) await latest.db.collection(name).deleteMany({});
  });
  after(async () => {
    await latest.db.dropDatabase();
    await latest.close();
  });

  const update = (event: StoredEvent) =>
    updateLatest(event, latest.db, { publish: () => assert.fail('the project has no mail list') });

  async function state() {
    const [site] = await latest.db.collection('sites').find().project({ revision: 0 }).toArray();
    const [deactivation] = await latest.db.collection('deactivations').find().project({ revision: 0 }).toArray();
    return { site, deactivation };
  }

  const HISTORY = [
    capturedEvent('track', { id: 'track-1', receivedAt: at(1) }),
    capturedEvent('deactivate', { id: 'deactivate-2', receivedAt: at(2) }),
    capturedEvent('track', { id: 'track-3', receivedAt: at(3), payload: { site: undefined, project_version: '4.0' } }),
    capturedEvent('tracking-skipped', { id: 'skip-4', receivedAt: at(4) }),
  ];

  it('ends in the state that the event times imply, whatever the order', async () => {
    let expected: Awaited<ReturnType<typeof state>> | undefined;
    for (const order of permutations(HISTORY).filter((_, nth) => nth % EACH_NTH_ORDER === 0)) {
      await latest.db.collection('sites').deleteMany({});
      await latest.db.collection('deactivations').deleteMany({});
      await latest.db.collection('optOuts').deleteMany({});
      for (const event of [...order, ...order]) await update(event);
      const actual = await state();
      expected ??= actual;
      assert.deepEqual(actual, expected, order.map(({ id }) => id).join(', '));
    }
    assert.equal(expected?.site?.state, 'active');
    assert.equal(expected?.site?.optedOut, true);
    assert.equal(expected?.site?.name, 'Bob\'s "Café" & Söhne 商店');
    assert.equal(expected?.site?.projectVersion, '4.0');
    assert.equal(expected?.site?.firstSeenAt.toISOString(), at(1));
    assert.equal(expected?.site?.lastSeenAt.toISOString(), at(3));
    assert.equal(expected?.deactivation?.eventId, 'deactivate-2');
    assert.equal(expected?.deactivation?.reactivatedAt.toISOString(), at(3));
  });

  it('ends there too when all arrive at once, and twice', async () => {
    await Promise.all([...HISTORY, ...HISTORY].map(update));
    const together = await state();
    for (const name of ['sites', 'deactivations', 'optOuts']) await latest.db.collection(name).deleteMany({});
    for (const event of HISTORY) await update(event);
    assert.deepEqual(together, await state());
  });

  it('writes nothing when an event comes again', async () => {
    await update(HISTORY[0] as StoredEvent);
    const before = await latest.db.collection<{ _id: string }>('sites').findOne({ _id: KEY });
    await update(HISTORY[0] as StoredEvent);
    assert.deepEqual(await latest.db.collection<{ _id: string }>('sites').findOne({ _id: KEY }), before);
  });

  it('takes the spellings of a site for one site, and keeps projects apart', async () => {
    for (const [index, url] of [
      'https://shop.example.org',
      'http://www.shop.example.org/',
      'https://SHOP.example.org:443/?lang=de',
    ].entries()) {
      await update(capturedEvent('track', { id: `spelling-${index}`, receivedAt: at(index), payload: { url } }));
    }
    await update(capturedEvent('track', { id: 'path', payload: { url: 'https://shop.example.org/blog' } }));
    const keys = await latest.db.collection('sites').distinct('site');
    assert.deepEqual(keys, ['shop.example.org', 'shop.example.org/blog']);
  });

  it('takes keys by which MongoDB and its driver know things of their own', async () => {
    const users = JSON.parse('{"total":3,"_bsontype":1,"$where":2,"a.b":3,"__proto__":4}');
    await update(capturedEvent('track', { id: 'odd-keys-1', payload: { users } }));
    assert.deepEqual((await state()).site?.usersByRole, { '＿bsontype': 1, '＄where': 2, 'a．b': 3, '＿_proto__': 4 });
  });

  for (const url of ['http://www.shop.example.org/', 'http://shop.example.org', 'https://www.shop.example.org'])
    it(`applies an opt-out that the client says as ${url}, before and after the report`, async () => {
      const track = capturedEvent('track', { id: 'track-1', receivedAt: at(1) });
      const skip = capturedEvent('tracking-skipped', {
        id: 'skip-2',
        receivedAt: at(2),
        userAgent: `Appsero/${urlMd5(url)};`,
      });
      for (const order of [
        [track, skip],
        [skip, track],
      ]) {
        for (const name of ['sites', 'optOuts']) await latest.db.collection(name).deleteMany({});
        for (const event of order) await update(event);
        assert.equal((await state()).site?.optedOut, true);
      }
    });

  it('applies an opt-out to the site of its own project alone', async () => {
    await update(capturedEvent('track', { id: 'ours-1', receivedAt: at(1) }));
    await update(capturedEvent('track', { id: 'theirs-1', receivedAt: at(1), payload: { hash: OTHER } }));
    await update(capturedEvent('tracking-skipped', { id: 'skip-2', receivedAt: at(2) }));
    const sites = await latest.db.collection('sites').find().sort({ project: 1 }).toArray();
    assert.deepEqual(
      sites.map(({ project, optedOut }) => [project === OTHER, optedOut]),
      [
        [false, true],
        [true, false],
      ],
    );
  });

  it('writes nothing for an event that is rejected', async () => {
    await update(capturedEvent('track', { payload: { hash: 'nobody' } }));
    assert.deepEqual(await state(), { site: undefined, deactivation: undefined });
  });

  it('says nothing of who a person is from a deactivation', async () => {
    await update(HISTORY[1] as StoredEvent);
    assert.doesNotMatch(JSON.stringify(await state()), /admin@example\.org|firstName|adminEmail/);
  });
});
