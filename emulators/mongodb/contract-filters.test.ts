import assert from 'node:assert/strict';
import { Binary, type Collection, Double, Long, MaxKey, MinKey, ObjectId, Timestamp } from 'mongodb';
import { openTarget, type Target } from './contract-target.ts';

interface Doc {
  _id: number;
  [field: string]: unknown;
}

const id = new ObjectId('0123456789abcdef01234567');
const at = new Date('2026-01-02T03:04:05.678Z');

const values: Record<string, unknown> = {
  int: 5,
  double: new Double(5),
  long: Long.fromNumber(5),
  half: 5.5,
  big: Long.fromBigInt(2n ** 60n + 1n),
  nan: Number.NaN,
  text: 'b',
  upper: 'B',
  null: null,
  yes: true,
  date: at,
  id,
  object: { x: 1, y: 2 },
  turned: { y: 2, x: 1 },
  list: [1, 5, 9],
  empty: [],
  nested: [[1, 2], [3]],
  objects: [
    { x: 1, y: 1 },
    { x: 2, y: 2 },
  ],
  bytes: new Binary(new Uint8Array([1, 2])),
  stamp: new Timestamp({ t: 1, i: 2 }),
  min: new MinKey(),
  max: new MaxKey(),
};

/** What each filter on `v` must find, by the names above; `missing` has no `v`. */
const cases: { filter: unknown; finds: string }[] = [
  { filter: 5, finds: 'int double long list' },
  { filter: { $eq: 5 }, finds: 'int double long list' },
  { filter: Long.fromBigInt(2n ** 60n), finds: '' },
  { filter: Long.fromBigInt(2n ** 60n + 1n), finds: 'big' },
  { filter: Number.NaN, finds: 'nan' },
  { filter: null, finds: 'null missing' },
  { filter: { $ne: null, $lt: 6 }, finds: 'int double long half list' },
  { filter: { $gt: 5 }, finds: 'half big list' },
  { filter: { $gte: 5, $lt: 5.5 }, finds: 'int double long list' },
  { filter: { $lt: 'c' }, finds: 'text upper' },
  { filter: { $gte: null }, finds: 'null missing' },
  { filter: { $lte: Number.NaN }, finds: 'nan' },
  { filter: { $gt: new Date(0) }, finds: 'date' },
  { filter: { $lt: true }, finds: '' },
  { filter: { $lte: true }, finds: 'yes' },
  { filter: { x: 1, y: 2 }, finds: 'object' },
  { filter: { $gte: { x: 1 } }, finds: 'object turned objects' },
  { filter: [1, 5, 9], finds: 'list' },
  { filter: [1, 2], finds: 'nested' },
  { filter: { $gt: [1, 5] }, finds: 'list nested objects' },
  { filter: [], finds: 'empty' },
  { filter: id, finds: 'id' },
  { filter: at, finds: 'date' },
  { filter: { $in: [5, 'b', null] }, finds: 'int double long text null list missing' },
  { filter: { $in: [/^b$/i, 9] }, finds: 'text upper list' },
  { filter: { $in: [] }, finds: '' },
  { filter: { $exists: false }, finds: 'missing' },
  { filter: { $regex: '^B', $options: 'i' }, finds: 'text upper' },
  { filter: /^B/, finds: 'upper' },
  { filter: { $regex: '^b' }, finds: 'text' },
  { filter: { $nin: [5, 'b', null], $lt: 6 }, finds: 'half' },
  { filter: { $ne: 5, $gte: 5 }, finds: 'half big' },
];

describe('MongoDB filters', () => {
  let target: Target;
  let docs: Collection<Doc>;
  const names = [...Object.keys(values), 'missing'];

  before(async () => {
    target = await openTarget();
    docs = target.db.collection<Doc>('filters');
    await docs.insertMany(names.map((name, i) => ({ _id: i, ...(name === 'missing' ? {} : { v: values[name] }) })));
  });
  after(() => target.close());

  const find = async (filter: object) => {
    const found = await docs.find(filter).sort({ _id: 1 }).toArray();
    return found.map(({ _id }) => names[_id]);
  };
  const inOrder = (finds: string) => names.filter((name) => finds.split(' ').includes(name));

  for (const { filter, finds } of cases)
    it(`{v: ${show(filter)}} finds ${finds || 'nothing'}`, async () => {
      assert.deepEqual(await find({ v: filter }), inOrder(finds));
    });

  for (const { filter, finds } of cases.filter(({ filter }) => !Array.isArray(filter)))
    it(`{v: ${show(filter)}} finds the same by index`, async () => {
      const indexed = target.db.collection<Doc>('indexed');
      if ((await indexed.estimatedDocumentCount()) === 0) {
        await indexed.createIndex({ v: 1 });
        await indexed.insertMany(await docs.find({}, { promoteValues: false }).toArray());
      }
      const found = await indexed.find({ v: filter }).sort({ _id: 1 }).toArray();
      assert.deepEqual(
        found.map(({ _id }) => names[Number(_id)]),
        inOrder(finds),
      );
    });

  for (const { filter, finds } of [
    { filter: { 'v.x': 1 }, finds: 'object turned objects' },
    { filter: { 'v.x': { $gt: 1 } }, finds: 'objects' },
    { filter: { 'v.0': 1 }, finds: 'list nested' },
    { filter: { 'v.1.x': 2 }, finds: 'objects' },
    { filter: { 'v.x': 1, 'v.y': 2 }, finds: 'object turned objects' },
    { filter: { 'v.x': { $ne: 1 }, v: { $gte: { x: 1 } } }, finds: '' },
    { filter: { $and: [{ v: { $gt: 4 } }, { v: { $lt: 5.5 } }] }, finds: 'int double long list' },
    { filter: { $or: [{ v: 'b' }, { v: true }] }, finds: 'text yes' },
  ])
    it(`${show(filter)} finds ${finds || 'nothing'}`, async () => assert.deepEqual(await find(filter), inOrder(finds)));

  it('sorts all types in the order of the manual', async () => {
    const singles = names.filter((name) => !['list', 'empty', 'nested', 'objects'].includes(name));
    const sorted = await docs
      .find({ _id: { $in: singles.map((name) => names.indexOf(name)) } })
      .sort({ v: 1, _id: 1 })
      .toArray();
    assert.equal(
      sorted.map(({ _id }) => names[_id]).join(' '),
      'min null missing nan int double long half big upper text object turned bytes id yes date stamp max',
    );
  });

  it('sorts an array by its lowest element upwards and by its highest one downwards', async () => {
    const lists = target.db.collection<Doc>('lists');
    await lists.insertMany([
      { _id: 1, v: [1, 9] },
      { _id: 2, v: 5 },
      { _id: 3, v: [] },
      { _id: 4, v: null },
    ]);
    const order = async (direction: 1 | -1) =>
      (await lists.find().sort({ v: direction }).toArray()).map(({ _id }) => _id);
    assert.deepEqual(await order(1), [3, 4, 1, 2]);
    assert.deepEqual(await order(-1), [1, 2, 4, 3]);
  });

  for (const { title, filter, code } of [
    { title: 'an unknown operator', filter: { v: { $almost: 1 } }, code: 2 },
    { title: 'an unknown operator at the top', filter: { $both: [] }, code: 2 },
    { title: '$in without a list', filter: { v: { $in: 1 } }, code: 2 },
    { title: 'an empty $or', filter: { $or: [] }, code: 2 },
    { title: 'an invalid regular expression', filter: { v: { $regex: '(' } }, code: 51091 },
  ])
    it(`refuses ${title} with code ${code}, also on a collection that is not there`, async () => {
      await assert.rejects(docs.find(filter).toArray(), { code });
      await assert.rejects(target.db.collection('none').find(filter).toArray(), { code });
    });
});

function show(value: unknown): string {
  if (value instanceof RegExp) return String(value);
  return JSON.stringify(value, (_, inner) => (inner instanceof RegExp ? String(inner) : inner));
}
