import assert from 'node:assert/strict';
import {
  Binary,
  type Collection,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  MongoClient,
  ObjectId,
  Timestamp,
  type UpdateFilter,
} from 'mongodb';
import { inProof } from '../../shared/testing/in-proof.ts';
import { until } from '../../shared/testing/until.ts';
import { openTarget, type Target } from './contract-target.ts';

interface Doc {
  _id: number | string | ObjectId;
  [field: string]: unknown;
}

// the driver's types take no $inc of a field that they do not know to be a number
const increment: UpdateFilter<Doc> = { $inc: { n: 1 } as never };

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

  describe('connections', () => {
    it('says hello as a server that driver 7 speaks to', async () => {
      const hello = await target.db.command({ hello: 1 });
      assert.equal(hello.isWritablePrimary, true);
      assert.ok(hello.maxWireVersion >= 9);
      assert.equal(hello.maxBsonObjectSize, 16777216);
      if (target.isOurs)
        assert.deepEqual([hello.maxWireVersion, hello.topologyVersion, hello.setName], [21, undefined, undefined]);
    });

    it('serves several clients at once, and lets them go', async () => {
      const clients = [1, 2, 3].map(() => new MongoClient(target.uri));
      await Promise.all(
        clients.map((client, i) =>
          client.db(target.db.databaseName).collection<Doc>(docs.collectionName).insertOne({ _id: i }),
        ),
      );
      await Promise.all(clients.map((client) => client.close()));
      assert.equal(await docs.countDocuments(), 3);
    });

    it('answers what tools ask', async () => {
      const admin = target.db.admin();
      assert.equal((await admin.ping()).ok, 1);
      assert.ok((await admin.buildInfo()).versionArray[0] >= 4);
      assert.equal((await admin.command({ connectionStatus: 1 })).ok, 1);
    });

    it('accepts sessions', async () => {
      await target.client.withSession(async (session) => {
        await docs.insertOne({ _id: 1 }, { session });
        assert.deepEqual(await docs.findOne({ _id: 1 }, { session }), { _id: 1 });
      });
    });

    it('takes unacknowledged writes without an answer', async () => {
      await docs.insertOne({ _id: 1 }, { writeConcern: { w: 0 } });
      await until(() => docs.findOne({ _id: 1 }));
    });
  });

  describe('documents', () => {
    it('come back with every type and in the order of their fields', async () => {
      const document = {
        _id: new ObjectId(),
        z: new Int32(1),
        a: new Double(1),
        long: Long.fromNumber(1),
        big: Long.fromBigInt(2n ** 62n),
        half: new Double(0.5),
        text: 'ü\0x',
        bytes: new Binary(new Uint8Array([0, 1, 255]), 5),
        at: new Date(-1),
        null: null,
        yes: true,
        nested: { y: [], x: {}, list: [null, [new Double(2)]] },
        stamp: new Timestamp({ t: 5, i: 6 }),
        min: new MinKey(),
        max: new MaxKey(),
        regex: /a.b/i,
      };
      await docs.insertOne(document);
      const found = await docs.findOne({}, { promoteValues: false });
      assert.deepEqual(found, document);
      assert.deepEqual(Object.keys(found ?? {}), Object.keys(document));
    });

    it('have _id first, made when missing', async () => {
      await target.db.command({ insert: docs.collectionName, documents: [{ a: 1, _id: 'x' }, { b: 1 }] });
      const [given, made] = await docs.find().toArray();
      assert.deepEqual(Object.keys(given ?? {}), ['_id', 'a']);
      assert.ok(made?._id instanceof ObjectId);
      assert.deepEqual(Object.keys(made), ['_id', 'b']);
    });

    it('may have fields that are named as what every JavaScript object has', async () => {
      await docs.insertMany([{ _id: 1 }, { _id: 2, constructor: 1, o: { toString: 2 } } as unknown as Doc]);
      assert.equal(await docs.countDocuments({ constructor: { $exists: true } }), 1);
      assert.equal(await docs.countDocuments({ 'o.toString': null }), 1);
      await docs.updateMany({}, { $set: { 'o.valueOf': 3 } });
      assert.deepEqual(await docs.find({}, { projection: { 'o.valueOf': 1 } }).toArray(), [
        { _id: 1, o: { valueOf: 3 } },
        { _id: 2, o: { valueOf: 3 } },
      ]);
    });

    it('keep missing and null apart', async () => {
      await docs.insertMany([{ _id: 1, a: null }, { _id: 2 }]);
      assert.deepEqual(await docs.find().sort({ _id: 1 }).toArray(), [{ _id: 1, a: null }, { _id: 2 }]);
    });

    inProof('may have 15 MB, and travel in many', async () => {
      const text = 'x'.repeat(5_000_000);
      await docs.insertMany([1, 2, 3, 4, 5].map((_id) => ({ _id, text })));
      await docs.insertOne({ _id: 6, text: text.repeat(3) });
      const lengths = (await docs.find().sort({ _id: 1 }).toArray()).map((document) => String(document.text).length);
      assert.deepEqual(lengths, [5e6, 5e6, 5e6, 5e6, 5e6, 15e6]);
    });
  });

  describe('writers at the same time', () => {
    it('lose no update by compare and swap', async () => {
      const writers = Array.from({ length: 20 }, async (_, writer) => {
        for (;;) {
          const known = await docs.findOne({ _id: 'x' });
          const next = {
            _id: 'x',
            revision: Number(known?.revision ?? 0) + 1,
            by: [...((known?.by as number[]) ?? []), writer],
          };
          if (known) {
            const { matchedCount } = await docs.replaceOne({ _id: 'x', revision: known.revision }, next);
            if (matchedCount === 1) return;
          } else {
            const won = await docs.insertOne(next).then(
              () => true,
              (error) => {
                assert.equal(error.code, 11000);
                return false;
              },
            );
            if (won) return;
          }
        }
      });
      await Promise.all(writers);
      const found = await docs.findOne({ _id: 'x' });
      assert.equal(found?.revision, 20);
      assert.deepEqual(
        [...((found?.by ?? []) as number[])].sort((a, b) => a - b),
        Array.from({ length: 20 }, (_, i) => i),
      );
    });

    it('make one document of many upserts', async () => {
      await Promise.all(Array.from({ length: 30 }, () => docs.updateOne({ _id: 1 }, increment, { upsert: true })));
      assert.deepEqual(await docs.find().toArray(), [{ _id: 1, n: 30 }]);
    });

    it('meet a newer document by 11000 when the filter of an upsert passes it over', async () => {
      await docs.insertOne({ _id: 1, at: 5 });
      await assert.rejects(docs.updateOne({ _id: 1, at: { $lt: 3 } }, { $set: { at: 3 } }, { upsert: true }), {
        code: 11000,
      });
    });
  });

  describe('bulkWrite', () => {
    it('of a collection runs all kinds in order', async () => {
      const result = await docs.bulkWrite([
        { insertOne: { document: { _id: 1, n: 1 } } },
        { updateOne: { filter: { _id: 1 }, update: increment } },
        { updateMany: { filter: { n: 2 }, update: { $set: { m: 2 } } } },
        { replaceOne: { filter: { _id: 2 }, replacement: { r: 1 }, upsert: true } },
        { deleteOne: { filter: { _id: 99 } } },
        { deleteMany: { filter: { r: 1 } } },
      ]);
      const { insertedCount, matchedCount, modifiedCount, upsertedCount, deletedCount } = result;
      assert.deepEqual([insertedCount, matchedCount, modifiedCount, upsertedCount, deletedCount], [1, 2, 2, 1, 1]);
      assert.deepEqual(await docs.find().toArray(), [{ _id: 1, n: 2, m: 2 }]);
    });

    it('of a client is a command of MongoDB 8 that this server does not know', async function () {
      if (!target.isOurs) this.skip();
      const models = [{ name: 'insertOne', namespace: docs.namespace, document: {} }] as const;
      await assert.rejects(
        target.client.bulkWrite(models),
        (error: Error & { cause?: { code?: number }; code?: number }) => {
          assert.equal(error.code ?? error.cause?.code, 59);
          return true;
        },
      );
    });
  });

  describe('collections and databases', () => {
    it('are listed, made and dropped', async () => {
      const db = target.client.db(`${target.db.databaseName}_2`);
      await db.createCollection('a');
      await db.collection('b').insertOne({});
      await assert.rejects(db.createCollection('a'), { code: 48 });
      assert.deepEqual((await db.listCollections().toArray()).map(({ name }) => name).sort(), ['a', 'b']);
      assert.equal((await db.listCollections({ name: 'b' }, { nameOnly: true }).toArray()).length, 1);
      const names = async () => (await target.db.admin().listDatabases()).databases.map(({ name }) => name);
      assert.ok((await names()).includes(db.databaseName));
      await db.dropCollection('a');
      assert.deepEqual(
        (await db.collections()).map(({ collectionName }) => collectionName),
        ['b'],
      );
      await db.dropDatabase();
      assert.ok(!(await names()).includes(db.databaseName));
    });

    it('keep nothing of what was there before a drop', async () => {
      await docs.createIndex({ k: 1 }, { unique: true });
      await docs.insertOne({ _id: 1, k: 1 });
      await docs.drop();
      await docs.insertMany([
        { _id: 1, k: 1 },
        { _id: 2, k: 1 },
      ]);
      assert.equal(await docs.countDocuments({ k: 1 }), 2);
    });

    it('tell their size in bytes, or in units of a scale', async () => {
      const db = target.client.db(`${target.db.databaseName}_3`);
      await db.collection<Doc>('a').insertMany([{ _id: 1, text: 'x'.repeat(3000) }, { _id: 2 }]);
      const bytes = await db.stats();
      assert.equal(bytes.objects, 2);
      assert.equal(bytes.scaleFactor, 1);
      assert.ok(bytes.dataSize > 3000 && bytes.dataSize < 4000);
      const kibibytes = await db.command({ dbStats: 1, scale: 1024 });
      assert.equal(kibibytes.dataSize, bytes.dataSize / 1024);
      assert.equal(kibibytes.scaleFactor, 1024);
      await assert.rejects(db.command({ dbStats: 1, scale: 0 }));
      await db.dropDatabase();
    });

    it('refuse names that are none', async () => {
      await assert.rejects(target.db.command({ insert: 'a$b', documents: [{}] }), { code: 73 });
    });
  });

  describe('what a standalone server has not', () => {
    beforeEach(function () {
      if (!target.isOurs) this.skip();
    });

    it('transactions: code 20, and nothing is written', async () => {
      const session = target.client.startSession();
      session.startTransaction();
      await assert.rejects(docs.findOne({}, { session }), { code: 20 });
      await session.abortTransaction().catch(() => {});
      session.startTransaction();
      // the driver has its own words for this code when it answers a write
      await assert.rejects(docs.insertOne({ _id: 1 }, { session }), /does not support retryable writes/);
      await session.abortTransaction().catch(() => {});
      await session.endSession();
      assert.equal(await docs.countDocuments(), 0);
    });

    it('change streams: code 40573', async () => {
      const stream = docs.watch();
      await assert.rejects(stream.next(), { code: 40573 });
      await stream.close();
    });
  });
});
