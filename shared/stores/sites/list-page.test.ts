import assert from 'node:assert/strict';
import { createHook } from 'node:async_hooks';
import type { Filter, FindOptions } from 'mongodb';
import { ownDatabase } from '../../testing/stores.ts';
import type { Latest } from '../mongodb.ts';
import { type ListQuery, MAX_LOOKED_AT, type PageRequest, type Position, readPage } from './list-page.ts';

interface Item {
  _id: string;
  at: number;
  side: string;
}

describe('readPage', () => {
  let latest: Latest;
  const items = () => latest.db.collection<Item>('items');
  const order: ListQuery<Item>['driver']['order'] = [
    ['at', 1],
    ['_id', 1],
  ];
  const page = (request: PageRequest, matches: ListQuery<Item>['matches'], sides = ['one']) => {
    const driver = { equal: sides.map((side) => ({ side })), order };
    return readPage(items(), { driver, projection: { at: 1 }, matches }, request);
  };

  before(async () => {
    latest = ownDatabase();
    await items().createIndex({ side: 1, at: 1, _id: 1 });
    const all = Array.from({ length: MAX_LOOKED_AT + 10 }, (_, n): Item => {
      return { _id: String(n).padStart(5, '0'), at: Math.floor(n / 700), side: n % 100 === 0 ? 'other' : 'one' };
    });
    await items().insertMany(all);
  });
  after(async () => {
    await latest.db.dropDatabase();
    await latest.close();
  });

  it('is short, and goes on, when it has looked at as many as it may', async () => {
    const isLast = ({ _id }: Item) => _id === '05009';
    const sides = ['one', 'other'];
    const first = await page({ limit: 5 }, isLast, sides);
    const expected = { rows: [], next: [7, '04999'], complete: false, lookedAt: MAX_LOOKED_AT };
    assert.deepEqual(first, expected);
    const second = await page({ limit: 5, after: first.next ?? [] }, isLast, sides);
    assert.deepEqual(second, { rows: [{ _id: '05009', at: 7 }], next: null, complete: true, lookedAt: 10 });
  });

  it('awaits chunks of documents, and no single one', async () => {
    let promises = 0;
    const hook = createHook({
      init: (_id, type) => {
        if (type === 'PROMISE') promises += 1;
      },
    }).enable();
    try {
      assert.equal((await page({ limit: 5 }, () => false, ['one', 'other'])).lookedAt, MAX_LOOKED_AT);
    } finally {
      hook.disable();
    }
    assert.ok(promises < MAX_LOOKED_AT, `${promises} promises`);
  });

  it('looks at no more than it takes to fill it', async () => {
    const { rows, lookedAt, next, complete } = await page({ limit: 5 }, ({ _id }) => _id.endsWith('9'));
    assert.deepEqual(
      rows.map(({ _id }) => _id),
      ['00009', '00019', '00029', '00039', '00049'],
    );
    assert.deepEqual([lookedAt, next, complete], [49, [0, '00049'], true]);
  });

  it('ends the list with its last page, where that is full as well', async () => {
    const { rows, next } = await page({ limit: 3, after: [7, '05000'] }, ({ _id }) => Number(_id) % 3 === 0);
    assert.deepEqual(
      [rows.map(({ _id }) => _id), next],
      [
        ['05001', '05004', '05007'],
        [7, '05007'],
      ],
    );
    assert.deepEqual((await page({ limit: 2, after: [7, '05007'] }, () => true)).next, null);
  });

  it('reads the few that match once more, and leaves out what is erased, or ceases to match, in between', async () => {
    const ids = ['00201', '00301', '00401'];
    const write = async () => {
      await items().deleteOne({ _id: '00201' });
      await items().updateOne({ _id: '00301' }, { $set: { at: -1 } });
    };
    const collection = items();
    const find = collection.find.bind(collection);
    const meanwhile = (filter: Filter<Item>, options: FindOptions) => {
      const cursor = find(filter, options);
      return 'side' in filter ? cursor : { toArray: () => write().then(() => cursor.toArray()) };
    };
    Object.assign(collection, { find: meanwhile });
    const query: ListQuery<Item> = {
      driver: { equal: [{ side: 'one' }], order, range: { $lt: 1 } },
      projection: { at: 1, side: 1 },
      checked: { at: 1 },
      matches: ({ _id, at }) => ids.includes(_id) && at >= 0,
    };
    try {
      const { rows, next } = await readPage(collection, query, { limit: 5 });
      assert.deepEqual([rows, next], [[{ _id: '00401', at: 0, side: 'one' }], null]);
    } finally {
      const former = ids.map((_id) => ({ _id, at: 0, side: 'one' }));
      await items().deleteMany({ _id: { $in: ids } });
      await items().insertMany(former);
    }
  });

  it('refuses a position outside of its range: behind it are the documents of others', async () => {
    const driver: ListQuery<Item>['driver'] = { equal: [{}], order: [['_id', 1]], range: { $gte: '02', $lt: '03' } };
    const from = (after: Position, reverse = false) =>
      readPage(items(), { driver, projection: {}, matches: () => true }, { limit: 1, after, reverse });
    assert.equal((await from(['02000'])).rows[0]?._id, '02001');
    assert.equal((await from(['02999'], true)).rows[0]?._id, '02998');
    for (const after of [['01999'], ['00'], ['03000'], ['zzz'], [7], ['02000', '02000'], []]) {
      for (const reverse of [false, true]) await assert.rejects(from(after, reverse), RangeError);
    }
  });
});
