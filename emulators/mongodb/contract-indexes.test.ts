import assert from 'node:assert/strict';
import { type Collection, Double, Long } from 'mongodb';
import { until } from '../../shared/testing/until.ts';
import { openTarget, type Target } from './contract-target.ts';

interface Doc {
  _id: number;
  [field: string]: unknown;
}

describe('MongoDB', () => {
  let target: Target;
  let docs: Collection<Doc>;
  let collections = 0;

  before(async () => {
    target = await openTarget();
  });
  beforeEach(() => {
    collections += 1;
    docs = target.db.collection<Doc>(`docs${collections}`);
  });
  after(() => target.close());

  describe('duplicate keys', () => {
    const message = (index: string, key: string) =>
      `E11000 duplicate key error collection: ${docs.namespace} index: ${index} dup key: ${key}`;

    it('refuse an insert, naming index, pattern and value', async () => {
      await docs.createIndex({ k: 1, n: -1 }, { unique: true });
      await docs.insertOne({ _id: 1, k: 'a', n: 1.5 });
      await assert.rejects(docs.insertOne({ _id: 2, k: 'a', n: 1.5 }), (error: Error & Record<string, unknown>) => {
        assert.equal(error.code, 11000);
        assert.equal(error.message, message('k_1_n_-1', '{ k: "a", n: 1.5 }'));
        assert.deepEqual(
          [error.keyPattern, error.keyValue],
          [
            { k: 1, n: -1 },
            { k: 'a', n: 1.5 },
          ],
        );
        return true;
      });
      await assert.rejects(docs.insertOne({ _id: 1 }), { code: 11000, message: message('_id_', '{ _id: 1 }') });
    });

    it('end an ordered insertMany, and are passed over by an unordered one', async () => {
      const documents = [{ _id: 1 }, { _id: 1, second: true }, { _id: 2 }];
      await assert.rejects(
        docs.insertMany(documents),
        (error: Error & { result: { insertedCount: number }; code: number }) => {
          assert.deepEqual([error.code, error.result.insertedCount], [11000, 1]);
          return true;
        },
      );
      await assert.rejects(
        docs.insertMany([{ _id: 1 }, { _id: 5 }, { _id: 1 }, { _id: 6 }], { ordered: false }),
        (error: Error & { writeErrors: { index: number }[] }) => {
          assert.deepEqual(
            error.writeErrors.map(({ index }) => index),
            [0, 2],
          );
          return true;
        },
      );
      assert.deepEqual(
        (await docs.find().sort({ _id: 1 }).toArray()).map(({ _id }) => _id),
        [1, 5, 6],
      );
    });

    it('refuse findAndModify as a whole', async () => {
      await docs.createIndex({ k: 1 }, { unique: true });
      await docs.insertMany([
        { _id: 1, k: 1 },
        { _id: 2, k: 2 },
      ]);
      const error = { code: 11000, codeName: 'DuplicateKey', keyPattern: { k: 1 }, keyValue: { k: 1 } };
      await assert.rejects(docs.findOneAndUpdate({ _id: 2 }, { $set: { k: 1 } }), error);
      assert.deepEqual(await docs.findOne({ _id: 2 }), { _id: 2, k: 2 });
    });

    it('take missing as null, and equal numbers as one', async () => {
      await docs.createIndex({ k: 1 }, { unique: true });
      await docs.insertMany([{ _id: 1 }, { _id: 2, k: 5 }]);
      for (const k of [undefined, null, new Double(5), Long.fromNumber(5)]) {
        await assert.rejects(docs.insertOne({ _id: 3, ...(k === undefined ? {} : { k }) }), { code: 11000 });
      }
    });

    it('look at every element of an array', async () => {
      await docs.createIndex({ k: 1 }, { unique: true });
      await docs.insertOne({ _id: 1, k: [1, 2, 2] });
      await assert.rejects(docs.insertOne({ _id: 2, k: [3, 2] }), { code: 11000 });
    });

    it('come free when a document goes or changes', async () => {
      await docs.createIndex({ k: 1 }, { unique: true });
      await docs.insertMany([
        { _id: 1, k: 1 },
        { _id: 2, k: 2 },
      ]);
      await docs.deleteOne({ _id: 1 });
      await docs.updateOne({ _id: 2 }, { $set: { k: 1 } });
      await docs.insertOne({ _id: 3, k: 2 });
    });
  });

  describe('indexes', () => {
    it('are made, listed and dropped', async () => {
      await docs.createIndexes([
        { key: { a: 1, b: -1 }, name: 'both' },
        { key: { c: 1 }, unique: true, partialFilterExpression: { c: { $exists: true } } },
      ]);
      const shown = (await docs.indexes()).map(({ v: _, ...index }) => index);
      assert.deepEqual(shown, [
        { key: { _id: 1 }, name: '_id_' },
        { key: { a: 1, b: -1 }, name: 'both' },
        { key: { c: 1 }, name: 'c_1', unique: true, partialFilterExpression: { c: { $exists: true } } },
      ]);
      await docs.dropIndex('both');
      await docs.dropIndexes();
      assert.deepEqual(
        (await docs.indexes()).map(({ name }) => name),
        ['_id_'],
      );
      await assert.rejects(docs.dropIndex('both'), { code: 27 });
      await assert.rejects(docs.dropIndex('_id_'), { code: 72 });
      await assert.rejects(target.db.collection('none').listIndexes().toArray(), { code: 26 });
    });

    it('are asked for again without harm, but not otherwise under the same name', async () => {
      await docs.createIndex({ a: 1 });
      await docs.createIndex({ a: 1 });
      await assert.rejects(docs.createIndex({ b: 1 }, { name: 'a_1' }), { code: 86 });
      await assert.rejects(docs.createIndex({ a: 1 }, { name: 'other' }), { code: 85 });
    });

    it('that are unique are not built over duplicates', async () => {
      await docs.insertMany([
        { _id: 1, k: 1 },
        { _id: 2, k: 1 },
      ]);
      await assert.rejects(docs.createIndex({ k: 1 }, { unique: true }), { code: 11000 });
      assert.equal((await docs.indexes()).length, 1);
    });

    it('that are partial hold only some documents to be unique', async () => {
      await docs.createIndex({ p: 1 }, { unique: true, partialFilterExpression: { live: true } });
      await docs.insertMany([
        { _id: 1, p: 1 },
        { _id: 2, p: 1 },
        { _id: 3, p: 1, live: true },
      ]);
      await assert.rejects(docs.insertOne({ _id: 4, p: 1, live: true }), { code: 11000 });
      assert.equal(await docs.countDocuments({ p: 1 }), 3);
    });

    it('serve a sorted page', async () => {
      await docs.createIndex({ p: 1, at: -1 });
      await docs.insertMany(Array.from({ length: 100 }, (_, i) => ({ _id: i, p: i % 2, at: i })));
      const page = docs.find({ p: 1 }).sort({ at: -1 }).limit(3);
      assert.deepEqual(
        (await page.clone().toArray()).map(({ at }) => at),
        [99, 97, 95],
      );
      const { queryPlanner } = await page.explain('queryPlanner');
      assert.match(JSON.stringify(queryPlanner.winningPlan), /IXSCAN.*p_1_at_-1/);
      assert.doesNotMatch(JSON.stringify(queryPlanner.winningPlan), /"SORT"/);
    });

    it('refuse two arrays in one key with code 171', async () => {
      await docs.createIndex({ a: 1, b: 1 });
      await assert.rejects(docs.insertOne({ _id: 1, a: [1], b: [2] }), { code: 171 });
    });

    it('with expireAfterSeconds let documents go (a real server takes a minute for it)', async function () {
      if (!target.isOurs) this.skip();
      await docs.createIndex({ at: 1 }, { expireAfterSeconds: 3600 });
      const hourAgo = Date.now() - 3_600_000;
      await docs.insertMany([
        { _id: 1, at: new Date(hourAgo - 1000) },
        { _id: 2, at: new Date(hourAgo + 600_000) },
        { _id: 3, at: hourAgo },
        { _id: 4 },
      ]);
      await until(async () => (await docs.countDocuments()) < 4);
      assert.deepEqual(
        (await docs.find().toArray()).map(({ _id }) => _id),
        [2, 3, 4],
      );
    });
  });
});
