import { addDays, type Day, daysBetween } from '../../../shared/figures/days.ts';

/** Multiples of a week: the period before has the same weekdays. */
export const PERIODS = [
  { id: '28d', label: '28 days', days: 28 },
  { id: '91d', label: '13 weeks', days: 91 },
  { id: '364d', label: '52 weeks', days: 364 },
  { id: 'all', label: 'All time', days: null },
] as const;
export type PeriodId = (typeof PERIODS)[number]['id'];

export const COMPARES = [
  { id: 'previous', label: 'vs previous' },
  { id: 'year', label: 'vs last year' },
  { id: 'none', label: 'no comparison' },
] as const;

/** What is shown, and what of it the address says. */
export interface Period {
  id: PeriodId;
  compare: (typeof COMPARES)[number]['id'];
  /** null: since the first day. */
  days: number | null;
  label: string;
}

export function readPeriod(query: URLSearchParams): Period {
  const period = PERIODS.find(({ id }) => id === query.get('period')) ?? PERIODS[0];
  const compare = COMPARES.find(({ id }) => id === query.get('compare')) ?? COMPARES[0];
  return { ...period, compare: compare.id };
}

/** The one shown before or after, as the letter keys go through them. */
export function neighbourPeriod({ id }: Period, step: 1 | -1): PeriodId {
  const at = PERIODS.findIndex((period) => period.id === id) + step;
  return (PERIODS[Math.min(PERIODS.length - 1, Math.max(0, at))] as (typeof PERIODS)[number]).id;
}

export interface Range {
  from: Day | null;
  /** Today, which is not complete. */
  to: Day;
  step: 'day' | 'week' | 'month';
}

/** The days of a period up to today; columns stay wide enough to be told apart. */
export function rangeOf({ days }: Pick<Period, 'days'>, through: Day): Range {
  const to = addDays(through, 1);
  if (days === null) return { from: null, to, step: 'week' };
  return { from: addDays(through, 1 - days), to, step: days > 91 ? 'week' : 'day' };
}

/** "9 days", for what has been out since a day; the day itself counts as none. */
export const daysSince = (day: Day, through: Day): number => Math.max(0, daysBetween(day, through));
