import { addDays, type Day } from '../../../../shared/figures/days.ts';
import type { AnalyticsDocument, Release, ReleasesDocument, Series } from '../../../../shared/figures/documents.ts';
import { shareOf } from '../../../../shared/figures/intervals.ts';
import { composeOverview, type Overview } from '../../../../shared/figures/overview.ts';
import { type Comparison, type PeriodName, periodOf } from '../../../../shared/figures/period.ts';

export const TODAY = '2026-11-25';
export const THROUGH = addDays(TODAY, -1);
export const FIRST_DAY = addDays(TODAY, -520);
export const GENERATION = 8123;
export const REBUILT_AT = `${TODAY}T14:07:31.000Z`;

/** Names that a site or an author may send. */
export const HOSTILE = {
  markup: '<script>document.title="run"</script><img src=x onerror=alert(1)>',
  turned: 'abc\u202Egnp.exe\u202C \u05D0\u05D1\u05D2 site',
  emoji: '👩‍👩‍👧‍👦 Café 商店 🇧🇩',
  long: 'W'.repeat(500),
} as const;

/** From 0 to 1, the same for the same place. */
export function chance(...place: number[]): number {
  let state = 2166136261;
  for (const one of place) state = Math.imul(state ^ (one + 0x9e3779b9), 16777619);
  state ^= state >>> 15;
  state = Math.imul(state, 2246822507);
  return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32;
}

export const daysFrom = (from: Day, to: Day): Day[] => {
  const days: Day[] = [];
  for (let day = from; day <= to; day = addDays(day, 1)) days.push(day);
  return days;
};

const indexOf = (day: Day) => (Date.parse(day) - Date.parse(FIRST_DAY)) / 86_400_000;

export const activeOn = (day: Day): number => Math.round(9200 + indexOf(day) * 6.2 + 40 * Math.sin(indexOf(day) / 9));

const FLOW_NAMES = ['new', 'reactivated', 'resumed', 'left', 'wentSilent', 'firstRefusals'];
const flowOn = (day: Day, flow: number) =>
  Math.round(([24, 3, 4, 12, 6, 38][flow] ?? 0) * (0.6 + 0.8 * chance(indexOf(day), flow)) * (day === TODAY ? 0.5 : 1));

const seriesOf = (
  dimension: Series['dimension'],
  names: string[],
  { from, to }: { from: Day; to: Day },
  count: (day: Day, place: number) => number,
): Series => ({
  dimension,
  names,
  days: daysFrom(from < FIRST_DAY ? FIRST_DAY : from, to).map((day) => {
    const counts = names.map((_, place): [number, number] => [place, count(day, place)]);
    const total = dimension === 'active' ? activeOn(day) : counts.reduce((sum, [, one]) => sum + one, 0);
    return { day, total, unknown: 0, other: 0, counts };
  }),
});

const REASONS = ['found-better-plugin', 'not-have-that-feature', 'too-slow', 'none', 'other'];

export const RELEASES: Release[] = [
  ['3.2.0', -9],
  ['3.1.4', -37],
  ['3.1.0', -71],
  ['3.0.2', -120],
  ['3.0.0', -190],
].map(([version, at], place) => releaseOf(String(version), addDays(THROUGH, Number(at)), place));

function releaseOf(version: string, releasedOn: Day, place: number): Release {
  const days = daysFrom(releasedOn, THROUGH).slice(0, 60);
  const adoption = days.map((day, since) => {
    const share = 0.93 * (1 - Math.exp(-since / (9 + place * 2)));
    const known = 0.93 * (1 - Math.exp(-Math.max(0, since - 4) / (12 + place * 2)));
    return {
      day,
      now: { days: 2, ...shareOf(Math.round(640 * share), 640) },
      known: shareOf(Math.round(12_000 * known), 12_000),
    };
  });
  const half = adoption.findIndex(({ now }) => (now.share ?? 0) >= 0.5);
  const look = {
    days: 7,
    ratio: 1.6,
    low: 1.3,
    high: 2,
    p: 0.0004,
    left: 74,
    othersLeft: 51,
    alarm: place === 0,
    weak: false,
  };
  return {
    version,
    releasedOn,
    source: place === 4 ? 'reports' : 'author',
    peakShare: 0.61,
    adoption,
    daysToHalf: half < 0 ? null : half,
    firstDays: [],
    alert: { against: '3.1.4', looks: [look], isAlarm: place === 0 },
  };
}

export const ANALYTICS: AnalyticsDocument = {
  _id: 'a4a8da5b-b419-4656-98e9-4a42e9044891',
  generation: GENERATION,
  rebuiltAt: new Date(REBUILT_AT),
  through: THROUGH,
  today: TODAY,
  firstDay: FIRST_DAY,
  dimensions: ['active', 'flows', 'version', 'php', 'wordpress', 'database'],
  active: activeOn(THROUGH),
  activeToday: activeOn(TODAY),
  notCounted: { staging: 412, local: 95, ephemeral: 31, copies: 18 },
  unsure: null,
  basis: null,
};

export function overviewOf(name: PeriodName, comparison: Comparison): Overview {
  const period = periodOf(name, ANALYTICS, comparison);
  const first = period.compared?.from ?? period.from;
  return composeOverview({
    analytics: ANALYTICS,
    period,
    series: [
      seriesOf('active', [], { from: first, to: TODAY }, () => 0),
      seriesOf('flows', FLOW_NAMES, { from: first, to: TODAY }, flowOn),
      seriesOf('reason', REASONS, { from: period.from, to: period.to }, (day, place) =>
        place === 0 ? 6 : 1 + (indexOf(day) % 2),
      ),
      seriesOf(
        'version',
        RELEASES.map(({ version }) => version),
        { from: THROUGH, to: THROUGH },
        (_, place) => 6000 - place * 1200,
      ),
    ],
    figures: {
      releases: { releases: RELEASES } as ReleasesDocument,
      neighbours: {
        _id: '',
        generation: GENERATION,
        from: addDays(THROUGH, -89),
        to: THROUGH,
        found: [
          {
            kind: 'plugin',
            key: null,
            value: 'speedy-cache',
            sites: 640,
            falseFindings: 0.02,
            ratio: 1.9,
            low: 1.3,
            high: 2.7,
            p: 0.001,
            left: 31,
            othersLeft: 300,
          },
        ],
      },
    },
    advisories: [
      {
        id: '2026-2',
        title: 'Stored XSS in the entries list',
        affected: '<3.1.4',
        fixedIn: '3.1.4',
        publishedAt: addDays(THROUGH, -37),
      },
    ],
  });
}
