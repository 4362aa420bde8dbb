import assert from 'node:assert/strict';
import { Decimal128, Double, Long, ObjectId } from 'mongodb';
import { openTarget, type Target } from './contract-target.ts';

const at = new Date('2026-03-05T07:08:09.123Z');
const id = new ObjectId('65a1b2c3d4e5f60718293a4b');

const document = {
  _id: 1,
  int: 7,
  neg: -7,
  half: 2.5,
  long: Long.fromNumber(9),
  text: 'Grüße, Welt',
  csv: 'a,b,,c',
  at,
  id,
  list: [3, 1, 2],
  objects: [{ n: 1, s: 'x' }, { n: 2 }, { n: 3, s: 'y' }],
  object: { a: 1, b: { c: 2 } },
  null: null,
};

/** Each expression on the document above; values as the driver promotes them. */
const expressions: [expression: unknown, value: unknown][] = [
  [{ $add: ['$int', '$half'] }, 9.5],
  [{ $add: ['$at', 1000] }, new Date(at.getTime() + 1000)],
  [{ $add: ['$int', '$none'] }, null],
  [{ $subtract: ['$at', new Date(at.getTime() - 5)] }, 5],
  [{ $multiply: ['$int', '$long'] }, 63],
  [{ $divide: ['$int', 2] }, 3.5],
  [{ $mod: ['$neg', 4] }, -3],
  [{ $abs: '$neg' }, 7],
  [{ $round: ['$half', 0] }, 2],
  [{ $round: [1234.5678, 2] }, 1234.57],
  [{ $trunc: [1234.5678, -2] }, 1200],
  [{ $ceil: '$half' }, 3],
  [{ $floor: -2.5 }, -3],
  [{ $pow: [2, 10] }, 1024],
  [{ $sqrt: 16 }, 4],
  [{ $eq: ['$int', new Double(7)] }, true],
  [{ $lt: ['$none', '$null'] }, true],
  [{ $gt: ['$text', '$int'] }, true],
  [{ $cmp: ['$at', '$id'] }, 1],
  [{ $and: ['$int', { $not: ['$null'] }] }, true],
  [{ $or: [0, '$none', ''] }, true],
  [{ $cond: ['$none', 1, 2] }, 2],
  [{ $ifNull: ['$none', '$null', 'x'] }, 'x'],
  // biome-ignore lint/suspicious/noThenProperty: MongoDB calls it so
  [{ $switch: { branches: [{ case: { $gt: ['$int', 9] }, then: 'a' }], default: 'b' } }, 'b'],
  [{ $let: { vars: { n: '$int' }, in: { $add: ['$$n', '$$n'] } } }, 14],
  [{ $map: { input: '$list', as: 'x', in: { $multiply: ['$$x', 2] } } }, [6, 2, 4]],
  [{ $filter: { input: '$objects', cond: { $gt: ['$$this.n', 1] }, limit: 1 } }, [{ n: 2 }]],
  [{ $reduce: { input: '$list', initialValue: 0, in: { $add: ['$$value', '$$this'] } } }, 6],
  ['$objects.s', ['x', 'y']],
  ['$object.b.c', 2],
  [
    ['$int', '$none'],
    [7, null],
  ],
  [{ a: '$none', b: '$int' }, { b: 7 }],
  [{ $arrayElemAt: ['$list', -1] }, 2],
  [{ $first: '$list' }, 3],
  [{ $size: '$list' }, 3],
  [{ $slice: ['$list', 1, 2] }, [1, 2]],
  [{ $slice: ['$list', -2] }, [1, 2]],
  [{ $concatArrays: ['$list', [9]] }, [3, 1, 2, 9]],
  [{ $in: [2, '$list'] }, true],
  [{ $indexOfArray: ['$list', 2] }, 2],
  [{ $isArray: ['$list'] }, true],
  [{ $range: [0, 7, 3] }, [0, 3, 6]],
  [{ $reverseArray: '$list' }, [2, 1, 3]],
  [{ $sortArray: { input: '$list', sortBy: 1 } }, [1, 2, 3]],
  [{ $sortArray: { input: '$objects.n', sortBy: -1 } }, [3, 2, 1]],
  [
    { $zip: { inputs: ['$list', ['a', 'b']] } },
    [
      [3, 'a'],
      [1, 'b'],
    ],
  ],
  [{ $maxN: { n: 2, input: '$list' } }, [3, 2]],
  [
    {
      $arrayToObject: [
        [
          ['a', 1],
          ['b', 2],
        ],
      ],
    },
    { a: 1, b: 2 },
  ],
  [
    { $objectToArray: '$object' },
    [
      { k: 'a', v: 1 },
      { k: 'b', v: { c: 2 } },
    ],
  ],
  [{ $mergeObjects: ['$object', { a: 5 }, '$none'] }, { a: 5, b: { c: 2 } }],
  [{ $getField: { field: 'a', input: '$object' } }, 1],
  [{ $setField: { field: 'x.y', input: '$object', value: 3 } }, { a: 1, b: { c: 2 }, 'x.y': 3 }],
  [{ $setUnion: ['$list', [2, 5]] }, [1, 2, 3, 5]],
  [{ $setIntersection: ['$list', [2, 3, 9]] }, [2, 3]],
  [{ $setDifference: ['$list', [1]] }, [3, 2]],
  [{ $setIsSubset: [[1], '$list'] }, true],
  [{ $concat: ['$text', '!'] }, 'Grüße, Welt!'],
  [{ $concat: ['$text', '$none'] }, null],
  [{ $toUpper: 'abc' }, 'ABC'],
  [{ $split: ['$csv', ','] }, ['a', 'b', '', 'c']],
  [{ $strLenCP: '$text' }, 11],
  [{ $strLenBytes: '$text' }, 13],
  [{ $substrCP: ['$text', 2, 3] }, 'üße'],
  [{ $substrBytes: ['abc', 1, 9] }, 'bc'],
  [{ $indexOfCP: ['$text', 'Welt'] }, 7],
  [{ $indexOfBytes: ['$text', 'Welt'] }, 9],
  [{ $trim: { input: '  x ' } }, 'x'],
  [{ $ltrim: { input: 'xxay', chars: 'xy' } }, 'ay'],
  [{ $replaceAll: { input: 'a.b.c', find: '.', replacement: { $literal: '$&' } } }, 'a$&b$&c'],
  [{ $regexMatch: { input: '$text', regex: 'welt', options: 'i' } }, true],
  [{ $regexFind: { input: '$text', regex: 'W(e)(x)?' } }, { match: 'We', idx: 7, captures: ['e', null] }],
  [{ $year: '$at' }, 2026],
  [{ $dayOfWeek: '$at' }, 5],
  [{ $dayOfYear: '$at' }, 64],
  [{ $isoWeek: new Date('2027-01-01') }, 53],
  [{ $week: new Date('2026-01-04') }, 1],
  [{ $hour: { date: '$at', timezone: 'America/New_York' } }, 2],
  [{ $year: '$id' }, 2024],
  [
    { $dateToString: { date: '$at', format: '%Y-%m-%d %H:%M:%S.%L %j %u %V %z' } },
    '2026-03-05 07:08:09.123 064 4 10 +0000',
  ],
  [{ $dateToString: { date: '$at', format: '%H:%M %z', timezone: '+05:30' } }, '12:38 +0530'],
  [{ $dateToString: { date: '$none', onNull: 'never' } }, 'never'],
  [{ $dateTrunc: { date: '$at', unit: 'day' } }, new Date('2026-03-05')],
  [{ $dateTrunc: { date: '$at', unit: 'day', timezone: 'Asia/Tokyo' } }, new Date('2026-03-04T15:00:00Z')],
  [{ $dateTrunc: { date: '$at', unit: 'week', startOfWeek: 'monday' } }, new Date('2026-03-02')],
  [{ $dateTrunc: { date: '$at', unit: 'quarter' } }, new Date('2026-01-01')],
  [{ $dateAdd: { startDate: new Date('2026-01-31'), unit: 'month', amount: 1 } }, new Date('2026-02-28')],
  [{ $dateSubtract: { startDate: '$at', unit: 'hour', amount: 8 } }, new Date('2026-03-04T23:08:09.123Z')],
  [{ $dateDiff: { startDate: new Date('2026-01-31'), endDate: new Date('2026-02-01'), unit: 'month' } }, 1],
  [{ $dateFromString: { dateString: '2026-03-05T07:08:09.123Z' } }, at],
  [{ $dateFromParts: { year: 2026, month: 3, day: 5, hour: 7 } }, new Date('2026-03-05T07:00:00Z')],
  [{ $type: '$half' }, 'double'],
  [{ $type: '$none' }, 'missing'],
  [{ $toString: '$id' }, '65a1b2c3d4e5f60718293a4b'],
  [{ $toString: '$half' }, '2.5'],
  [{ $toInt: '12' }, 12],
  [{ $toDate: '$id' }, id.getTimestamp()],
  [{ $toDate: '2026-03-05' }, new Date('2026-03-05')],
  [{ $toObjectId: '65a1b2c3d4e5f60718293a4b' }, id],
  [{ $convert: { input: 'x', to: 'int', onError: 'none' } }, 'none'],
  [{ $literal: '$int' }, '$int'],
];

const sales = [
  { _id: 1, item: 'a', n: 2, tags: ['x', 'y'], day: new Date('2026-01-01') },
  { _id: 2, item: 'b', n: 1, tags: [], day: new Date('2026-01-02') },
  { _id: 3, item: 'a', n: 5, day: new Date('2026-01-02') },
  { _id: 4, item: null, n: 3, tags: ['x'], day: new Date('2026-02-01') },
  { _id: 5, n: 4, tags: 'z', day: new Date('2026-02-03') },
];
const items = [
  { _id: 'a', name: 'Apple', sizes: [1, 2] },
  { _id: 'b', name: 'Bean', sizes: [2] },
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
          last: { $last: '$_id' },
          count: { $count: {} },
        },
      },
    ],
    result: [{ _id: null, avg: 3, min: 1, max: new Date('2026-02-03'), first: 2, last: 3, count: 5 }],
  },
  {
    title: '$group picks by an order',
    stages: [
      {
        $group: {
          _id: null,
          best: { $top: { sortBy: { n: -1 }, output: '$_id' } },
          two: { $bottomN: { n: 2, sortBy: { n: -1 }, output: '$n' } },
          most: { $maxN: { n: 2, input: '$n' } },
        },
      },
    ],
    result: [{ _id: null, best: 3, two: [2, 1], most: [5, 4] }],
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
    title: '$unwind can keep it, and tell the index',
    stages: [
      { $match: { _id: { $lte: 3 } } },
      { $unwind: { path: '$tags', includeArrayIndex: 'i', preserveNullAndEmptyArrays: true } },
      { $project: { tags: 1, i: 1 } },
    ],
    result: [
      { _id: 1, tags: 'x', i: 0 },
      { _id: 1, tags: 'y', i: 1 },
      { _id: 2, i: null },
      { _id: 3, i: null },
    ],
  },
  {
    title: '$lookup joins by fields',
    stages: [
      { $lookup: { from: 'items', localField: 'item', foreignField: '_id', as: 'of' } },
      { $match: { of: { $ne: [] } } },
      { $project: { name: '$of.name' } },
    ],
    result: [
      { _id: 1, name: ['Apple'] },
      { _id: 2, name: ['Bean'] },
      { _id: 3, name: ['Apple'] },
    ],
  },
  {
    title: '$lookup joins by an array on either side',
    stages: [
      { $match: { _id: { $in: [1, 2] } } },
      { $lookup: { from: 'items', localField: 'n', foreignField: 'sizes', as: 'of' } },
      { $project: { of: '$of._id' } },
    ],
    result: [
      { _id: 1, of: ['a', 'b'] },
      { _id: 2, of: ['a'] },
    ],
  },
  {
    title: '$lookup runs a pipeline with variables',
    stages: [
      { $match: { _id: 1 } },
      {
        $lookup: {
          from: 'items',
          let: { n: '$n' },
          pipeline: [{ $match: { $expr: { $in: ['$$n', '$sizes'] } } }, { $project: { _id: 0, name: 1 } }],
          as: 'of',
        },
      },
      { $project: { of: 1 } },
    ],
    result: [{ _id: 1, of: [{ name: 'Apple' }, { name: 'Bean' }] }],
  },
  {
    title: '$facet runs several on the same documents',
    stages: [
      {
        $facet: {
          total: [{ $count: 'n' }],
          page: [{ $sort: { n: -1 } }, { $skip: 1 }, { $limit: 2 }, { $project: { n: 1 } }],
          none: [{ $match: { n: 99 } }, { $count: 'n' }],
        },
      },
    ],
    result: [
      {
        total: [{ n: 5 }],
        page: [
          { _id: 5, n: 4 },
          { _id: 4, n: 3 },
        ],
        none: [],
      },
    ],
  },
  {
    title: '$bucket counts within boundaries',
    stages: [{ $bucket: { groupBy: '$n', boundaries: [1, 3, 5], default: 'more' } }],
    result: [
      { _id: 1, count: 2 },
      { _id: 3, count: 2 },
      { _id: 'more', count: 1 },
    ],
  },
  {
    title: '$sortByCount',
    stages: [{ $match: { item: 'a' } }, { $sortByCount: '$item' }],
    result: [{ _id: 'a', count: 2 }],
  },
  { title: '$count of nothing gives no document', stages: [{ $match: { n: 99 } }, { $count: 'n' }], result: [] },
  {
    title: '$unionWith',
    stages: [
      { $match: { _id: 2 } },
      { $unionWith: { coll: 'items', pipeline: [{ $match: { _id: 'a' } }] } },
      { $project: { _id: 1 } },
    ],
    result: [{ _id: 2 }, { _id: 'a' }],
  },
  {
    title: '$project computes and keeps the order of fields',
    stages: [{ $match: { _id: 2 } }, { $project: { double: { $multiply: ['$n', 2] }, day: 1, item: 1 } }],
    result: [{ _id: 2, item: 'b', day: new Date('2026-01-02'), double: 2 }],
  },
  {
    title: '$project leaves out',
    stages: [{ $match: { _id: 2 } }, { $project: { tags: 0, day: 0 } }],
    result: [{ _id: 2, item: 'b', n: 1 }],
  },
  {
    title: '$set into nested documents',
    stages: [{ $match: { _id: 2 } }, { $set: { 'a.b': '$n', 'a.c': 1 } }, { $project: { a: 1 } }],
    result: [{ _id: 2, a: { b: 1, c: 1 } }],
  },
  {
    title: '$replaceRoot and $unset',
    stages: [{ $match: { _id: 2 } }, { $replaceRoot: { newRoot: { a: '$n', b: 1 } } }, { $unset: ['b'] }],
    result: [{ a: 1 }],
  },
];

describe('MongoDB pipelines', () => {
  let target: Target;

  before(async () => {
    target = await openTarget();
    await target.db.collection('one').insertOne(document as never);
    await target.db.collection('sales').insertMany(sales as never[]);
    await target.db.collection('items').insertMany(items as never[]);
  });
  after(() => target.close());

  for (const [expression, value] of expressions)
    it(`${JSON.stringify(expression)} is ${JSON.stringify(value)}`, async () => {
      const [result] = await target.db
        .collection('one')
        .aggregate([{ $project: { _id: 0, value: expression } }])
        .toArray();
      assert.deepEqual(result, { value });
    });

  for (const { title, stages, result } of pipelines)
    it(title, async () => assert.deepEqual(await target.db.collection('sales').aggregate(stages).toArray(), result));

  it('computes with the types of its operands', async () => {
    const [result] = await target.db
      .collection('one')
      .aggregate(
        [
          {
            $project: {
              _id: 0,
              int: { $add: ['$int', 1] },
              long: { $add: ['$long', 1] },
              double: { $add: ['$half', 0.5] },
              over: { $add: [2147483647, 1] },
            },
          },
        ],
        { promoteValues: false },
      )
      .toArray();
    assert.deepEqual(
      Object.entries(result ?? {}).map(([key, value]) => [key, value._bsontype]),
      [
        ['int', 'Int32'],
        ['long', 'Long'],
        ['double', 'Double'],
        ['over', 'Long'],
      ],
    );
  });

  it('writes its result with $out and $merge', async () => {
    const { db } = target;
    await db
      .collection('sales')
      .aggregate([{ $match: { item: 'a' } }, { $project: { n: 1 } }, { $out: 'made' }])
      .toArray();
    assert.deepEqual(await db.collection('made').find().toArray(), [
      { _id: 1, n: 2 },
      { _id: 3, n: 5 },
    ]);
    await db
      .collection('sales')
      .aggregate([
        { $match: { _id: { $in: [1, 2] } } },
        { $project: { item: 1 } },
        { $merge: { into: 'made', whenMatched: 'merge' } },
      ])
      .toArray();
    assert.deepEqual(await db.collection('made').find().sort({ _id: 1 }).toArray(), [
      { _id: 1, n: 2, item: 'a' },
      { _id: 2, item: 'b' },
      { _id: 3, n: 5 },
    ]);
  });

  for (const { title, stages, code } of [
    { title: 'an unknown stage', stages: [{ $almost: {} }], code: 40324 },
    { title: 'an unknown accumulator', stages: [{ $group: { _id: null, n: { $almost: 1 } } }], code: 15952 },
    { title: 'an undefined variable', stages: [{ $project: { a: '$$none' } }], code: 17276 },
    { title: 'too few operands', stages: [{ $project: { a: { $divide: [1] } } }], code: 16020 },
    { title: 'a division by zero', stages: [{ $project: { a: { $divide: [1, 0] } } }], code: 2 },
    { title: 'an empty stage', stages: [{}], code: 40323 },
    { title: 'inclusion mixed with exclusion', stages: [{ $project: { a: 1, b: 0 } }], code: 31254 },
  ])
    it(`refuses ${title} with code ${code}`, () =>
      assert.rejects(target.db.collection('sales').aggregate(stages).toArray(), { code }));

  for (const { title, stages } of [
    { title: 'window functions', stages: [{ $setWindowFields: { sortBy: { n: 1 }, output: {} } }] },
    { title: 'arithmetic of Decimal128', stages: [{ $project: { a: { $add: [Decimal128.fromString('1'), 1] } } }] },
  ])
    it(`refuses ${title}, which this server has not, with code 238`, async function () {
      if (!target.isOurs) this.skip();
      await assert.rejects(target.db.collection('sales').aggregate(stages).toArray(), { code: 238 });
    });
});
