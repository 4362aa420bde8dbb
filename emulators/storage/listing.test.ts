import assert from 'node:assert/strict';
import fc from 'fast-check';
import { inProof } from '../../shared/testing/in-proof.ts';
import { type Durable, json, openDurable, type Table, text } from '../durable.ts';
import { type ListQuery, listPage } from './listing.ts';
import type { StoredObject } from './model.ts';
import { keyOf } from './store.ts';

const name = fc
  .array(fc.constantFrom('a', 'b', '/', '//', 'é', '\ud7ff', 'ﬀ', '😀', '\u{10ffff}'), { maxLength: 6 })
  .map((parts) => parts.join(''));
const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const objectOf = (each: string): StoredObject => ({
  bucket: 'b',
  name: each,
  generation: 1,
  size: 0,
  md5Hash: '',
  crc32c: '',
  createdAt: 0,
  fields: { contentType: 'x' },
});
const atLeast = (a: string, b: string) => byBytes(a, b) >= 0;

describe('listPage', () => {
  let durable: Durable;
  let objects: Table<string, StoredObject>;
  before(async () => {
    durable = await openDurable();
    objects = durable.table('objects', text, json<StoredObject>());
  });
  after(() => durable.close());

  /** The bucket has just these, between others that have something too. */
  function fill(names: readonly string[]): void {
    durable.write(() => {
      for (const key of objects.keys()) objects.remove(key);
      for (const bucket of ['a', 'b.b', 'b-', 'b0']) objects.put(keyOf(bucket, 'x'), objectOf('x'));
      for (const each of names) objects.put(keyOf('b', each), objectOf(each));
    });
  }

  /** All pages, and how many entries each had. */
  function listAll(query: ListQuery) {
    const all = { names: [] as string[], prefixes: [] as string[], sizes: [] as number[] };
    let pageToken: string | undefined;
    do {
      const page = listPage({ objects }, 'b', { ...query, ...(pageToken !== undefined && { pageToken }) });
      all.names.push(...page.objects.map((object) => object.name));
      all.prefixes.push(...page.prefixes);
      all.sizes.push(page.objects.length + page.prefixes.length);
      pageToken = page.nextPageToken;
    } while (pageToken !== undefined);
    return all;
  }

  it('gives in pages of any size just the names of the prefix and offsets, in byte order', () =>
    fc.assert(
      fc.property(
        fc.uniqueArray(name),
        name,
        name,
        name,
        fc.integer({ min: 1, max: 5 }),
        (names, prefix, from, to, size) => {
          const query = { prefix, startOffset: from, endOffset: to, maxResults: size };
          const expected = names
            .filter((each) => each.startsWith(prefix) && atLeast(each, from) && !atLeast(each, to))
            .sort(byBytes);
          fill(names);
          const all = listAll(query);
          assert.deepEqual(all.names, expected);
          assert.ok(all.sizes.every((count) => count <= size));
        },
      ),
    ));

  it('with a delimiter gives each group once, and the names outside', () =>
    fc.assert(
      fc.property(fc.uniqueArray(name), name, fc.integer({ min: 1, max: 5 }), (names, prefix, maxResults) => {
        const inside = names.filter((each) => each.startsWith(prefix)).sort(byBytes);
        const groupOf = (each: string) => {
          const cut = each.indexOf('/', prefix.length);
          return cut === -1 ? undefined : each.slice(0, cut + 1);
        };
        fill(names);
        const all = listAll({ prefix, delimiter: '/', maxResults });
        assert.deepEqual(
          all.names,
          inside.filter((each) => groupOf(each) === undefined),
        );
        assert.deepEqual(all.prefixes, [...new Set(inside.flatMap((each) => groupOf(each) ?? []))]);
      }),
    ));

  inProof('lists 100,000 names in pages in less than two seconds of its processor', async () => {
    const names = Array.from({ length: 100_000 }, (_, at) => `track/2026/11/24/${at % 24}/${at}.json`);
    fill(names);
    const before = process.cpuUsage();
    assert.equal(listAll({ prefix: 'track/' }).names.length, names.length);
    assert.ok(process.cpuUsage(before).user < 2_000_000);
  });
});
