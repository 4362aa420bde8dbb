import assert from 'node:assert/strict';
import { adoptionKnown, adoptionNow, daysToHalf, type ReportRow } from './adoption.ts';
import { alertLooks, type ExposureRow } from './alert.ts';
import { addDays } from './days.ts';
import { AGE_BANDS, RELEASES } from './definitions.ts';
import { dropDate } from './drop.ts';
import { retention } from './retention.ts';

/** mulberry32: the same runs everywhere. */
function seeded(seed: number) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const poisson = (mean: number) => {
    let count = 0;
    for (let product = next(); product > Math.exp(-mean); product *= next()) count += 1;
    return count;
  };
  return { next, normal, poisson };
}

const share = (runs: number, holds: () => boolean) => Array.from({ length: runs }, holds).filter(Boolean).length / runs;
const within = (found: number, least: number, most: number) =>
  assert.ok(least <= found && found <= most, `${found} is not within ${least} and ${most}`);

describe('a release alert', () => {
  /** By age: the chance to leave on a day, and how an adopting population of so many sites is made up. */
  const HAZARDS = [0.05, 0.01, 0.003, 0.001];
  const FORMER = { version: '3.1.0', day: '2026-06-01' };
  const RELEASE = { version: '3.2.0', day: '2026-11-01' };

  function alarms(sites: number, trueRatio: number, random: ReturnType<typeof seeded>): boolean {
    const rows: ExposureRow[] = [];
    for (let since = 0; since < 14; since += 1) {
      const adopted = sites * (1 - Math.exp(-(since + 1) / 12));
      const fresh = 0.003 * sites;
      const atRisk = [
        fresh * Math.min(since + 1, 2),
        fresh * Math.min(Math.max(since - 1, 0), 12),
        adopted * 0.25,
        adopted * 0.72,
      ];
      for (const [release, ratio] of [
        [RELEASE, trueRatio],
        [FORMER, 1],
      ] as const)
        for (const [place, { name }] of AGE_BANDS.entries()) {
          const some = atRisk[place] as number;
          const left = random.poisson(some * (HAZARDS[place] as number) * ratio);
          rows.push({ day: addDays(release.day, since), version: release.version, age: name, atRisk: some, left });
        }
    }
    const looks = alertLooks(rows, { release: RELEASE, former: FORMER, activeSites: sites }, '2026-11-30');
    return looks.some(({ alarm }) => alarm);
  }

  it('is false in at most 1.1 % of releases, all four looks together', () => {
    const random = seeded(1);
    within(share(500, () => alarms(1000, 1, random)) / 2 + share(500, () => alarms(10_000, 1, random)) / 2, 0, 0.011);
  });

  it('finds a doubled rate in about 30 % of cases at 1,000 sites, in about 85 % at 3,000', () => {
    const random = seeded(2);
    within(
      share(200, () => alarms(1000, 2, random)),
      0.22,
      0.4,
    );
    within(
      share(200, () => alarms(3000, 2, random)),
      0.8,
      0.93,
    );
  });
});

describe('a date for dropping a version', () => {
  const THROUGH = '2026-11-24';
  const DATES = Array.from({ length: 26 * 7 }, (_, place) => addDays(THROUGH, place + 1 - 26 * 7));
  const logistic = (odds: number) => 1 / (1 + Math.exp(-odds));
  const START = Math.log(0.12 / 0.88);

  /** Half a year of weekly shares; of the sites of a week, so many are others in the next. */
  function forecast(fall: number, sites: number, turnover: number, random: ReturnType<typeof seeded>) {
    let chance = 0;
    const days = Array.from({ length: 26 }, (_, week) => {
      const wanted = logistic(START - fall * week);
      const kept = week === 0 ? 0 : 1 - turnover;
      chance = kept * chance + random.normal() * Math.sqrt(((wanted * (1 - wanted)) / sites) * (1 - kept ** 2));
      const below = Math.max(0, wanted + chance) * sites;
      return DATES.slice(7 * week, 7 * week + 7).map((day) => ({ day, below, known: sites }));
    }).flat();
    return dropDate(days, 0.05, THROUGH);
  }

  for (const { title, turnover } of [
    { title: 'other sites each week', turnover: 1 },
    { title: 'much the same sites each week', turnover: 0.03 },
  ]) {
    it(`is given to at most 2 % of flat shares, of ${title}`, () => {
      const random = seeded(3);
      within(
        share(200, () => forecast(0, 500, turnover, random).outcome === 'date'),
        0,
        0.02,
      );
    });

    it(`holds the true day about as often as it says, of ${title}`, () => {
      const random = seeded(4);
      const weeks = (START - Math.log(0.05 / 0.95)) / 0.02 - 25;
      const trueDay = addDays(THROUGH, Math.round(weeks * 7) - 3);
      const holds = share(200, () => {
        const answer = forecast(0.02, 3000, turnover, random);
        return answer.outcome === 'date' && answer.earliest <= trueDay && trueDay <= (answer.latest ?? trueDay);
      });
      within(holds, 0.78, 0.93);
    });
  }
});

describe('sites that report every 7 or 14 days', () => {
  const DAYS = 50;
  const RELEASE = { version: '2', day: '2026-06-01' };

  it('show in adoption now what is so today, and in adoption known what was so a week ago', () => {
    const random = seeded(5);
    const rows: ReportRow[] = [];
    const updated: number[] = [];
    const known = Array.from({ length: DAYS }, () => 0);
    for (let site = 0; site < 5000; site += 1) {
      const update = -Math.log(1 - random.next()) * 11;
      updated.push(update);
      let [report, toldOn] = [Math.floor(random.next() * 14), DAYS];
      for (; report < DAYS; report += random.next() < 0.4 ? 7 : 14) {
        const isOn = report >= update;
        if (isOn) toldOn = Math.min(toldOn, report);
        rows.push({
          day: addDays(RELEASE.day, report),
          version: isOn ? '2' : '1',
          ageDays: RELEASES.followedDays,
          sites: 1,
        });
      }
      for (let day = toldOn; day < DAYS; day += 1) known[day] = (known[day] as number) + 1;
    }
    const byTruth = updated.sort((a, b) => a - b)[2500] as number;
    const byNow = daysToHalf(adoptionNow(rows, RELEASE, addDays(RELEASE.day, DAYS - 1)));
    const byKnown = daysToHalf(
      known.map((sites, since) => ({ since, share: adoptionKnown([{ value: '2', sites }], '2', 5000).share })),
    );
    within((byNow as number) - byTruth, 0, 2);
    within((byKnown as number) - byTruth, 5, 9);
  });

  it('are kept, of a cohort, as often as they truly are', () => {
    const random = seeded(6);
    const [cohort, through] = ['2026-01-05', '2026-06-15'];
    const observed = 161;
    let truly = 0;
    const rows = Array.from({ length: 8000 }, () => {
      const end = (-Math.log(1 - random.next()) * 14) / 0.02;
      if (end > 56) truly += 1;
      let kept = 0;
      for (let report = 0; report < Math.min(end, observed); report += random.next() < 0.4 ? 7 : 14) kept = report;
      return { cohort, keptDays: kept, sites: 1 };
    });
    const cell = retention(rows, cohort, through).find(({ ageDays }) => ageDays === 56);
    within((cell?.share as number) - truly / 8000, -0.02, 0.005);
  });
});
