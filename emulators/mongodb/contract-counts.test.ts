import assert from 'node:assert/strict';
import { openTarget, type Target } from './contract-target.ts';

describe('MongoDB counts', () => {
  let target: Target;
  const docs = () => target.db.collection('docs');

  before(async () => {
    target = await openTarget();
    await docs().insertMany([1, 2, 3, 4, 5].map((n) => ({ n, item: n > 2 ? 'b' : 'a' })));
  });
  after(() => target.close());

  for (const { title, filter, options, counted } of [
    { title: 'all', filter: {}, options: {}, counted: 5 },
    { title: 'what matches', filter: { item: 'b' }, options: {}, counted: 3 },
    { title: 'nothing', filter: { item: 'c' }, options: {}, counted: 0 },
    { title: 'what is left behind a skip', filter: {}, options: { skip: 4 }, counted: 1 },
    { title: 'up to a limit', filter: { n: { $gt: 1 } }, options: { limit: 2 }, counted: 2 },
    { title: 'a page', filter: {}, options: { skip: 3, limit: 10 }, counted: 2 },
  ])
    it(title, async () => assert.equal(await docs().countDocuments(filter, options), counted));

  it('nothing where nothing is', async () => assert.equal(await target.db.collection('none').countDocuments(), 0));

  it('by an index, which tells without documents', async () => {
    await docs().createIndex({ item: 1 });
    assert.equal(await docs().countDocuments({ item: 'a' }), 2);
  });

  for (const { title, stages, code } of [
    { title: 'an unknown stage', stages: [{ $almost: {} }], code: 40324 },
    { title: 'an empty stage', stages: [{}], code: 40323 },
    { title: 'a limit of nothing', stages: [{ $limit: 0 }, { $group: { _id: 1, n: { $sum: 1 } } }], code: 15958 },
  ])
    it(`but for ${title}, refused with code ${code}, also on a collection that is not there`, async () => {
      await assert.rejects(docs().aggregate(stages).toArray(), { code });
      await assert.rejects(target.db.collection('none').aggregate(stages).toArray(), { code });
    });

  for (const projection of [
    { a: 1, b: 0 },
    { b: 0, a: 1 },
  ])
    it(`and no projection that includes and excludes: ${JSON.stringify(projection)}`, async () => {
      const code = projection.a === 1 && Object.keys(projection)[0] === 'a' ? 31254 : 31253;
      await assert.rejects(docs().find({}, { projection }).toArray(), { code });
    });
});
