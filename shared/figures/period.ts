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

/** Of complete days: up to `through`, the last one; `firstDay` is the first that there are figures of. */
export function periodOf(
  wanted: PeriodName | Range,
  { through, firstDay }: { through: Day; firstDay: Day },
  comparison: Comparison = 'previous',
): Period {
  const range = rangeOf(wanted, through, firstDay);
  const days = daysBetween(range.from, range.to) + 1;
  const back = { previous: days, year: PERIODS['364d'], none: 0 }[comparison];
  const compared = { from: addDays(range.from, -back), to: addDays(range.to, -back) };
  const isKnown = comparison !== 'none' && wanted !== 'all' && compared.from >= firstDay;
  return { ...range, days, compared: isKnown ? compared : null };
}

function rangeOf(wanted: PeriodName | Range, through: Day, firstDay: Day): Range {
  if (typeof wanted !== 'string') return wanted;
  if (wanted !== 'all') return { from: addDays(through, 1 - PERIODS[wanted]), to: through };
  return { from: firstDay < through ? firstDay : through, to: through };
}
