import { type Advisory, isAffected } from '../project/advisories.ts';
import { addDays, type Day, daysBetween } from './days.ts';
import type { Definition } from './definitions.ts';
import type {
  AnalyticsDocument,
  Flow,
  NeighbourFound,
  NeighboursDocument,
  ReleasesDocument,
  Series,
} from './documents.ts';
import { headlinesOf } from './headlines.ts';
import type { Share } from './intervals.ts';
import { type Extent, lastDay, type Period } from './period.ts';

/** A figure of a period beside the same of the days before. */
export interface Headline {
  value: number | null;
  /** null: nothing is known of the days before. */
  before: number | null;
  change: number | null;
  /** Chance alone would hardly make such a change; only then it is good or bad. */
  isClear: boolean;
  definition: Definition;
}

/** What the overview says in words, in this order; sentence.ts makes English of it. */
export type SentencePart =
  | { kind: 'active'; sites: number; change: number | null; days: number }
  | { kind: 'release'; version: string; days: number; now: Share }
  | { kind: 'left'; sites: number; reason: { id: string; deactivations: number; isMost: boolean } | null };

/** What an author should look at, most urgent first. */
export type Attention =
  | { kind: 'unsure'; charts: number; latest: number }
  | { kind: 'advisory'; id: string; title: string; affected: string; sites: number }
  | { kind: 'release'; version: string; against: string; ratio: number | null; low: number | null; high: number | null }
  | ({ kind: 'neighbour' } & Pick<NeighbourFound, 'key' | 'value' | 'ratio' | 'low'> & { of: NeighbourFound['kind'] });

export interface Overview {
  generation: number;
  rebuiltAt: Date;
  through: Day;
  today: Day;
  firstDay: Day;
  period: Period;
  sentence: SentencePart[];
  /** `optIn` is a share of 1, its base beside it. */
  figures: { active: Headline; new: Headline; left: Headline; optIn: Headline & { of: Share } };
  /** By day of the period, whole weeks before the first day with a figure left out, and of today, which is not complete; null: nothing is known of that day. */
  chart: {
    days: Day[];
    /** The index of today. */
    partialFrom: number;
    active: (number | null)[];
    flows: Record<ChartedFlow, (number | null)[]>;
    releases: { version: string; day: Day }[];
  };
  /** Active sites at the end of the last complete day, most first; as many values as a document has. */
  versions: { spread: { version: string; sites: number }[]; other: number; unknown: number };
  attention: Attention[];
  notCounted: AnalyticsDocument['notCounted'];
  /** What there are series of. */
  dimensions: AnalyticsDocument['dimensions'];
}

export const CHARTED_FLOWS = ['new', 'reactivated', 'resumed', 'left', 'wentSilent'] as const satisfies Flow[];
export type ChartedFlow = (typeof CHARTED_FLOWS)[number];

/** What `composeOverview` makes an overview of. */
export interface OverviewInput {
  analytics: AnalyticsDocument;
  /** Those of `overviewSeries`, in its order. */
  series: readonly Series[];
  figures: { releases?: ReleasesDocument; neighbours?: NeighboursDocument };
  period: Period;
  advisories: readonly Advisory[];
}

/** Which figures an overview needs. */
export const OVERVIEW_FIGURES = ['releases', 'neighbours'] as const;
/** Which series an overview needs. */
export function overviewSeries({ from, to, compared }: Period, extent: Extent) {
  const { today } = extent;
  const last = lastDay(extent);
  const first = compared !== null && compared.from < from ? compared.from : from;
  return [
    { dimension: 'active', from: first, to: today },
    { dimension: 'flows', from: first, to: today },
    { dimension: 'reason', from, to },
    { dimension: 'version', from: last, to: last },
  ] as const;
}

/** A project at a glance: the same object for the page, the API, mails and the terminal. */
export function composeOverview(input: OverviewInput): Overview {
  const { generation, rebuiltAt, through, today, firstDay, notCounted, dimensions } = input.analytics;
  const [active, flows, reasons, versions] = input.series as readonly [Series, Series, Series, Series];
  const figures = headlinesOf({ active, flows }, input.period);
  return {
    ...{ generation, rebuiltAt, through, today, firstDay, period: input.period },
    sentence: sentencePartsOf(input, figures, reasons),
    figures,
    chart: chartOf(input, active, flows),
    versions: versionsOf(versions),
    attention: attentionOf(input, versions),
    notCounted,
    dimensions,
  };
}

function sentencePartsOf(
  { analytics, figures, period }: OverviewInput,
  { active, left }: Overview['figures'],
  reasons: Series,
): SentencePart[] {
  const newest = figures.releases?.releases[0];
  const now = newest?.adoption.at(-1)?.now;
  return [
    { kind: 'active', sites: active.value ?? 0, change: active.change, days: period.days },
    ...(newest !== undefined && now !== undefined && now.share !== null
      ? [
          {
            kind: 'release' as const,
            version: newest.version,
            days: daysBetween(newest.releasedOn, analytics.through),
            now,
          },
        ]
      : []),
    { kind: 'left', sites: left.value ?? 0, reason: mainReason(reasons) },
  ];
}

/** None was picked, or one that no list has: that is no word of the site's. */
const NO_REASONS = ['none', 'unlisted'];

function mainReason({ names, days }: Series): Extract<SentencePart, { kind: 'left' }>['reason'] {
  const sums = names.map(() => 0);
  for (const { counts } of days) for (const [index, count] of counts) sums[index] = (sums[index] ?? 0) + count;
  const stated = names.flatMap((id, index) =>
    NO_REASONS.includes(id) ? [] : [{ id, deactivations: sums[index] ?? 0 }],
  );
  const all = stated.reduce((sum, { deactivations }) => sum + deactivations, 0);
  const [first] = stated.toSorted(
    (one, other) => other.deactivations - one.deactivations || (one.id < other.id ? -1 : 1),
  );
  if (first === undefined || first.deactivations === 0) return null;
  return { ...first, isMost: first.deactivations > all / 2 };
}

const WEEK_DAYS = 7;

function chartOf({ analytics, figures, period }: OverviewInput, active: Series, flows: Series): Overview['chart'] {
  const { today } = analytics;
  const last = period.to === lastDay(analytics) ? today : period.to;
  const weeksBefore = Math.max(0, Math.floor(daysBetween(period.from, analytics.firstDay) / WEEK_DAYS));
  const first = addDays(period.from, weeksBefore * WEEK_DAYS);
  const days = Array.from({ length: Math.max(0, daysBetween(first, last) + 1) }, (_, index) => addDays(first, index));
  const activeOn = new Map(active.days.map(({ day, total }) => [day, total]));
  const flowsOn = new Map(flows.days.map(({ day, counts }) => [day, new Map(counts)]));
  const flowOn = (flow: Flow) => {
    const place = flows.names.indexOf(flow);
    return days.map((day) => {
      const counts = flowsOn.get(day);
      return counts === undefined ? null : (counts.get(place) ?? 0);
    });
  };
  const releases = figures.releases?.releases ?? [];
  return {
    days,
    partialFrom: days.includes(today) ? days.indexOf(today) : days.length,
    active: days.map((day) => activeOn.get(day) ?? null),
    flows: Object.fromEntries(CHARTED_FLOWS.map((flow) => [flow, flowOn(flow)])) as Overview['chart']['flows'],
    releases: releases
      .filter(({ releasedOn }) => releasedOn >= period.from && releasedOn <= last)
      .map(({ version, releasedOn }) => ({ version, day: releasedOn })),
  };
}

function versionsOf({ names, days }: Series): Overview['versions'] {
  const [day] = days;
  const spread = (day?.counts ?? []).map(([index, sites]) => ({ version: names[index] as string, sites }));
  return { spread, other: day?.other ?? 0, unknown: day?.unknown ?? 0 };
}

/** How long after its release an alarm is worth a look. */
const ALARM_DAYS = 28;

function attentionOf({ analytics, figures, advisories }: OverviewInput, versions: Series): Attention[] {
  const { spread } = versionsOf(versions);
  const open = advisories.map(({ id, title, affected }) => {
    const those = spread.filter(({ version }) => isAffected(version, { affected }));
    return { kind: 'advisory' as const, id, title, affected, sites: those.reduce((sum, { sites }) => sum + sites, 0) };
  });
  const alarms = (figures.releases?.releases ?? []).flatMap(({ version, releasedOn, alert }): Attention[] => {
    const look = alert?.looks.findLast(({ alarm }) => alarm);
    if (!alert?.isAlarm || !look || daysBetween(releasedOn, analytics.through) > ALARM_DAYS) return [];
    const { ratio, low, high } = look;
    return [{ kind: 'release', version, against: alert.against, ratio, low, high }];
  });
  const [neighbour] = figures.neighbours?.found ?? [];
  return [
    ...(analytics.unsure === null ? [] : [{ kind: 'unsure' as const, ...analytics.unsure }]),
    ...open.filter(({ sites }) => sites > 0).sort((one, other) => other.sites - one.sites),
    ...alarms,
    ...(neighbour === undefined
      ? []
      : [
          {
            kind: 'neighbour' as const,
            of: neighbour.kind,
            key: neighbour.key,
            value: neighbour.value,
            ratio: neighbour.ratio,
            low: neighbour.low,
          },
        ]),
  ];
}
