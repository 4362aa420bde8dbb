import { addDays, type Day, daysBetween } from './days.ts';

/** Whole weeks, so that the days before have the same weekdays. */
export const PERIODS = { '28d': 28, '91d': 91, '364d': 364 } as const;
export type PeriodName = keyof typeof PERIODS | 'all';

export const COMPARISONS = ['previous', 'year', 'none'] as const;
export type Comparison = (typeof COMPARISONS)[number];

/** Days, both included. */
export interface Range {
  from: Day;
  to: Day;
}

export interface Period extends Range {
  days: number;
  /** As many days of before; null when there are no figures of all of them. */
  compared: Range | null;
}

/** What there are figures of. */
export interface Extent {
  firstDay: Day;
  /** The last complete day. */
  through: Day;
  today: Day;
}

/** The last complete day; as long as there is none, today so far. */
export function lastDay({ firstDay, through, today }: Extent): Day {
  return firstDay <= through ? through : today;
}

/** Of complete days, up to the last one. */
export function periodOf(wanted: PeriodName | Range, extent: Extent, comparison: Comparison = 'previous'): Period {
  const { firstDay } = extent;
  const range = rangeOf(wanted, firstDay, lastDay(extent));
  const days = daysBetween(range.from, range.to) + 1;
  const back = { previous: days, year: PERIODS['364d'], none: 0 }[comparison];
  const compared = { from: addDays(range.from, -back), to: addDays(range.to, -back) };
  const isKnown = comparison !== 'none' && wanted !== 'all' && compared.from >= firstDay;
  return { ...range, days, compared: isKnown ? compared : null };
}

function rangeOf(wanted: PeriodName | Range, firstDay: Day, to: Day): Range {
  if (typeof wanted !== 'string') return wanted;
  return { from: wanted === 'all' ? firstDay : addDays(to, 1 - PERIODS[wanted]), to };
}
