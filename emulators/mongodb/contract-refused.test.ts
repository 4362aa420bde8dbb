import assert from 'node:assert/strict';
import { BSONSymbol, Code, Decimal128 } from 'mongodb';
import { openTarget, type Target } from './contract-target.ts';
import { supported } from './supported.ts';

const find = (filter: object) => ({ find: 'docs', filter });
const update = (u: unknown, options: object = {}) => ({ update: 'docs', updates: [{ q: {}, u, ...options }] });
const pipeline = (...stages: object[]) => ({ aggregate: 'docs', pipeline: stages, cursor: {} });
const index = (key: object, options: object = {}) => ({
  createIndexes: 'docs',
  indexes: [{ key, name: 'name', ...options }],
});

/** What MongoDB can do and this server refuses, each with the kind of error of a MongoDB that has it not. */
const refused: { what: string; command: object; code: number; codeName: string }[] = [
  ...['bulkWrite', 'collStats', 'collMod', 'mapReduce', 'renameCollection', 'serverStatus', 'validate'].map((what) => ({
    what: `command ${what}`,
    command: { [what]: 'docs' },
    code: 59,
    codeName: 'CommandNotFound',
  })),
  ...['collation', 'hint', 'let', 'min', 'max', 'returnKey', 'tailable'].map((what) => ({
    what: `${what} of find`,
    command: { find: 'docs', [what]: {} },
    code: 40415,
    codeName: 'Location40415',
  })),
  ...['$all', '$bitsAllSet', '$elemMatch', '$geoWithin', '$mod', '$not', '$size', '$type'].map((what) => ({
    what: `filter operator ${what}`,
    command: find({ a: { [what]: 1 } }),
    code: 2,
    codeName: 'BadValue',
  })),
  ...['$expr', '$jsonSchema', '$nor', '$text', '$where'].map((what) => ({
    what: `filter operator ${what}`,
    command: find({ [what]: {} }),
    code: 2,
    codeName: 'BadValue',
  })),
  ...['$bit', '$currentDate', '$mul', '$pop', '$pullAll', '$rename'].map((what) => ({
    what: `update operator ${what}`,
    command: update({ [what]: { a: 1 } }),
    code: 9,
    codeName: 'FailedToParse',
  })),
  ...['$position', '$slice', '$sort'].map((what) => ({
    what: `${what} of $push`,
    command: update({ $push: { a: { $each: [], [what]: 1 } } }),
    code: 2,
    codeName: 'BadValue',
  })),
  { what: 'an update pipeline', command: update([{ $set: { a: 1 } }]), code: 9, codeName: 'FailedToParse' },
  ...['a.$', 'a.$[]', 'a.$[x]'].map((path) => ({
    what: `the position ${path}`,
    command: update({ $set: { [path]: 1 } }),
    code: 52,
    codeName: 'DollarPrefixedFieldName',
  })),
  ...['arrayFilters', 'collation', 'hint'].map((what) => ({
    what: `${what} of update`,
    command: update({ $set: { a: 1 } }, { [what]: [] }),
    code: 40415,
    codeName: 'Location40415',
  })),
  ...['$addFields', '$bucket', '$facet', '$graphLookup', '$lookup', '$merge', '$out', '$replaceRoot']
    .concat([
      '$project',
      '$sample',
      '$set',
      '$setWindowFields',
      '$sort',
      '$sortByCount',
      '$unionWith',
      '$unset',
      '$unwind',
    ])
    .map((what) => ({
      what: `stage ${what}`,
      command: pipeline({ [what]: {} }),
      code: 40324,
      codeName: 'Location40324',
    })),
  ...[
    { $group: { _id: 1, n: { $sum: '$n' } } },
    { $group: { _id: 1, n: { $max: '$n' } } },
    { $group: { _id: '$a', n: { $sum: 1 } } },
    { $match: {} },
  ].map((stage) => ({
    what: `a pipeline that does not count: ${JSON.stringify(stage)}`,
    command: pipeline(stage),
    code: 238,
    codeName: 'NotImplemented',
  })),
  ...[{ a: { $add: ['$a', 1] } }, { a: '$b' }].map((projection) => ({
    what: `an expression: ${JSON.stringify(projection)}`,
    command: { find: 'docs', projection },
    code: 168,
    codeName: 'InvalidPipelineOperator',
  })),
  {
    what: 'an array projection',
    command: { find: 'docs', projection: { a: { $slice: 1 } } },
    code: 168,
    codeName: 'InvalidPipelineOperator',
  },
  {
    what: 'the natural order',
    command: { find: 'docs', sort: { $natural: 1 } },
    code: 16410,
    codeName: 'Location16410',
  },
  ...['text', '2dsphere', 'hashed'].map((kind) => ({
    what: `${kind} indexes`,
    command: index({ a: kind }),
    code: 67,
    codeName: 'CannotCreateIndex',
  })),
  ...['collation', 'hidden', 'sparse', 'wildcardProjection'].map((what) => ({
    what: `index option ${what}`,
    command: index({ a: 1 }, { [what]: true }),
    code: 72,
    codeName: 'InvalidOptions',
  })),
  {
    what: '$ne in a partial index',
    command: index({ a: 1 }, { partialFilterExpression: { a: { $ne: 1 } } }),
    code: 67,
    codeName: 'CannotCreateIndex',
  },
  ...['capped', 'timeseries', 'validator', 'viewOn'].map((what) => ({
    what: `${what} of create`,
    command: { create: 'docs', [what]: {} },
    code: 40415,
    codeName: 'Location40415',
  })),
  {
    what: 'explain of aggregate',
    command: { explain: { aggregate: 'docs', pipeline: [], cursor: {} } },
    code: 238,
    codeName: 'NotImplemented',
  },
  {
    what: 'more than one server to write to',
    command: { insert: 'docs', documents: [{}], writeConcern: { w: 2 } },
    code: 2,
    codeName: 'BadValue',
  },
  {
    what: 'snapshot reads',
    command: { find: 'docs', readConcern: { level: 'snapshot' } },
    code: 123,
    codeName: 'NotAReplicaSet',
  },
  ...[Decimal128.fromString('1'), new Code('f()'), new BSONSymbol('a')].map((a) => ({
    what: `a ${a._bsontype}`,
    command: { insert: 'docs', documents: [{ _id: 2, a }] },
    code: 22,
    codeName: 'InvalidBSON',
  })),
  {
    what: 'two paths of a key that meet arrays',
    command: { insert: 'docs', documents: [{ _id: 2, l: [{ x: 1, y: 2 }] }] },
    code: 171,
    codeName: 'CannotIndexParallelArrays',
  },
  { what: 'change streams', command: pipeline({ $changeStream: {} }), code: 40573, codeName: 'Location40573' },
];

describe('what this server refuses', () => {
  let target: Target;

  before(async function () {
    target = await openTarget();
    if (!target.isOurs) this.skip();
    await target.db.command(index({ 'l.x': 1, 'l.y': 1 }));
    await target.db.command({ insert: 'docs', documents: [{ _id: 1, a: [1] }] });
  });
  after(() => target.close());

  for (const { what, command, code, codeName } of refused)
    it(`${what}: ${code} ${codeName}`, async () => {
      const reply = await target.db.command(command).catch((error) => error);
      const error = reply.writeErrors?.[0] ?? reply;
      assert.equal(error.code, code);
      if (reply instanceof Error) assert.equal(error.codeName, codeName);
      assert.deepEqual(await target.db.collection('docs').find().toArray(), [{ _id: 1, a: [1] }]);
    });

  it('is in no list of what it supports', () => {
    const lists: Record<string, string[]> = {
      command: supported.commands,
      'filter operator': supported.filterOperators,
      'update operator': supported.updateOperators,
      stage: supported.stages,
    };
    assert.ok(Object.values(lists).every((names) => names.length > 3));
    for (const [kind, names] of Object.entries(lists)) {
      const both = refused.filter(({ what }) => names.some((name) => what === `${kind} ${name}`));
      assert.deepEqual(both, []);
    }
  });

  for (const { title, command, code } of [
    { title: 'an unknown command', command: { almost: 1 }, code: 59 },
    { title: 'a name that every object has', command: { constructor: 1 }, code: 59 },
    { title: 'an operator that every object has', command: find({ a: { $constructor: 1 } }), code: 2 },
    { title: 'an unknown field of a command', command: { find: 'docs', filtre: {} }, code: 40415 },
    { title: 'an update that is no document', command: { delete: 'docs', deletes: [1] }, code: 14 },
  ])
    it(`${title}: code ${code}`, () => assert.rejects(target.db.command(command), { code }));
});
