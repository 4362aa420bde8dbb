import assert from 'node:assert/strict';
import { ownDatabase } from '../../testing/stores.ts';
import type { Latest } from '../mongodb.ts';
import { readSome } from './read-some.ts';

interface Text {
  _id: string;
  text: string;
}

describe('readSome', () => {
  let latest: Latest;
  before(async () => {
    latest = ownDatabase();
    const texts = (name: string, count: number, length: number): Text[] =>
      Array.from({ length: count }, (_, index) => ({ _id: `${name}-${index}`, text: 'x'.repeat(length) }));
    await latest.db
      .collection<Text>('texts')
      .insertMany([
        ...texts('small', 150, 3000),
        ...texts('large', 6, 1024 * 1024),
        ...texts('huge', 2, 5 * 1024 * 1024),
      ]);
  });
  after(async () => {
    await latest.db.dropDatabase();
    await latest.close();
  });

  for (const { name, count, isAll } of [
    { name: 'small', count: 150, isAll: true },
    { name: 'large', count: 4, isAll: false },
    { name: 'huge', count: 1, isAll: false },
    { name: 'none', count: 0, isAll: true },
  ])
    it(`gives ${count} of the ${name} ones${isAll ? ', all' : ''}`, async () => {
      const filter = { _id: { $gte: `${name}-`, $lt: `${name}.` } };
      const read = await readSome(latest.db.collection<Text>('texts').find<Text>(filter).sort({ _id: 1 }));
      assert.deepEqual([read.documents.length, read.isAll], [count, isAll]);
    });
});
