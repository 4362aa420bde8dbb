import assert from 'node:assert/strict';
import { Double, Long } from 'mongodb';
import { openTarget, type Target } from './contract-target.ts';

const sales = [
  { _id: 1, item: 'a', n: 2, tags: ['x', 'y'], day: new Date('2026-01-01'), of: { shop: 'north' } },
  { _id: 2, item: 'b', n: 1, tags: [], day: new Date('2026-01-02'), of: { shop: 'south' } },
  { _id: 3, item: 'a', n: 5, day: new Date('2026-01-02'), of: { shop: 'north' } },
  { _id: 4, item: null, n: 3, tags: ['x'], day: new Date('2026-02-01') },
  { _id: 5, n: 4, tags: 'z', day: new Date('2026-02-03') },
];

const pipelines: { title: string; stages: object[]; result: unknown[] }[] = [
  {
    title: '$group takes null and missing as one',
    stages: [{ $group: { _id: '$item', total: { $sum: '$n' }, ids: { $push: '$_id' } } }, { $sort: { _id: 1 } }],
    result: [
      { _id: null, total: 7, ids: [4, 5] },
      { _id: 'a', total: 7, ids: [1, 3] },
      { _id: 'b', total: 1, ids: [2] },
    ],
  },
  {
    title: '$group has the everyday accumulators',
    stages: [
      { $sort: { n: 1 } },
      {
        $group: {
          _id: null,
          avg: { $avg: '$n' },
          min: { $min: '$n' },
          max: { $max: '$day' },
          first: { $first: '$_id' },
          none: { $first: '$tags' },
          count: { $sum: 1 },
        },
      },
    ],
    result: [{ _id: null, avg: 3, min: 1, max: new Date('2026-02-03'), first: 2, none: [], count: 5 }],
  },
  {
    title: '$group has null for what no document has, and zero for its sum',
    stages: [
      {
        $group: {
          _id: 'all',
          avg: { $avg: '$none' },
          min: { $min: '$none' },
          first: { $first: '$none' },
          sum: { $sum: '$none' },
          list: { $push: '$none' },
        },
      },
    ],
    result: [{ _id: 'all', avg: null, min: null, first: null, sum: 0, list: [] }],
  },
  {
    title: '$group reads paths into documents',
    stages: [{ $group: { _id: '$of.shop', n: { $sum: 1 } } }, { $sort: { n: 1, _id: 1 } }],
    result: [
      { _id: 'south', n: 1 },
      { _id: null, n: 2 },
      { _id: 'north', n: 2 },
    ],
  },
  {
    title: '$unwind leaves out what has no element',
    stages: [{ $unwind: '$tags' }, { $project: { tags: 1 } }],
    result: [
      { _id: 1, tags: 'x' },
      { _id: 1, tags: 'y' },
      { _id: 4, tags: 'x' },
      { _id: 5, tags: 'z' },
    ],
  },
  {
    title: 'tags are counted',
    stages: [
      { $match: { n: { $gt: 1 } } },
      { $unwind: '$tags' },
      { $group: { _id: '$tags', n: { $sum: 1 } } },
      { $sort: { n: -1, _id: 1 } },
      { $limit: 2 },
    ],
    result: [
      { _id: 'x', n: 2 },
      { _id: 'y', n: 1 },
    ],
  },
  { title: '$count counts', stages: [{ $match: { n: { $gt: 2 } } }, { $count: 'n' }], result: [{ n: 3 }] },
  { title: '$count of nothing gives no document', stages: [{ $match: { n: 99 } }, { $count: 'n' }], result: [] },
  {
    title: 'stages run in the order they are in',
    stages: [{ $limit: 3 }, { $skip: 1 }, { $match: { item: 'a' } }, { $project: { n: 1, _id: 0 } }],
    result: [{ n: 5 }],
  },
  {
    title: '$sort, $skip and $limit give a page',
    stages: [{ $match: { n: { $lt: 5 } } }, { $sort: { n: -1 } }, { $skip: 1 }, { $limit: 2 }, { $project: { n: 1 } }],
    result: [
      { _id: 4, n: 3 },
      { _id: 1, n: 2 },
    ],
  },
  {
    title: '$project keeps the order of fields',
    stages: [{ $match: { _id: 2 } }, { $project: { 'of.shop': 1, day: 1, item: 1 } }],
    result: [{ _id: 2, item: 'b', day: new Date('2026-01-02'), of: { shop: 'south' } }],
  },
  {
    title: '$project leaves out',
    stages: [{ $match: { _id: 2 } }, { $project: { tags: 0, day: 0, of: 0 } }],
    result: [{ _id: 2, item: 'b', n: 1 }],
  },
];

describe('MongoDB pipelines', () => {
  let target: Target;

  before(async () => {
    target = await openTarget();
    await target.db.collection('sales').insertMany(sales as never[]);
  });
  after(() => target.close());

  for (const { title, stages, result } of pipelines)
    it(title, async () => {
      const found = await target.db.collection('sales').aggregate(stages).toArray();
      assert.deepEqual(found, result);
      assert.deepEqual(
        found.map(Object.keys),
        result.map((document) => Object.keys(document as object)),
      );
    });

  it('adds with the types of what it adds', async () => {
    const numbers = target.db.collection<{ _id: number; k: string; n: unknown }>('numbers');
    await numbers.insertMany(
      [
        { k: 'int', n: 1 },
        { k: 'int', n: 2 },
        { k: 'long', n: Long.fromNumber(1) },
        { k: 'long', n: 1 },
        { k: 'double', n: new Double(0.5) },
        { k: 'double', n: new Double(0.5) },
        { k: 'over', n: 2147483647 },
        { k: 'over', n: 1 },
      ].map((document, _id) => ({ _id, ...document })),
    );
    const stages = [{ $group: { _id: '$k', sum: { $sum: '$n' } } }];
    const found = await numbers.aggregate(stages, { promoteValues: false }).toArray();
    assert.deepEqual(Object.fromEntries(found.map(({ _id, sum }) => [_id, [sum._bsontype, Number(sum)]])), {
      int: ['Int32', 3],
      long: ['Long', 2],
      double: ['Double', 1],
      over: ['Long', 2147483648],
    });
  });

  it('finds nothing where nothing is', async () =>
    assert.deepEqual(
      await target.db
        .collection('none')
        .aggregate([{ $group: { _id: 1 } }])
        .toArray(),
      [],
    ));

  for (const { title, stages, code } of [
    { title: 'an unknown stage', stages: [{ $almost: {} }], code: 40324 },
    { title: 'an unknown accumulator', stages: [{ $group: { _id: null, n: { $almost: 1 } } }], code: 15952 },
    { title: 'an undefined variable', stages: [{ $group: { _id: '$$none' } }], code: 17276 },
    { title: 'an empty stage', stages: [{}], code: 40323 },
    { title: 'inclusion mixed with exclusion', stages: [{ $project: { a: 1, b: 0 } }], code: 31254 },
    { title: 'exclusion mixed with inclusion', stages: [{ $project: { b: 0, a: 1 } }], code: 31253 },
    { title: '$group without _id', stages: [{ $group: { n: { $sum: 1 } } }], code: 15955 },
    { title: 'a limit of nothing', stages: [{ $limit: 0 }], code: 15958 },
  ])
    it(`refuses ${title} with code ${code}, also on a collection that is not there`, async () => {
      await assert.rejects(target.db.collection('sales').aggregate(stages).toArray(), { code });
      await assert.rejects(target.db.collection('none').aggregate(stages).toArray(), { code });
    });
});
