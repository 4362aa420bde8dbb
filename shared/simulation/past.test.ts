import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { StoredEvent } from '../event/envelope.ts';
import { interpret, type SiteReport } from '../report/interpret.ts';
import { TEST_PROJECT } from '../testing/events.ts';
import { type PastOptions, pastMoments, simulatePast, simulateSites } from './past.ts';
import { RIVAL, worldOf } from './world.ts';

const PROJECT_HASH = TEST_PROJECT.hash;
const UNTIL = new Date('2026-11-30T09:30:00.000Z');
const DAY_MS = 86_400_000;

function past(options: Partial<PastOptions> = {}): StoredEvent[] {
  return [...simulatePast({ projectHash: PROJECT_HASH, sites: 60, days: 90, seed: 1, until: UNTIL, ...options })];
}

describe('simulatePast', () => {
  const small = fc.record({
    seed: fc.nat(1e9),
    sites: fc.integer({ min: 1, max: 12 }),
    days: fc.integer({ min: 1, max: 70 }),
  });

  it('gives the same events for the same seed, in the order of their times, each with an id of its own', () =>
    fc.assert(
      fc.property(small, (size) => {
        const events = past(size);
        assert.deepEqual(past(size), events);
        assert.equal(new Set(events.map(({ id }) => id)).size, events.length);
        const times = events.map(({ receivedAt, id }) => `${receivedAt}/${id}`);
        assert.deepEqual([...times].sort(), times);
        const start = Date.parse('2026-11-30') - (size.days - 1) * DAY_MS;
        for (const { receivedAt } of events) {
          assert.ok(Date.parse(receivedAt) >= start && receivedAt < UNTIL.toISOString());
        }
      }),
      { numRuns: 10 },
    ));

  it('gives the same events site by site, and their moments alone', () =>
    fc.assert(
      fc.property(small, (size) => {
        const sites = [...simulateSites({ projectHash: PROJECT_HASH, until: UNTIL, ...size })];
        assert.equal(sites.length, size.sites);
        const byTime = (one: StoredEvent, other: StoredEvent) =>
          `${one.receivedAt}/${one.id}` < `${other.receivedAt}/${other.id}` ? -1 : 1;
        assert.deepEqual(sites.flat().sort(byTime), past(size));
        const moments = [...pastMoments({ projectHash: PROJECT_HASH, until: UNTIL, ...size })];
        const momentsOf = (events: Pick<StoredEvent, 'receivedAt' | 'kind'>[]) =>
          events.map(({ receivedAt, kind }) => `${receivedAt} ${kind}`).sort();
        assert.deepEqual(momentsOf(moments), momentsOf(past(size)));
      }),
      { numRuns: 10 },
    ));

  it('goes on as it was when it ends later, and is another one for another seed', () => {
    const noon = past({ until: new Date('2026-11-30T12:00:00.000Z') });
    const evening = past({ until: new Date('2026-11-30T20:00:00.000Z') });
    assert.deepEqual(evening.slice(0, noon.length), noon);
    assert.ok(evening.length > noon.length);
    const ids = new Set(noon.map(({ id }) => id));
    assert.ok(past({ seed: 2 }).every(({ id }) => !ids.has(id)));
  });

  describe('of a thousand sites in 200 days', () => {
    const events = past({ sites: 1000, days: 200 });
    const meanings = events.map((event) => interpret(event, 'hash' in event.payload ? { project: TEST_PROJECT } : {}));
    const reports = meanings.flatMap(({ report }) => (report ? [report] : []));

    it('has nothing that is refused, and deactivations without a name', () => {
      assert.deepEqual(
        meanings.filter(({ rejection }) => rejection),
        [],
      );
      assert.ok(meanings.some(({ unclaimed }) => unclaimed));
    });

    for (const environment of ['production', 'staging', 'local', 'ephemeral'] as const)
      it(`has ${environment} sites`, () => assert.ok(reports.some((report) => report.environment === environment)));

    it('grows', () => {
      const half = events[0] as StoredEvent;
      const middle = new Date(Date.parse(half.receivedAt) + 100 * DAY_MS).toISOString();
      const firsts = new Map(reports.toReversed().map(({ site, receivedAt }) => [site, receivedAt]));
      const inTheBeginning = [...firsts.values()].filter((at) => at < middle).length;
      assert.ok(firsts.size > inTheBeginning * 1.2);
    });

    it('has sites that report every 7 or 14 days, six of ten the latter', () => {
      const last = new Map<string, string>();
      const gaps: number[] = [];
      for (const { site, kind, receivedAt } of reports) {
        if (kind !== 'track') continue;
        const before = last.get(site);
        if (before) gaps.push((Date.parse(receivedAt.slice(0, 10)) - Date.parse(before.slice(0, 10))) / DAY_MS);
        last.set(site, receivedAt);
      }
      const [sevens, fourteens] = [gaps.filter((gap) => gap === 7).length, gaps.filter((gap) => gap === 14).length];
      assert.ok((sevens + fourteens) / gaps.length > 0.9);
      assert.ok(Math.abs(fourteens / (sevens + fourteens) - 0.6) < 0.03);
      // a cron that stood still, and sites that came back
      assert.ok(gaps.some((gap) => gap > 30));
    });

    it('has copies: sites that say the same at two addresses', () => {
      const sites = new Map<unknown, Set<string>>();
      for (const { site, environment, values } of reports) {
        if (environment !== 'production' || !values.fingerprint) continue;
        sites.set(values.fingerprint, (sites.get(values.fingerprint) ?? new Set()).add(site));
      }
      assert.ok([...sites.values()].some(({ size }) => size === 2));
    });

    it('has opt-outs of sites that reported, and of sites that never did, and clients before 1.1.12', () => {
      const reporting = new Set(reports.map(({ urlMd5 }) => urlMd5));
      const optOuts = meanings.flatMap(({ optOut }) => (optOut ? [optOut] : []));
      assert.ok(optOuts.some(({ urlMd5 }) => reporting.has(urlMd5 ?? '')));
      assert.ok(optOuts.some(({ urlMd5 }) => !reporting.has(urlMd5 ?? '')));
      assert.ok(reports.some(({ values }) => values.client_version === '1.1.11'));
    });

    it('has sites that only leave, that come and leave on one day, and that come back', () => {
      const stories = new Map<string, string>();
      for (const { site, kind, receivedAt } of reports) {
        stories.set(site, `${stories.get(site) ?? ''}${kind === 'track' ? 'T' : 'D'}${receivedAt.slice(0, 10)} `);
      }
      const all = [...stories.values()];
      assert.ok(all.some((story) => /^D\S+ $/.test(story)));
      assert.ok(all.some((story) => /^T(\S+) D\1 $/.test(story)));
      assert.ok(all.some((story) => /D\S+ T/.test(story)));
    });

    it('has one site under http and https', () => {
      const md5s = new Map<string, Set<string>>();
      for (const { site, urlMd5 } of reports) md5s.set(site, (md5s.get(site) ?? new Set()).add(urlMd5));
      assert.ok([...md5s.values()].some(({ size }) => size === 2));
    });

    it('has releases that spread, and versions beneath them that rise', () => {
      const { releases } = worldOf({ seed: 1, days: 200 });
      const inPast = releases.filter(({ day }) => day > 0 && day < 170);
      assert.ok(inPast.length >= 3);
      const newest = inPast.at(-1)?.version;
      const days = reports
        .filter(({ values }) => values.project_version === newest)
        .map(({ receivedAt }) => receivedAt);
      assert.ok(new Set(days.map((at) => at.slice(0, 10))).size > 7);
      const shareOf = (php: string, some: SiteReport[]) => share(some, ({ values }) => values.php_minor === php);
      assert.ok(shareOf('7.4', reports.slice(-2000)) < shareOf('7.4', reports.slice(0, 2000)));
    });
  });

  it('has twice as many that leave from the bad release, and beside the rival', () => {
    const told = past({ sites: 1500, days: 200 }).filter(({ payload }) => payload.client === '2.0.4' && payload.url);
    const { releases } = worldOf({ seed: 1, days: 200 });
    const bad = releases.findIndex(({ isBad }) => isBad);
    const leaving = (some: StoredEvent[]) => share(some, ({ kind }) => kind === 'deactivate');
    const on = (index: number) => told.filter(({ payload }) => payload.project_version === releases[index]?.version);
    assert.ok(leaving(on(bad)) > 1.4 * leaving([...on(bad - 1), ...on(bad + 1)]));
    const hasRival = ({ payload }: StoredEvent) => RIVAL in ((payload.plugins as object | undefined) ?? {});
    assert.ok(leaving(told.filter(hasRival)) > 1.4 * leaving(told.filter((event) => !hasRival(event))));
  });
});

function share<T>(all: T[], is: (one: T) => boolean): number {
  return all.filter(is).length / all.length;
}
