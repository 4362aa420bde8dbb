import assert from 'node:assert/strict';
import { BSONRegExp } from 'bson';
import fc from 'fast-check';
import { compileFilter } from '../filters/filter.ts';
import { sortDocuments } from '../values/sort.ts';
import type { Document, Value } from '../values/values.ts';
import { Catalog } from './catalog.ts';
import type { Collection } from './collection.ts';
import { parseIndexSpec } from './index-spec.ts';
import { planQuery } from './plan.ts';
import { countRows, readRows } from './query.ts';
import { openStore, type Store } from './store.ts';

/** Index keys of more than 1,900 bytes are stored otherwise than shorter ones. */
const long = 'x'.repeat(1896);

const scalars: fc.Arbitrary<Value> = fc.oneof(
  fc.integer({ min: 0, max: 4 }),
  fc.constantFrom<Value>('a', 'b', null, Number.NaN, 1.5, true),
  fc.constantFrom<Value>('', 'ab', 'abb', 'a.b', 'a\0', 'a\u{10000}'),
  fc.constantFrom('', 'a', 'ab', 'abcd', 'abce', 'b\0', 'é').map((end) => long + end),
);
const fieldValues = fc.oneof(
  { weight: 5, arbitrary: scalars },
  fc.constant(new BSONRegExp('^a')),
  fc.array(scalars, { maxLength: 3 }),
  fc.record({ x: scalars, y: scalars }, { requiredKeys: [], noNullPrototype: true }),
  fc.array(fc.record({ x: scalars, y: scalars }, { requiredKeys: [], noNullPrototype: true }), { maxLength: 2 }),
);
const documents = fc.array(
  fc.record({ a: fieldValues, b: fieldValues, c: scalars }, { requiredKeys: [], noNullPrototype: true }),
  { maxLength: 25 },
);

const fields = fc.constantFrom('a', 'b', 'c', 'a.x', 'a.y', 'b.x');
const conditions: fc.Arbitrary<Value> = fc.oneof(
  scalars,
  fc
    .tuple(fc.constantFrom('$gt', '$gte', '$lt', '$lte', '$ne', '$eq'), scalars)
    .map(([key, value]) => ({ [key]: value })),
  fc.tuple(scalars, scalars).map(([low, high]) => ({ $gte: low, $lt: high })),
  fc.array(scalars, { maxLength: 3 }).map((list) => ({ $in: list })),
  fc.boolean().map((flag) => ({ $exists: flag })),
  fc.constantFrom<Value>(
    new BSONRegExp('^a'),
    new BSONRegExp('^A', 'i'),
    ...['^a', '^ab', '^ab?', '^ab*', '^a\\.', '^a.b', '^a|b', '^ab$', 'b'].map(($regex) => ({ $regex })),
    { $regex: '^A', $options: 'i' },
  ),
);
const clauses = fc.dictionary(fields, conditions, { maxKeys: 3, noNullPrototype: true });
const filters: fc.Arbitrary<Document> = fc.oneof(
  { weight: 3, arbitrary: clauses },
  fc.tuple(clauses, fc.array(clauses, { minLength: 1, maxLength: 3 })).map(([all, any]) => ({ ...all, $or: any })),
  fc.array(clauses, { minLength: 1, maxLength: 2 }).map((all) => ({ $and: all })),
);
const directions = fc.constantFrom(1, -1);
const sorts = fc.dictionary(fields, directions, { minKeys: 1, maxKeys: 2, noNullPrototype: true });
const indexes = fc.record({
  key: fc.dictionary(fields, directions, { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
  partial: fc.constantFrom(undefined, { c: { $exists: true } }, { c: 2 }),
});

describe('queries by index', () => {
  let store: Store;
  before(async () => {
    store = await openStore();
  });
  after(() => store.close());

  function fill(contents: Document[], specs: { key: Document; partial: Value }[]): Collection {
    const catalog = new Catalog(store.data);
    return store.write(() => {
      const old = catalog.get('test', 'docs');
      if (old) catalog.drop(old);
      const collection = catalog.ensure('test', 'docs');
      for (const [i, { key, partial }] of specs.entries()) {
        const options = partial === undefined ? {} : { partialFilterExpression: partial };
        collection.addIndex(parseIndexSpec({ key, name: `index${i}`, ...options }));
      }
      for (const [id, document] of contents.entries()) {
        try {
          collection.insert({ _id: id, ...document });
        } catch (error) {
          assert.match(String(error), /cannot index parallel arrays/);
        }
      }
      return collection;
    });
  }

  it('find and count what a scan finds, in the order asked for', () => {
    fc.assert(
      fc.property(documents, fc.array(indexes, { maxLength: 3 }), filters, sorts, (contents, specs, filter, sort) => {
        const collection = fill(contents, specs);
        const matches = compileFilter(filter);
        const stored = [...readRows(collection, { filter: {} })].map(({ document }) => document);
        const expected = stored.filter((document) => matches(document)).map(({ _id: id }) => id);
        const found = [...readRows(collection, { filter })].map(({ document }) => document._id);
        assert.deepEqual([...found].sort(), expected.sort());
        assert.equal(countRows(collection, { filter }), expected.length);
        const sorted = [...readRows(collection, { filter, sort })].map(({ document }) => document);
        assert.deepEqual(sorted.map(({ _id: id }) => id).sort(), expected);
        assert.deepEqual(
          sortDocuments(sorted, sort, (document) => document),
          sorted,
        );
        const skipped = [...readRows(collection, { filter, sort, skip: 2, limit: 3 })];
        assert.deepEqual(
          skipped.map(({ document }) => document._id),
          sorted.slice(2, 5).map(({ _id: id }) => id),
        );
      }),
      { numRuns: 400 },
    );
  });

  it('read an index that the filter fixes wholly rather than the beginning of a longer one', () => {
    const specs = [{ a: 1, b: 1 }, { c: 1 }, { a: 1, c: -1, b: 1 }].map((key) => ({ key, partial: undefined }));
    const picked = (count: number, filter: Document, sort?: Document) =>
      planQuery(fill([{ a: 1, c: 2 }], specs.slice(0, count)), filter, sort).index?.fields.map(({ field }) => field);
    assert.deepEqual(picked(2, { a: 1, c: 2 }), ['c']);
    assert.deepEqual(picked(2, { a: 1, c: 2 }, { b: 1 }), ['a', 'b'], 'it gives the order');
    assert.deepEqual(picked(3, { a: 1, c: 2 }), ['a', 'c', 'b'], 'it fixes more');
  });

  it('leave no index entry behind when documents change or go', () => {
    fc.assert(
      fc.property(documents, documents, indexes, (contents, changed, index) => {
        const collection = fill(contents, [index]);
        store.write(() => {
          for (const [i, row] of [...readRows(collection, { filter: {} })].entries()) {
            const next = changed[i];
            try {
              if (next) collection.replace(row, row.document, { _id: row.document._id, ...next });
            } catch (error) {
              assert.match(String(error), /cannot index parallel arrays/);
            }
          }
          for (const row of [...readRows(collection, { filter: {} })]) collection.remove(row.id, row.document);
        });
        for (const { id } of collection.indexes) assert.equal(collection.countKeys(collection.rangeOf(id)), 0);
      }),
      { numRuns: 100 },
    );
  });

  const key = { project: 1, status: 1, lastSeenAt: -1, _id: 1 };
  for (const { title, filter, sort, index, sorted } of [
    {
      title: 'equality and a sort behind it',
      filter: { project: 1, status: 2 },
      sort: { lastSeenAt: -1, _id: 1 },
      index: 'list',
      sorted: true,
    },
    {
      title: 'the same sort backwards',
      filter: { project: 1, status: 2 },
      sort: { lastSeenAt: 1, _id: -1 },
      index: 'list',
      sorted: true,
    },
    {
      title: 'a sort that the index has not',
      filter: { project: 1 },
      sort: { lastSeenAt: -1 },
      index: 'list',
      sorted: false,
    },
    { title: 'a sort alone', filter: {}, sort: { seen: 1 }, index: 'seen', sorted: true },
    {
      title: 'a list of values',
      filter: { project: { $in: [1, 2] }, status: 2 },
      sort: undefined,
      index: 'list',
      sorted: true,
    },
    {
      title: 'one document before anything else',
      filter: { project: 1, _id: 7 },
      sort: { seen: 1 },
      index: '_id_',
      sorted: false,
    },
    { title: 'no index where none helps', filter: { other: 1 }, sort: undefined, index: undefined, sorted: true },
  ])
    it(`read ${title}`, () => {
      const collection = fill([], []);
      store.write(() => {
        collection.addIndex(parseIndexSpec({ key, name: 'list' }));
        collection.addIndex(parseIndexSpec({ key: { seen: 1 }, name: 'seen' }));
      });
      const plan = planQuery(collection, filter, sort);
      assert.equal(plan.index?.name, index);
      assert.equal(plan.sorted, sorted);
    });

  it('read what begins alike by a pattern, and no more', () => {
    const collection = fill([], []);
    const names = ['a.example', 'a.example.org', 'aa.example', 'axexample', 'b.example', 'A.example'];
    for (const direction of [1, -1]) {
      store.write(() => {
        for (const index of collection.indexes.slice(1)) collection.dropIndex(index);
        for (const row of [...readRows(collection, { filter: {} })]) collection.remove(row.id, row.document);
        collection.addIndex(parseIndexSpec({ key: { p: 1, site: direction }, name: 'site' }));
        for (const [id, site] of names.entries()) collection.insert({ _id: id, p: 1, site });
      });
      for (const { $regex, keys } of [
        { $regex: '^a\\.ex', keys: 2 },
        { $regex: '^a.ex', keys: 4 },
        { $regex: '^aa?', keys: 4 },
        { $regex: 'example', keys: 6 },
      ]) {
        const { ranges } = planQuery(collection, { p: 1, site: { $regex } }, { site: 1 });
        assert.equal(
          ranges.reduce((sum, range) => sum + collection.countKeys(range), 0),
          keys,
        );
      }
    }
  });

  it('begin the next page where the last one ended, however far that is', () => {
    const collection = fill([], []);
    store.write(() => {
      collection.addIndex(parseIndexSpec({ key: { p: 1, at: -1, _id: 1 }, name: 'list' }));
      for (let i = 0; i < 1000; i++) collection.insert({ _id: i, p: 1, at: i % 500 });
    });
    const filter = { p: 1, $or: [{ at: { $lt: 10 } }, { at: 10, _id: { $gt: 10 } }] };
    const { ranges } = planQuery(collection, filter, { at: -1, _id: 1 });
    const keys = ranges.reduce((sum, range) => sum + collection.countKeys(range), 0);
    assert.equal(keys, 22);
    assert.equal([...readRows(collection, { filter, sort: { at: -1, _id: 1 } })].length, 21);
  });
});
