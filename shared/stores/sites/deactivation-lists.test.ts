import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ownDatabase } from '../../testing/stores.ts';
import { applyIndexes } from '../indexes.ts';
import type { Latest } from '../mongodb.ts';
import {
  type DeactivationFilter,
  type DeactivationRow,
  deactivationDriver,
  openDeactivationLists,
} from './deactivation-lists.ts';
import type { DeactivationDocument } from './deactivations.ts';
import { filtersAfter, type Position } from './list-page.ts';
import type { SiteDocument } from './sites.ts';

const DAY_MS = 86_400_000;
const START = Date.parse('2026-03-01T00:00:00.000Z');
const days = (count: number) => new Date(START + count * DAY_MS);

function deactivationOf(n: number): DeactivationDocument {
  const site = `s${n}.example.org`;
  const reasonInfo = n % 3 === 0 ? 'bye' : null;
  return {
    ...{
      _id: `p:${site}`,
      project: 'p',
      site,
      environment: n % 5 === 0 ? 'staging' : 'production',
      revision: 1,
      eventId: `e${n}`,
    },
    ...{
      deactivatedAt: days(n % 9),
      reasonId: ([null, 'other', 'too-slow'] as const)[n % 3] ?? null,
      reasonSent: null,
      reasonInfo,
    },
    ...{
      projectVersion: n % 2 === 0 ? '1.0' : '2.0',
      reactivatedAt: n % 4 === 0 ? days(20) : null,
      hasText: reasonInfo !== null,
    },
  };
}

function isListed(
  one: DeactivationDocument,
  { environment = 'production', since, until, hasReason, ...equal }: DeactivationFilter,
): boolean {
  return (
    (environment === 'any' || environment === one.environment) &&
    (since === undefined || since <= one.deactivatedAt) &&
    (until === undefined || until > one.deactivatedAt) &&
    (hasReason === undefined || hasReason !== (one.reasonId === null)) &&
    Object.entries(equal).every(([name, value]) => one[name as keyof DeactivationDocument] === value)
  );
}

const filters: fc.Arbitrary<DeactivationFilter> = fc.record(
  {
    reasonId: fc.constantFrom(null, 'other'),
    projectVersion: fc.constantFrom('1.0', '3.0'),
    hasReason: fc.boolean(),
    hasText: fc.boolean(),
    since: fc.nat(9).map(days),
    until: fc.nat(9).map(days),
    environment: fc.constantFrom('any', 'staging'),
  },
  { requiredKeys: [] },
);

describe('openDeactivationLists', () => {
  let latest: Latest;
  const all = Array.from({ length: 40 }, (_, n) => deactivationOf(n));
  const deactivations = () => latest.db.collection<DeactivationDocument>('deactivations');

  before(async () => {
    latest = ownDatabase();
    await applyIndexes(latest.db);
    await deactivations().insertMany([...all, { ...deactivationOf(1), _id: 'q:s', project: 'q' }]);
    const clock = { report: '', older: [], track: 'reported', deactivation: null, optOut: null };
    const site = (n: number, track: string | null) =>
      ({
        _id: `p:s${n}.example.org`,
        firstSeenAt: new Date(START - 9000),
        clock: { ...clock, track },
      }) as unknown as SiteDocument;
    await latest.db.collection<SiteDocument>('sites').insertMany([site(1, 'reported'), site(2, null)]);
  });
  after(async () => {
    await latest.db.dropDatabase();
    await latest.close();
  });

  async function read(filter: DeactivationFilter, limit: number, reverse = false): Promise<DeactivationRow[]> {
    const rows: DeactivationRow[] = [];
    for (let after: Position | undefined; ; ) {
      const page = await openDeactivationLists(latest.db).page('p', filter, { after, limit, reverse });
      rows.push(...page.rows);
      if (page.next === null) return rows;
      after = page.next;
    }
  }

  it('gives what matches, each once, the newest first, or last, whatever the pages', () =>
    fc.assert(
      fc.asyncProperty(filters, fc.integer({ min: 1, max: 15 }), async (filter, limit) => {
        const rows = await read(filter, limit);
        const wanted = all
          .filter((one) => isListed(one, filter))
          .sort(
            (one, other) =>
              other.deactivatedAt.getTime() - one.deactivatedAt.getTime() || (one._id < other._id ? -1 : 1),
          );
        assert.deepEqual(
          rows.map(({ _id }) => _id),
          wanted.map(({ _id }) => _id),
        );
        assert.deepEqual((await read(filter, limit, true)).reverse(), rows);
      }),
      { numRuns: 40 },
    ));

  it('says after how many days a site left that had reported', async () => {
    const ages = new Map((await read({}, 50)).map(({ site, ageDays }) => [site, ageDays]));
    assert.deepEqual(
      [1, 2, 3].map((n) => ages.get(`s${n}.example.org`)),
      [2, null, null],
    );
  });

  for (const { filter, key } of [
    { filter: {}, key: [] },
    { filter: { reasonId: null, hasText: true }, key: ['reasonId'] },
    { filter: { projectVersion: '1.0', hasText: true }, key: ['projectVersion'] },
    { filter: { hasText: true, since: days(2), until: days(8) }, key: ['hasText'] },
  ] as { filter: DeactivationFilter; key: string[] }[])
    it(`reads one range of an index in its order, first page and later: ${JSON.stringify(filter)}`, async () => {
      const {
        equal: [equal],
        order,
        range = {},
      } = deactivationDriver('p', filter);
      for (const after of [undefined, [days(4), 'p:s4.example.org']]) {
        for (const part of filtersAfter(order, range, after)) {
          const { queryPlanner } = await deactivations()
            .find({ ...equal, ...part })
            .sort(Object.fromEntries(order))
            .explain();
          const { stage, inputStage } = queryPlanner.winningPlan;
          const keys = ['project', ...key, 'deactivatedAt', '_id'];
          assert.deepEqual([stage, inputStage.stage, Object.keys(inputStage.keyPattern)], ['FETCH', 'IXSCAN', keys]);
        }
      }
    });
});
