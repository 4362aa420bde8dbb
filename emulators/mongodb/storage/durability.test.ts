import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Collection, MongoClient } from 'mongodb';
import { inProof } from '../../../shared/testing/in-proof.ts';
import { startMongodb } from '../index.ts';

interface Doc {
  _id: number;
  [field: string]: unknown;
}

const entry = fileURLToPath(new URL('../index.ts', import.meta.url));

describe('MongoDB data in a folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mongodb-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function use(work: (docs: Collection<Doc>) => Promise<void>): Promise<void> {
    const emulator = await startMongodb({ dataDir: folder });
    const client = new MongoClient(emulator.url);
    try {
      await work(client.db().collection<Doc>('docs'));
    } finally {
      await client.close();
      await emulator.stop();
    }
  }

  /** Names of files that hold the text anywhere. */
  async function filesWith(text: string): Promise<string[]> {
    const found: string[] = [];
    for (const name of await readdir(folder)) {
      if ((await readFile(join(folder, name))).includes(text)) found.push(name);
    }
    return found;
  }

  it('is there again after a restart, indexes too', async () => {
    await use(async (docs) => {
      await docs.createIndex({ k: 1 }, { unique: true });
      await docs.insertMany([1, 2, 3].map((_id) => ({ _id, k: _id, text: 'kept' })));
    });
    assert.deepEqual(await filesWith('kept'), ['data.mdb']);
    await use(async (docs) => {
      assert.deepEqual(
        (await docs.find({ k: { $gt: 1 } }).toArray()).map(({ _id }) => _id),
        [2, 3],
      );
      await assert.rejects(docs.insertOne({ _id: 4, k: 3 }), { code: 11000 });
      await docs.insertOne({ _id: 5, k: 5 });
      assert.deepEqual(
        (await docs.find().toArray()).map(({ _id }) => _id),
        [1, 2, 3, 5],
      );
    });
  });

  inProof('loses nothing that was acknowledged when the process is killed', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx/esm', entry, '--data', folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const client = new MongoClient(await urlOf(child));
    const acknowledged = new Map<number, number>();
    try {
      const docs = client.db().collection<Doc>('docs');
      await docs.createIndex({ n: 1 });
      const writers = Array.from({ length: 8 }, async (_, writer) => {
        for (let n = 1; ; n++) {
          await docs.updateOne({ _id: writer }, { $set: { n } }, { upsert: true });
          acknowledged.set(writer, n);
          if (n === 50 && writer === 0) child.kill('SIGKILL');
        }
      });
      await Promise.all([once(child, 'exit'), Promise.allSettled(writers)]);
    } finally {
      child.kill('SIGKILL');
      await client.close();
    }
    await use(async (docs) => {
      const found = await docs.find({ n: { $gte: 0 } }).toArray();
      assert.equal(found.length, 8);
      // a write that was under way may have come through as well
      for (const { _id, n } of found) assert.ok(Number(n) >= (acknowledged.get(_id) ?? 0));
    });
  });

  it('holds nothing of what was deleted or replaced, after a stop', async () => {
    const big = (secret: string) => `${secret} `.repeat(2000);
    await use(async (docs) => {
      await docs.createIndex({ k: 1 });
      await docs.insertMany(
        Array.from({ length: 300 }, (_, _id) => ({
          _id,
          k: `SECRET-KEY-${_id}`,
          small: `SECRET-SMALL-${_id}`,
          keep: 'KEPT',
        })),
      );
      await docs.insertMany(Array.from({ length: 20 }, (_, i) => ({ _id: 1000 + i, big: big(`SECRET-BIG-${i}`) })));
      await docs.insertMany(Array.from({ length: 20 }, (_, i) => ({ _id: 3000 + i, k: big(`SECRET-LONG-${i}`) })));
      await docs.deleteMany({ k: /^SECRET-LONG/ });
      await docs.updateMany({ _id: { $lt: 100 } }, { $set: { k: 'x', small: 'y' } });
      await docs.updateMany({ _id: { $gte: 1010 } }, { $set: { big: 'now small' } });
      await docs.deleteMany({ $or: [{ _id: { $gte: 100, $lt: 300 } }, { _id: { $gte: 1000, $lt: 1010 } }] });
      await docs.insertMany(Array.from({ length: 50 }, (_, i) => ({ _id: 2000 + i, keep: 'KEPT' })));
    });
    assert.deepEqual(await filesWith('SECRET'), []);
    assert.deepEqual(await filesWith('KEPT'), ['data.mdb']);
    await use(async (docs) => assert.equal(await docs.countDocuments(), 160));
  });

  inProof('holds nothing of it either, after a kill and the next start', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx/esm', entry, '--data', folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const client = new MongoClient(await urlOf(child));
    try {
      const docs = client.db().collection<Doc>('docs');
      await docs.insertMany([
        { _id: 1, text: 'SECRET' },
        { _id: 2, text: 'KEPT' },
      ]);
      await docs.deleteOne({ _id: 1 });
    } finally {
      await client.close();
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    assert.deepEqual(await filesWith('SECRET'), ['data.mdb']);
    await use(async (docs) => {
      assert.deepEqual(await filesWith('SECRET'), []);
      assert.deepEqual(await docs.find().toArray(), [{ _id: 2, text: 'KEPT' }]);
    });
  });

  it('goes when a collection is dropped', async () => {
    await use(async (docs) => {
      await docs.insertOne({ _id: 1, text: 'SECRET' });
      await docs.drop();
    });
    assert.deepEqual(await filesWith('SECRET'), []);
  });
});

async function urlOf(child: ChildProcess): Promise<string> {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  for await (const line of lines) {
    const url = /mongodb:\/\/\S+/.exec(line)?.[0];
    if (url) return url;
  }
  throw new Error('the emulator ended before it told its address');
}
