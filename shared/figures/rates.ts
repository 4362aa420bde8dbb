import { AGE_BANDS, RATE } from './definitions.ts';
import { countInterval } from './intervals.ts';

/** Per `RATE.sites` sites in `RATE.days` days with its 95 % interval; all three are null when it is too few to tell. */
export interface Rate {
  rate: number | null;
  low: number | null;
  high: number | null;
  /** Those that left, or went silent. */
  count: number;
  /** At least so many different sites were at risk. */
  sites: number;
}

/**
 * Of sites that were at risk for so many days together; `mostDays` is how long one of them can have been: the period, or the
 * age band if that is shorter.
 */
export function rateOf(count: number, siteDays: number, mostDays: number): Rate {
  const sites = Math.ceil(siteDays / mostDays);
  if (!isEnough(count, sites)) return { rate: null, low: null, high: null, count, sites };
  const { low, high } = countInterval(count);
  const scale = (RATE.sites * RATE.days) / siteDays;
  return { rate: count * scale, low: low * scale, high: high * scale, count, sites };
}

/** Whether a rate can be told of so many that left, and so many sites. */
export function isEnough(count: number, sites: number): boolean {
  return count >= RATE.leastLeaves && sites >= RATE.leastSites;
}

/** How old sites were when they left, in days since their first report; both are null when too few left to tell. */
export interface AgeAtLeaving {
  median: number | null;
  /** The share that left on day 0 or 1. */
  early: number | null;
  left: number;
}

/** `rows`: how many left at which age; in any order, an age may come twice. */
export function ageAtLeaving(rows: readonly { ageDays: number; left: number }[]): AgeAtLeaving {
  const left = rows.reduce((sum, row) => sum + row.left, 0);
  if (left < RATE.leastLeaves) return { median: null, early: null, left };
  const sorted = [...rows].sort((a, b) => a.ageDays - b.ageDays);
  const median = (ageOf(sorted, Math.ceil(left / 2)) + ageOf(sorted, Math.ceil((left + 1) / 2))) / 2;
  const early = rows.filter(({ ageDays }) => ageDays <= AGE_BANDS[0].toDay).reduce((sum, row) => sum + row.left, 0);
  return { median, early: early / left, left };
}

/** The age of the n-th that left, the youngest being the first. */
function ageOf(sorted: readonly { ageDays: number; left: number }[], place: number): number {
  let before = 0;
  for (const { ageDays, left } of sorted) {
    before += left;
    if (before >= place) return ageDays;
  }
  return Number.NaN;
}
