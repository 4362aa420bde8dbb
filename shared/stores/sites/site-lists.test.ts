import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ownDatabase } from '../../testing/stores.ts';
import { applyIndexes } from '../indexes.ts';
import type { Latest } from '../mongodb.ts';
import { filtersAfter, type ListPage, type Position } from './list-page.ts';
import { driverOf, openSiteLists, type SiteFilter, type SiteLists, type SiteRow } from './site-lists.ts';
import { SITE_STATES } from './site-state.ts';
import type { SiteDocument } from './sites.ts';
import { filters, HOUR_MS, isListed, PROJECT, pick, SITES, START, siteOf } from './testing/listed-sites.ts';

describe('openSiteLists', () => {
  let latest: Latest;
  let lists: SiteLists;
  const all = Array.from({ length: SITES }, (_, n) => siteOf(n));
  const sites = () => latest.db.collection<SiteDocument>('sites');

  before(async () => {
    latest = ownDatabase();
    lists = openSiteLists(latest.db);
    await applyIndexes(latest.db);
    await sites().insertMany([...all, ...[1, 2, 3].map((n) => siteOf(n, 'other'))]);
  });
  after(async () => {
    await latest.db.dropDatabase();
    await latest.close();
  });

  async function read(
    filter: SiteFilter,
    { limit, reverse = false }: { limit: number; reverse?: boolean },
    between: () => Promise<unknown> = async () => {},
  ): Promise<SiteRow[]> {
    const rows: SiteRow[] = [];
    for (let after: Position | undefined; ; ) {
      const page: ListPage<SiteRow> = await lists.page(PROJECT, filter, { after, limit, reverse });
      assert.ok(page.rows.length <= limit && page.complete);
      rows.push(...page.rows);
      if (page.next === null) return rows;
      assert.equal(page.rows.length, limit);
      after = page.next;
      await between();
    }
  }

  it('gives what matches, each once, in an order that reverses, whatever the pages', () =>
    fc.assert(
      fc.asyncProperty(filters, fc.integer({ min: 1, max: 30 }), async (filter, limit) => {
        const rows = await read(filter, { limit });
        const wanted = all.filter((site) => isListed(site, filter)).map(({ _id }) => _id);
        assert.deepEqual(rows.map(({ _id }) => _id).sort(), wanted.sort());
        const back = await read(filter, { limit: limit + 1, reverse: true });
        assert.deepEqual(back.reverse(), rows);
        for (const row of rows) assert.deepEqual(row.firstSeenAt, new Date(START));
        for (const row of rows) assert.ok(!('adminEmail' in row) && !('emailKey' in row) && !('urlMd5s' in row));
      }),
      { numRuns: 40 },
    ));

  for (const { title, filter, order } of [
    { title: 'the newest seen first', filter: {}, order: ({ lastSeenAt }: SiteRow) => -lastSeenAt.getTime() },
    {
      title: 'by site with a value',
      filter: { facets: [{ name: 'php', is: '8.2' }] },
      order: ({ _id }: SiteRow) => _id,
    },
    {
      title: 'by version below one',
      filter: { facets: [{ name: 'php', below: '9' }] },
      order: ({ phpMinor }: SiteRow) => ['7.4', '8.0', '8.2', '8.10'].indexOf(phpMinor ?? ''),
    },
    { title: 'by site with the beginning of one', filter: { hostStarts: 'S' }, order: ({ _id }: SiteRow) => _id },
  ] as { title: string; filter: SiteFilter; order: (row: SiteRow) => number | string }[])
    it(`lists ${title}`, async () => {
      const keys = (await read(filter, { limit: 7 })).map(order);
      const sorted = [...keys].sort((one, other) => (one < other ? -1 : Number(one > other)));
      assert.deepEqual(keys, sorted);
      assert.ok(new Set(keys).size > 2 || filter.facets !== undefined);
    });

  const REDUNDANT = { environment: 'any', copies: true } as const;
  for (const { filter, key } of [
    { filter: {}, key: 'lastSeenAt' },
    { filter: { since: new Date(START + HOUR_MS), until: new Date(START + 9 * HOUR_MS) }, key: 'lastSeenAt' },
    { filter: { state: 'left' }, key: 'state,lastSeenAt' },
    { filter: { state: 'left', since: new Date(START + HOUR_MS) }, key: 'state,lastSeenAt' },
    { filter: { facets: [{ name: 'version', is: '2.0' }] }, key: 'state,versionKey' },
    { filter: { state: 'active', facets: [{ name: 'php', is: '8.2' }] }, key: 'state,phpKey' },
    { filter: { state: 'active', facets: [{ name: 'wordpress', below: '6.9' }] }, key: 'state,wpKey' },
    { filter: { facets: [{ name: 'database', below: 'MySQL 8.0' }] }, key: 'state,databaseKey' },
    { filter: { facets: [{ name: 'country', is: 'DE' }] }, key: 'state,country' },
    { filter: { facets: [{ name: 'theme', is: 'divi' }] }, key: 'state,themeSlug' },
    { filter: { facets: [{ field: 'plan', is: 'pro' }] }, key: 'state,c1' },
    { filter: { facets: [{ field: 'a.b', is: false }] }, key: 'state,c2' },
    { filter: { facets: [{ field: 'new', is: 'x' }] }, key: 'lastSeenAt' },
    { filter: { domainEnds: 'example.org' }, key: 'siteReversed' },
    { filter: { email: 'admin1@example.org' }, key: 'emailKey' },
    { filter: { hostStarts: 's1' }, key: '' },
  ] as { filter: SiteFilter; key: string }[])
    it(`reads one range of an index in its order, first page and later: ${JSON.stringify(filter)}`, async () => {
      const keyed = [...(key === '' ? [] : ['project', ...key.split(',')]), ...(key === 'siteReversed' ? [] : ['_id'])];
      const { next } = await lists.page(PROJECT, { ...filter, ...REDUNDANT }, { limit: 2 });
      const { equal, order, range = {} } = driverOf(PROJECT, filter);
      for (const after of [undefined, next ?? assert.fail('one page')]) {
        for (const each of equal.flatMap((one) =>
          filtersAfter(order, range, after).map((part) => ({ ...one, ...part })),
        )) {
          const { queryPlanner } = await sites().find(each).sort(Object.fromEntries(order)).explain();
          const { stage, inputStage } = queryPlanner.winningPlan;
          assert.deepEqual([stage, inputStage.stage, Object.keys(inputStage.keyPattern)], ['FETCH', 'IXSCAN', keyed]);
        }
      }
      const { lookedAt } = await lists.page(PROJECT, { ...filter, ...REDUNDANT }, { limit: 1000 });
      // all that the driver gives is listed, where nothing is left to be checked
      const wanted = all.filter((site) => isListed(site, { ...filter, ...REDUNDANT })).length;
      assert.equal(lookedAt, key === 'lastSeenAt' && filter.facets ? SITES : wanted);
    });

  it('misses and doubles nothing that matches all along while sites are written', () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom<SiteFilter>(
          { facets: [{ name: 'theme', is: 'divi' }], ...REDUNDANT },
          { facets: [{ field: 'plan', is: 'pro' }], ...REDUNDANT },
          {
            facets: [
              { name: 'php', is: '8.2' },
              { name: 'version', below: '2.0' },
            ],
            ...REDUNDANT,
          },
          { hostStarts: 's', ...REDUNDANT },
          { domainEnds: 'example.org', ...REDUNDANT },
        ),
        fc.integer({ min: 1, max: 9 }),
        fc.infiniteStream(fc.record({ n: fc.nat(SITES - 1), m: fc.nat(1000), what: fc.nat(3) })),
        async (filter, limit, writes) => {
          const written = new Set<string>();
          const everMissing = new Set<string>();
          const write = async () => {
            const { n, m, what } = writes.next().value as { n: number; m: number; what: number };
            const [site, other] = [siteOf(n), siteOf(m)];
            const { _id, ...rest } =
              what === 0
                ? { ...other, _id: site._id, site: site.site, siteReversed: site.siteReversed as string }
                : site;
            if (what === 1) await sites().deleteOne({ _id });
            else
              await sites().replaceOne(
                { _id },
                { ...rest, state: pick(SITE_STATES, m), lastSeenAt: new Date(START + m * HOUR_MS) },
                { upsert: true },
              );
            written.add(_id);
            const stored = await sites().findOne({ _id });
            if (stored === null || !isListed(stored, filter)) everMissing.add(_id);
          };
          const rows = (await read(filter, { limit }, write)).map(({ _id }) => _id);
          const steady = all
            .filter((site) => isListed(site, filter) && !everMissing.has(site._id))
            .map(({ _id }) => _id);
          assert.equal(new Set(rows).size, rows.length, 'doubled');
          assert.deepEqual(
            steady.filter((_id) => !rows.includes(_id)),
            [],
            'missed',
          );
          for (const site of all.filter(({ _id }) => written.has(_id))) {
            const { _id, ...rest } = site;
            await sites().replaceOne({ _id }, rest, { upsert: true });
          }
        },
      ),
      { numRuns: 8 },
    ));

  it('takes no page of nothing, nor one without end', async () => {
    for (const limit of [0, 1001, Number.NaN]) await assert.rejects(lists.page(PROJECT, {}, { limit }), /1 to 1000/);
  });
});
