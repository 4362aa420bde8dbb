import assert from 'node:assert/strict';
import type { Db } from 'mongodb';
import { keyOf, keysOf, NO_PROJECT } from '../report/event-keys.ts';
import { ownDatabase } from '../testing/stores.ts';
import { type ErasureDocument, type Erasures, erasureKeys, openErasures } from './erasures.ts';

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
    assert.deepEqual(await stored(), { ...RECEIPT, late: [] });
  });
});
