import assert from 'node:assert/strict';
import { type Collection, Long } from 'mongodb';
import { openTarget, type Target } from './contract-target.ts';

interface Doc {
  _id: string | number;
  [field: string]: unknown;
}

/** What real sites have: 1,900 letters of two bytes each. */
const path = `https://a.example/${'é'.repeat(1900)}`;
/** Keys that begin alike for 4 KB and end in these, in the order of their bytes. */
const ends = ['', '\0', '0', '1', 'a', 'aa', 'b', 'é', '\uffff', '\u{10000}'];
const long = (end: string) => 'x'.repeat(4096) + end;

describe('MongoDB keys of any length', () => {
  let target: Target;
  let docs: Collection<Doc>;
  let collections = 0;

  before(async () => {
    target = await openTarget();
  });
  beforeEach(() => {
    collections += 1;
    docs = target.db.collection<Doc>(`keys${collections}`);
  });
  after(() => target.close());

  const idsOf = (found: Doc[]) => found.map(({ _id }) => _id);
  const insertAll = (field: string, shuffled = [...ends].reverse()) =>
    docs.insertMany(shuffled.map((end) => ({ _id: ends.indexOf(end), [field]: long(end) })));

  for (const bytes of [1880, 1890, 1895, 1896, 1897, 1898, 1899, 1900, 1901, 1902, 1960, 4096, 100_000])
    it(`an _id of ${bytes} bytes is found, is unique, is changed and goes`, async () => {
      const id = 'k'.repeat(bytes);
      await docs.insertMany([{ _id: id, n: 1 }, { _id: `${id}!` }, { _id: id.slice(1) }]);
      await assert.rejects(docs.insertOne({ _id: id }), { code: 11000, keyPattern: { _id: 1 }, keyValue: { _id: id } });
      assert.deepEqual(await docs.find({ _id: id }).toArray(), [{ _id: id, n: 1 }]);
      assert.deepEqual(idsOf(await docs.find().sort({ _id: 1 }).toArray()), [id.slice(1), id, `${id}!`]);
      assert.equal(await docs.countDocuments({ _id: { $gte: id } }), 2);
      assert.equal(await docs.countDocuments({ _id: { $gt: id } }), 1);
      assert.equal(await docs.countDocuments({ _id: { $lt: id } }), 1);
      assert.equal(await docs.countDocuments({ _id: { $in: [id, `${id}?`] } }), 1);
      await docs.updateOne({ _id: id }, { $set: { n: 2 } }, { upsert: true });
      await docs.replaceOne({ _id: id }, { n: 3 } as never);
      assert.deepEqual(await docs.findOne({ _id: id }), { _id: id, n: 3 });
      assert.equal((await docs.deleteOne({ _id: id })).deletedCount, 1);
      assert.equal(await docs.countDocuments({ _id: id }), 0);
      await docs.insertOne({ _id: id });
    });

  it('the path of a site is an _id', async () => {
    await docs.insertOne({ _id: path });
    assert.deepEqual(await docs.findOne({ _id: path }), { _id: path });
    await assert.rejects(docs.insertOne({ _id: path }), { code: 11000 });
  });

  for (const key of [{ k: 1 }, { k: -1 }, { p: 1, k: 1 }, { k: 1, _id: -1 }] as Record<string, 1 | -1>[])
    it(`by ${JSON.stringify(key)} those that begin alike come in order, both ways and page by page`, async () => {
      await docs.createIndex(key);
      await insertAll('k');
      await docs.updateMany({}, { $set: { p: 1 } });
      const inOrder = ends.map((_, i) => i);
      for (const direction of [1, -1] as const) {
        const wanted = direction === 1 ? inOrder : [...inOrder].reverse();
        const page = docs.find({ p: 1 }).sort({ k: direction });
        assert.deepEqual(idsOf(await page.clone().toArray()), wanted);
        assert.deepEqual(idsOf(await page.clone().skip(3).limit(4).toArray()), wanted.slice(3, 7));
      }
      const second = await docs
        .find({ p: 1, k: { $gt: long('0') } })
        .sort({ k: 1 })
        .limit(3)
        .toArray();
      assert.deepEqual(idsOf(second), [3, 4, 5]);
    });

  for (const { filter, finds } of [
    { filter: { $gt: long('a') }, finds: ['aa', 'b', 'é', '\uffff', '\u{10000}'] },
    { filter: { $gte: long('a'), $lt: long('b') }, finds: ['a', 'aa'] },
    { filter: { $lte: long('') }, finds: [''] },
    { filter: { $lt: long('') }, finds: [] },
    { filter: { $gt: long('').slice(1) }, finds: ends },
    { filter: { $gt: long('c'), $lt: long('é') }, finds: [] },
    { filter: { $in: [long('b'), long('\0'), long('c')] }, finds: ['\0', 'b'] },
    { filter: { $ne: long('b') }, finds: ends.filter((end) => end !== 'b') },
    { filter: { $gte: 'x', $lt: 'y' }, finds: ends },
  ])
    it(`ranges among them: ${JSON.stringify(filter).replace(/x{100,}/g, 'x…')}`, async () => {
      const wanted = finds.map((end) => ends.indexOf(end));
      await insertAll('k');
      for (const index of [undefined, { k: 1 }, { k: -1 }] as const) {
        if (index) await docs.createIndex(index);
        assert.deepEqual(idsOf(await docs.find({ k: filter }).sort({ k: 1 }).toArray()), wanted);
        assert.equal(await docs.countDocuments({ k: filter }), wanted.length);
      }
    });

  it('a unique index tells them apart to the last byte, equal numbers of two types being one', async () => {
    await docs.createIndex({ k: 1, n: 1 }, { unique: true });
    await docs.insertMany([
      { _id: 1, k: long('a'), n: 1 },
      { _id: 2, k: long('a'), n: 2 },
      { _id: 3, k: long('b'), n: 1 },
    ]);
    await assert.rejects(docs.insertOne({ _id: 4, k: long('a'), n: Long.fromNumber(1) }), { code: 11000 });
    await assert.rejects(docs.updateOne({ _id: 3 }, { $set: { k: long('a') } }), { code: 11000 });
    await assert.rejects(docs.createIndex({ k: 1 }, { unique: true }), { code: 11000 });
    await docs.updateOne({ _id: 2 }, { $set: { k: long('c') } });
    await docs.createIndex({ k: 1 }, { unique: true });
    assert.deepEqual(idsOf(await docs.find().sort({ k: 1 }).toArray()), [1, 3, 2]);
  });

  it('elements of an array are such keys too', async () => {
    await docs.createIndex({ k: 1 });
    await docs.insertMany([
      { _id: 1, k: [long('a'), long('b'), 'short'] },
      { _id: 2, k: [long('b')] },
    ]);
    assert.deepEqual(idsOf(await docs.find({ k: long('b') }).toArray()), [1, 2]);
    assert.deepEqual(idsOf(await docs.find({ k: { $gt: long('a') } }).toArray()), [1, 2]);
    await docs.updateOne({ _id: 1 }, { $pull: { k: long('b') } as never });
    assert.deepEqual(idsOf(await docs.find({ k: long('b') }).toArray()), [2]);
  });

  it('two hundred that begin alike are each found by itself', async () => {
    const documents = Array.from({ length: 200 }, (_, i) => ({ _id: long(String(i).padStart(4, '0')), i }));
    await docs.insertMany(documents);
    for (const document of documents) assert.deepEqual(await docs.findOne({ _id: document._id }), document);
    assert.deepEqual(await docs.find().sort({ _id: -1 }).limit(3).toArray(), documents.slice(-3).reverse());
  });
});
