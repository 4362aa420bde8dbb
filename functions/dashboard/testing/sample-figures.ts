import type { Db } from 'mongodb';
import { addDays, type Day, daysBetween } from '../../../shared/figures/days.ts';
import type {
  AnalyticsDocument,
  Dimension,
  FigureDocuments,
  Release,
  SeriesDay,
  SeriesDocument,
  ValueRate,
} from '../../../shared/figures/documents.ts';
import { shareOf } from '../../../shared/figures/intervals.ts';
import { rateOf } from '../../../shared/figures/rates.ts';
import { monthsOf, seriesId } from '../../../shared/stores/figures/figures.ts';
import { openFiguresWriter } from '../../../shared/stores/figures/figures-writer.ts';

/** The day before the one that has begun. */
export const THROUGH: Day = '2026-03-09';
export const TODAY: Day = '2026-03-10';
export const FIRST_DAY: Day = '2025-06-02';
export const NOW = new Date(`${TODAY}T14:20:00Z`);
const REBUILT_AT = new Date(`${TODAY}T14:07:31Z`);

/** How many there are of each value on a day, by how many days it is since the first. */
type Counts = (since: number) => Record<string, number>;

const SERIES: Record<string, { counts: Counts; total?: (since: number) => number; unknown?: number; other?: number }> =
  {
    active: { counts: () => ({}), total: (since) => 1000 + since },
    flows: { counts: (since) => ({ new: 12, left: 5, wentSilent: 6, firstRefusals: 18, resumed: since % 2 }) },
    version: { counts: (since) => ({ '3.2.0': 600 + since, '3.1.0': 300, '3.0.9': 80 }), unknown: 15, other: 5 },
    // falls, and surely: a date can be told
    php: {
      counts: (since) => ({
        '8.2': 400 + since + Math.floor(since / 2),
        '8.1': 400,
        '7.4': 190 - Math.floor(since / 2),
      }),
      unknown: 10,
    },
    database: { counts: (since) => ({ 'MariaDB 10.6': 600 + since, 'MySQL 8.0': 300, 'MySQL 5.7': 90 }), unknown: 10 },
    reason: { counts: () => ({ 'too-slow': 3, 'found-better-plugin': 1, none: 1 }) },
    plugin: { counts: () => ({ woocommerce: 700, akismet: 900 }), total: (since) => 1000 + since, unknown: 20 },
    'field:plan': { counts: (since) => ({ pro: 250, '=free': 750 + since }) },
  };

function seriesDocuments(project: string, generation: number): SeriesDocument[] {
  return Object.entries(SERIES).flatMap(([dimension, { counts, total, unknown = 0, other = 0 }]) => {
    const names = Object.keys(counts(0));
    return monthsOf(FIRST_DAY, TODAY).map((month): SeriesDocument => {
      const days: SeriesDay[] = [];
      for (let day = FIRST_DAY; day <= TODAY; day = addDays(day, 1)) {
        if (!day.startsWith(month)) continue;
        const since = daysBetween(FIRST_DAY, day);
        const values = counts(since);
        const sum = names.reduce((all, name) => all + (values[name] ?? 0), unknown + other);
        days.push({
          ...{ day, unknown, other, total: total?.(since) ?? sum },
          counts: names.map((name, place): [number, number] => [place, values[name] ?? 0]),
        });
      }
      return { _id: seriesId(project, dimension as Dimension, month), generation, names, days };
    });
  });
}

function valueRate(value: string, left: number, siteDays: number): ValueRate {
  return { value, siteDays, ...rateOf(left, siteDays, 28) };
}

function release(version: string, releasedOn: Day, sites: number): Release {
  const day = addDays(releasedOn, 8);
  return {
    ...{ version, releasedOn, source: 'reports', peakShare: sites / 1000, daysToHalf: sites > 500 ? 8 : null },
    adoption: [{ day, now: { days: 3, ...shareOf(sites, 1000) }, known: shareOf(sites - 100, 1200) }],
    firstDays: [{ since: 0, age: '0-1', atRisk: 90, left: 4 }],
    alert: {
      against: '3.0.9',
      isAlarm: false,
      looks: [{ days: 2, alarm: false, weak: true, ratio: 1.1, low: 0.6, high: 2, p: 0.3, left: 12, othersLeft: 40 }],
    },
  };
}

function figureDocuments(project: string, generation: number): FigureDocuments {
  const of = (name: string) => ({ _id: `${project}:${name}`, generation });
  const period = { from: addDays(THROUGH, -27), to: THROUGH };
  return {
    releases: {
      ...of('releases'),
      releases: [release('3.2.0', '2026-02-20', 620), release('3.1.0', '2025-12-01', 480)],
      others: [],
      medianDaysToHalf: { days: null, releases: 3, reached: false },
    },
    retention: {
      ...of('retention'),
      ages: [14, 28],
      cohorts: [{ from: '2026-01-12', to: '2026-01-25', sites: 160, kept: [150, null] }],
    },
    rates: {
      ...of('rates'),
      ...period,
      overall: valueRate('', 140, 33_000),
      silent: valueRate('', 168, 33_000),
      byAge: [valueRate('0-1', 30, 700), valueRate('90+', 40, 20_000)],
      byVersion: [valueRate('3.2.0', 80, 20_000), valueRate('3.1.0', 2, 300)],
      byTheme: [valueRate('astra', 20, 9000)],
      byPlugin: [valueRate('akismet', 90, 25_000), valueRate('speedy-cache', 31, 6700)],
      byField: [{ key: 'plan', rates: [valueRate('pro', 8, 7000), valueRate('=free', 100, 20_000)] }],
      ageAtLeaving: { median: 21, early: 0.3, left: 140, histogram: [{ fromDay: 0, left: 40 }] },
    },
    neighbours: {
      ...of('neighbours'),
      ...{ from: addDays(THROUGH, -89), to: THROUGH },
      found: [
        {
          ...{ kind: 'plugin', key: null, value: 'speedy-cache', sites: 240, falseFindings: 0.02 },
          ...{ ratio: 1.9, low: 1.3, high: 2.7, p: 0.001, left: 31, othersLeft: 100 },
        },
      ],
    },
    support: {
      ...of('support'),
      newest: '3.2.0',
      php: {
        spread: [
          { value: '8.2', sites: 500 },
          { value: '7.4', sites: 10 },
        ],
        unknown: 3,
      },
      wordpress: { spread: [], unknown: 0 },
      database: {
        spread: [
          { value: 'MySQL 8.0', sites: 200 },
          { value: 'MariaDB 10.6', sites: 300 },
        ],
        unknown: 13,
      },
    },
  };
}

/** Publishes figures of a project as rebuild-analytics does: nine months of a plugin that grows by a site a day. */
export async function publishSampleFigures(db: Db, project: string, generation = 7): Promise<void> {
  const writer = openFiguresWriter(db);
  await writer.putSeries(seriesDocuments(project, generation), generation - 1);
  await writer.putFigures(Object.values(figureDocuments(project, generation)), generation - 1);
  const activeOn = (day: Day) => 1000 + daysBetween(FIRST_DAY, day);
  const analytics: AnalyticsDocument = {
    ...{ _id: project, generation, rebuiltAt: REBUILT_AT, through: THROUGH, today: TODAY, firstDay: FIRST_DAY },
    dimensions: Object.keys(SERIES) as Dimension[],
    active: activeOn(THROUGH),
    activeToday: activeOn(TODAY),
    notCounted: { staging: 4, local: 3, ephemeral: 2, copies: 1 },
    ...{ unsure: null, basis: null },
  };
  await writer.publish(analytics);
}
