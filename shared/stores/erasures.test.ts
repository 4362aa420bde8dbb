import assert from 'node:assert/strict';
import type { Db } from 'mongodb';
import { keyOf, keysOf, NO_PROJECT } from '../report/event-keys.ts';
import { inProof } from '../testing/in-proof.ts';
import { ownDatabase } from '../testing/stores.ts';
import { type ErasureDocument, type Erasures, erasureKeys, openErasures } from './erasures.ts';
import { openErasureParts, type StoredErasure } from './erasures-parts.ts';

const MD5S = ['a'.repeat(32), 'b'.repeat(32)];
const RECEIPT: ErasureDocument = {
  _id: 'receipt-1',
  project: 'p',
  by: 'site',
  keys: erasureKeys({ projectHash: 'p', sites: ['a.example'], urlMd5s: MD5S, unsharedMd5s: MD5S.slice(1) }),
  status: 'done',
  requestedAt: new Date('2026-03-09T07:00:00Z'),
  erasedAt: new Date('2026-03-09T07:00:00Z'),
  finishedAt: new Date('2026-03-09T08:00:00Z'),
  removed: { archive: 1, mongodb: {}, bigquery: {} },
  pending: null,
};
const BEFORE = '2026-03-09T06:59:59.999Z';
const AFTER = '2026-03-09T07:00:00.001Z';

describe('erasures', () => {
  let latest: ReturnType<typeof ownDatabase>;
  let db: Db;
  let erasures: Erasures;
  beforeEach(async () => {
    latest = ownDatabase();
    db = latest.db;
    erasures = openErasures(db);
    await erasures.put(RECEIPT);
  });
  afterEach(async () => {
    await db.dropDatabase();
    await latest.close();
  });
  const stored = () => db.collection<ErasureDocument>('erasures').findOne({ _id: 'receipt-1' });

  for (const { title, keys, receivedAt, expected } of [
    { title: 'its site', keys: keysOf('p', { sites: ['b.example', 'a.example'] }), receivedAt: BEFORE, expected: true },
    { title: 'its md5', keys: keysOf('p', { urlMd5s: MD5S.slice(0, 1) }), receivedAt: BEFORE, expected: true },
    {
      title: 'its site, for a project that nobody has',
      keys: keysOf(NO_PROJECT, { sites: ['a.example'] }),
      receivedAt: BEFORE,
      expected: true,
    },
    {
      title: 'an md5 that names no project',
      keys: [keyOf(NO_PROJECT, 'md5', MD5S[1] as string)],
      receivedAt: BEFORE,
      expected: true,
    },
    {
      title: 'one that another project may have sent',
      keys: [keyOf(NO_PROJECT, 'md5', MD5S[0] as string)],
      receivedAt: BEFORE,
      expected: false,
    },
    { title: 'another site', keys: keysOf('p', { sites: ['b.example'] }), receivedAt: BEFORE, expected: false },
    { title: 'another project', keys: keysOf('q', { sites: ['a.example'] }), receivedAt: BEFORE, expected: false },
    { title: 'a later report', keys: keysOf('p', { sites: ['a.example'] }), receivedAt: AFTER, expected: false },
    { title: 'nobody', keys: [], receivedAt: BEFORE, expected: false },
  ])
    it(`${expected ? 'know' : 'do not know'} an event by ${title}`, async () =>
      assert.equal(await erasures.isErased({ keys, receivedAt }), expected));

  it('tell each of the events that ask at once', async () => {
    const others = ['c.example', 'd.example'];
    const asked = [...others, 'a.example', ...others].map((site) => keysOf('p', { sites: [site] }));
    for (const [receivedAt, expected] of [
      [BEFORE, [false, false, true, false, false]],
      [AFTER, [false, false, false, false, false]],
    ] as const) {
      const told = await Promise.all(asked.map((keys) => erasures.isErased({ keys, receivedAt })));
      assert.deepEqual(told, expected);
    }
  });

  it('are pending again for a late object, until it is removed, whoever writes the receipt meanwhile', async () => {
    assert.deepEqual(await erasures.pending(), []);
    const late = { keys: keysOf('p', { sites: ['a.example'] }), receivedAt: BEFORE };
    for (const object of ['one', 'one', 'two']) await erasures.addLate(late, object);
    assert.deepEqual((await erasures.pending())[0]?.late, ['one', 'two']);
    // whoever wrote this had not seen the late ones, or just one of them
    await erasures.put(RECEIPT);
    await erasures.put(RECEIPT, ['one']);
    assert.deepEqual((await erasures.pending())[0]?.late, ['two']);
    await erasures.put(RECEIPT, ['two']);
    assert.deepEqual(await erasures.pending(), []);
    const { keys: _, ...rest } = RECEIPT;
    assert.deepEqual(await stored(), { ...rest, keys: [] });
  });

  describe('of more than a document holds', () => {
    const [keys, objects] = ['key', 'object'].map((name) => Array.from({ length: 10 }, (_, n) => `${name} ${n}`)) as [
      string[],
      string[],
    ];
    const large: ErasureDocument = {
      ...RECEIPT,
      _id: 'large',
      status: 'pending',
      finishedAt: null,
      keys,
      pending: { tables: ['sites'], objects },
    };
    const documents = () =>
      db
        .collection<StoredErasure>('erasures')
        .find({ $or: [{ _id: 'large' }, { of: 'large' }] })
        .toArray();
    const erasedKeys = async (receivedAt: string) => {
      const told = await Promise.all(keys.map((key) => erasures.isErased({ keys: [key], receivedAt })));
      return told.filter((isErased) => isErased).length;
    };
    beforeEach(() => {
      erasures = openErasures(db, { partItems: 3 });
    });

    it('are kept in parts of bounded size, and told and read as a whole', async () => {
      await erasures.put(large);
      assert.equal(await erasedKeys(BEFORE), 10);
      assert.deepEqual(await erasures.pending(), [{ ...large }]);
      for (const { keys: some = [], objects: others = [] } of await documents())
        assert.ok(some.length + others.length <= 3);
    });

    it('grow, begin anew later, and keep their keys alone when they are done', async () => {
      await erasures.put({ ...large, keys: keys.slice(0, 4), pending: { tables: [], objects: objects.slice(0, 4) } });
      await erasures.put({ ...large, erasedAt: new Date(AFTER) });
      assert.deepEqual(
        [await erasedKeys(AFTER), await erasures.pending()],
        [10, [{ ...large, erasedAt: new Date(AFTER) }]],
      );
      await erasures.put({ ...large, status: 'done', erasedAt: new Date(AFTER), pending: null });
      assert.deepEqual([await erasedKeys(AFTER), await erasures.pending()], [10, []]);
      assert.ok((await documents()).every((document) => !('objects' in document)));
    });

    it('note late objects apart, which are no longer noted once they are removed', async () => {
      await erasures.put({ ...large, status: 'done', pending: null });
      for (const [n, object] of objects.entries())
        await erasures.addLate({ keys: [keys[n] as string], receivedAt: BEFORE }, object);
      const [receipt] = await erasures.pending();
      assert.deepEqual([receipt?.status, receipt?.late], ['pending', objects]);
      for (const { late = [] } of await documents()) assert.ok(late.length <= 3);
      await erasures.put({ ...large, status: 'done', pending: null }, objects.slice(0, 9));
      assert.deepEqual((await erasures.pending())[0]?.late, objects.slice(9));
      await erasures.put({ ...large, status: 'done', pending: null }, objects);
      assert.deepEqual([await erasures.pending(), await erasedKeys(BEFORE)], [[], 10]);
    });

    it('erase nothing before their receipt stands', async () => {
      const parts = openErasureParts(db.collection<StoredErasure>('erasures'), 3);
      await parts.add('large', { keys, objects });
      assert.deepEqual([await erasedKeys(BEFORE), await erasures.pending()], [0, []]);
      await erasures.put(large);
      assert.deepEqual([await erasedKeys(BEFORE), (await erasures.pending())[0]?.keys], [10, keys]);
    });

    inProof('take the keys of 12,500 sites', async () => {
      const many = Array.from({ length: 12_500 * 18 }, (_, n) => `${n}`.padStart(64, '0'));
      await erasures.put(RECEIPT);
      await openErasures(db).put({ ...large, keys: many });
      assert.equal((await erasures.pending())[0]?.keys.length, many.length);
    });
  });

  it('are read as earlier versions wrote them, in one document', async () => {
    const former = {
      ...RECEIPT,
      _id: 'former',
      keys: ['former key'],
      status: 'pending' as const,
      finishedAt: null,
      pending: { tables: ['sites'], objects: ['one'] },
      late: ['two'],
    };
    await db.collection<StoredErasure>('erasures').insertOne(former);
    const event = { keys: ['former key'], receivedAt: BEFORE };
    assert.equal(await erasures.isErased(event), true);
    assert.deepEqual(await erasures.pending(), [former]);
    await erasures.addLate(event, 'three');
    assert.deepEqual((await erasures.pending())[0]?.late, ['three', 'two']);
    await erasures.put({ ...former, keys: ['former key', 'new key'], status: 'done', pending: null }, ['two', 'three']);
    assert.deepEqual(await erasures.pending(), []);
    for (const keys of [['former key'], ['new key']]) assert.equal(await erasures.isErased({ ...event, keys }), true);
  });
});
