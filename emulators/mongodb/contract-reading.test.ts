import assert from 'node:assert/strict';
import type { Collection } from 'mongodb';
import { openTarget, type Target } from './contract-target.ts';

interface Doc {
  _id: number;
  [field: string]: unknown;
}

describe('MongoDB reading', () => {
  let target: Target;
  let docs: Collection<Doc>;
  let collections = 0;

  before(async () => {
    target = await openTarget();
  });
  beforeEach(async () => {
    collections += 1;
    docs = target.db.collection<Doc>(`docs${collections}`);
    await docs.insertMany(Array.from({ length: 250 }, (_, i) => ({ _id: i, n: i % 10, o: { a: i, b: -i } })));
  });
  after(() => target.close());

  for (const batchSize of [1, 7, 101, 1000])
    it(`gives all in batches of ${batchSize}`, async () => {
      const found = await docs.find({}, { batchSize }).sort({ _id: 1 }).toArray();
      assert.deepEqual(
        found.map(({ _id }) => _id),
        Array.from({ length: 250 }, (_, i) => i),
      );
    });

  it('sorts, skips and limits', async () => {
    const found = await docs
      .find({ n: { $lt: 2 } })
      .sort({ n: -1, _id: 1 })
      .skip(1)
      .limit(3)
      .toArray();
    assert.deepEqual(
      found.map(({ _id }) => _id),
      [11, 21, 31],
    );
  });

  for (const { title, projection, document } of [
    { title: 'includes', projection: { 'o.a': 1 }, document: { _id: 3, o: { a: 3 } } },
    { title: 'leaves out', projection: { 'o.b': 0, _id: 0 }, document: { n: 3, o: { a: 3 } } },
  ])
    it(`a projection ${title}`, async () => assert.deepEqual(await docs.findOne({ _id: 3 }, { projection }), document));

  for (const { title, order } of [
    { title: 'as they come', order: {} },
    { title: 'in the order of an index', order: { _id: -1 } },
    { title: 'sorted after they are read', order: { length: -1 } },
  ] as const)
    it(`projects documents of any size, ${title}`, async () => {
      const sizes = [1, 5_000, 20, 300_000, 4_100, 70_000].map((length, _id) => ({ _id, length }));
      await docs.deleteMany({});
      await docs.insertMany(sizes.map((size) => ({ ...size, text: 'x'.repeat(size.length), n: size.length % 2 })));
      const options = { projection: { length: 1 }, sort: order };
      const found = await docs.find<{ length: number }>({ n: { $ne: 1 } }, options).toArray();
      const even = sizes.filter(({ length }) => length % 2 === 0);
      const [field = '_id', direction = 1] = Object.entries(order)[0] ?? [];
      const key = field as 'length';
      assert.deepEqual(
        found,
        even.sort((one, other) => direction * (one[key] - other[key])),
      );
    });

  it('counts and lists distinct values', async () => {
    assert.equal(await docs.countDocuments({ n: { $gte: 8 } }), 50);
    assert.equal(await docs.countDocuments({ n: 3 }, { skip: 5, limit: 10 }), 10);
    assert.equal(await docs.estimatedDocumentCount(), 250);
    assert.deepEqual(await docs.distinct('n', { _id: { $lt: 3 } }), [0, 1, 2]);
    assert.deepEqual(await docs.distinct('o.a', { n: 9, _id: { $lt: 20 } }), [9, 19]);
  });

  it('reads on while what it found changes', async () => {
    let seen = 0;
    for await (const { _id } of docs.find({}, { batchSize: 10 })) {
      await docs.updateOne({ _id }, { $set: { seen: true, text: 'x'.repeat(500) } });
      seen += 1;
    }
    assert.equal(seen, 250);
    assert.equal(await docs.countDocuments({ seen: true }), 250);
  });

  it('closes a cursor that is left early', async () => {
    const cursor = docs.find({}, { batchSize: 2 });
    await cursor.next();
    const { id } = cursor;
    assert.ok(id !== undefined && !id.isZero());
    await cursor.close();
    await assert.rejects(target.db.command({ getMore: id, collection: docs.collectionName }), { code: 43 });
  });

  it('finds nothing where nothing is', async () => {
    const none = target.db.collection('none');
    assert.deepEqual(await none.find({ a: 1 }).toArray(), []);
    assert.equal(await none.countDocuments(), 0);
    assert.equal((await none.deleteMany({})).deletedCount, 0);
    assert.equal((await none.updateOne({ a: 1 }, { $set: { b: 1 } })).matchedCount, 0);
  });
});
