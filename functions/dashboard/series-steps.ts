import { addDays, addMonths, type Day } from '../../shared/figures/days.ts';
import { type Dimension, FLOWS, MANY_VALUED, type Series, type SeriesDay } from '../../shared/figures/documents.ts';
import type { SeriesAnswer } from './api.ts';

export const STEPS = ['day', 'week', 'month'] as const;
export type Step = (typeof STEPS)[number];

/** The first day of a day's step; weeks begin on Mondays. */
export function stepStart(day: Day, step: Step): Day {
  if (step === 'month') return `${day.slice(0, 7)}-01`;
  return step === 'day' ? day : addDays(day, -((new Date(day).getUTCDay() + 6) % 7));
}

function nextStart(start: Day, step: Step): Day {
  return step === 'month' ? addMonths(start, 1) : addDays(start, step === 'week' ? 7 : 1);
}

/** Counts of what happens are added up over a step; of what is, the last day that is known stands for it. */
function isFlow(dimension: Dimension): boolean {
  return dimension === 'flows' || dimension === 'reason';
}

/** What a step comes to. */
interface StepSum {
  total: number;
  unknown: number;
  other: number;
  counts: Map<number, number>;
}

export interface Wanted {
  from: Day;
  to: Day;
  step: Step;
  /** So many series, those that were highest on any step; the others are counted together. */
  top: number;
  /** The last complete day. */
  through: Day;
}

/** A series by steps, as the API gives it. */
export function seriesBySteps(
  series: Series,
  { from, to, step, top, through }: Wanted,
): Pick<SeriesAnswer, 'days' | 'partialFrom' | 'total' | 'unknown' | 'other' | 'series'> {
  const starts: Day[] = [];
  for (let start = stepStart(from, step); start <= to; start = nextStart(start, step)) starts.push(start);
  const sums = sumsOf(series, starts, step);
  const chosen = chosenNames(series, sums, top);
  const addsUp = series.dimension !== 'flows' && !MANY_VALUED.includes(series.dimension);
  const places = new Set(chosen.map(({ place }) => place));
  const partial = starts.findIndex((start) => addDays(nextStart(start, step), -1) > through);
  return {
    days: starts,
    partialFrom: partial === -1 ? starts.length : partial,
    total: sums.map((sum) => sum?.total ?? null),
    unknown: sums.map((sum) => sum?.unknown ?? null),
    other: sums.map((sum) => (sum === undefined ? null : sum.other + (addsUp ? restOf(sum, places) : 0))),
    series: chosen.map(({ name, place }) => ({
      name,
      values: sums.map((sum) => (sum === undefined ? null : (sum.counts.get(place) ?? 0))),
    })),
  };
}

function restOf({ counts }: StepSum, chosen: ReadonlySet<number>): number {
  let rest = 0;
  for (const [place, count] of counts) if (!chosen.has(place)) rest += count;
  return rest;
}

function sumsOf({ dimension, days }: Series, starts: Day[], step: Step): (StepSum | undefined)[] {
  const byStart = new Map<Day, SeriesDay[]>();
  for (const day of days) {
    const start = stepStart(day.day, step);
    byStart.set(start, [...(byStart.get(start) ?? []), day]);
  }
  return starts.map((start) => {
    const known = byStart.get(start);
    if (known === undefined) return undefined;
    return sumOf(isFlow(dimension) ? known : known.slice(-1));
  });
}

function sumOf(days: SeriesDay[]): StepSum {
  const sum: StepSum = { total: 0, unknown: 0, other: 0, counts: new Map() };
  for (const { total, unknown, other, counts } of days) {
    sum.total += total;
    sum.unknown += unknown;
    sum.other += other;
    for (const [place, count] of counts) sum.counts.set(place, (sum.counts.get(place) ?? 0) + count);
  }
  return sum;
}

function chosenNames(
  { dimension, names }: Series,
  sums: (StepSum | undefined)[],
  top: number,
): { name: string; place: number }[] {
  if (dimension === 'flows') return FLOWS.map((name) => ({ name, place: names.indexOf(name) }));
  const peaks = names.map(() => 0);
  for (const sum of sums) {
    for (const [place, count] of sum?.counts ?? []) peaks[place] = Math.max(peaks[place] ?? 0, count);
  }
  return names
    .map((name, place) => ({ name, place, peak: peaks[place] ?? 0 }))
    .filter(({ peak }) => peak > 0)
    .sort((one, other) => other.peak - one.peak || (one.name < other.name ? -1 : 1))
    .slice(0, top)
    .map(({ name, place }) => ({ name, place }));
}
