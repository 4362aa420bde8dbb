import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type ListQuery, listPage } from './listing.ts';
import { SortedKeys } from './sorted-keys.ts';
import { nameOf, sortKey } from './state.ts';

const name = fc
  .array(fc.constantFrom('a', 'b', '/', '//', 'é', 'ﬀ', '😀'), { maxLength: 6 })
  .map((parts) => parts.join(''));
const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const atLeast = (a: string, b: string) => byBytes(a, b) >= 0;

function keysOf(names: Iterable<string>): SortedKeys {
  const keys = new SortedKeys();
  for (const each of names) keys.add(sortKey(each));
  return keys;
}

/** All pages, and how many entries each had. */
function listAll(keys: SortedKeys, query: ListQuery) {
  const all = { names: [] as string[], prefixes: [] as string[], sizes: [] as number[] };
  let pageToken: string | undefined;
  do {
    const page = listPage(keys, { ...query, ...(pageToken !== undefined && { pageToken }) });
    all.names.push(...page.keys.map(nameOf));
    all.prefixes.push(...page.prefixes);
    all.sizes.push(page.keys.length + page.prefixes.length);
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined);
  return all;
}

describe('SortedKeys', () => {
  it('finds what a sorted array of the same keys has, after any additions and deletions', () => {
    const step = fc.record({ add: fc.boolean(), key: fc.integer({ max: 3000, min: 0 }).map(String) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 5000, size: 'max' }), (steps) => {
        const keys = new SortedKeys();
        const model = new Set<string>();
        for (const { add, key } of steps) {
          keys[add ? 'add' : 'delete'](key);
          model[add ? 'add' : 'delete'](key);
        }
        const found: string[] = [];
        for (let key = keys.first(''); key !== undefined; key = keys.first(`${key}\0`)) found.push(key);
        assert.deepEqual(found, [...model].sort());
      }),
      { numRuns: 20 },
    );
  });
});

describe('listPage', () => {
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
          const all = listAll(keysOf(names), query);
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
        const all = listAll(keysOf(names), { prefix, delimiter: '/', maxResults });
        assert.deepEqual(
          all.names,
          inside.filter((each) => groupOf(each) === undefined),
        );
        assert.deepEqual(all.prefixes, [...new Set(inside.flatMap((each) => groupOf(each) ?? []))]);
      }),
    ));

  it('lists 100,000 names in pages in less than two seconds', () => {
    const names = Array.from({ length: 100_000 }, (_, at) => `track/2026/11/24/${at % 24}/${at}.json`);
    const keys = keysOf(names);
    const startedAt = Date.now();
    assert.equal(listAll(keys, { prefix: 'track/' }).names.length, names.length);
    assert.ok(Date.now() - startedAt < 2000);
  });
});
