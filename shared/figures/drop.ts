import { addDays, addMonths, type Day, daysBetween } from './days.ts';
import { DROP } from './definitions.ts';
import { studentBound, Z80, Z95 } from './normal.ts';
import { fitTrend, logOdds, type Trend, type TrendPoint } from './trend.ts';

/** Active sites at the end of a day whose version is known, and those of them below the one in question. */
export interface BelowDay {
  day: Day;
  below: number;
  known: number;
}

/**
 * When the share below gets under the threshold: it is already (`reached`); a range of days (80 %), its end null when that is
 * more than the years looked ahead; or why there is none.
 */
export type DropDate =
  | { outcome: 'date'; earliest: Day; expected: Day; latest: Day | null }
  | { outcome: 'reached' | 'not-falling' | 'not-within' }
  | { outcome: 'too-few'; weeks: number; sites: number };

const WEEK_DAYS = 7;

/** `through` is the last complete day, `threshold` a share of 1. */
export function dropDate(days: readonly BelowDay[], threshold: number, through: Day): DropDate {
  const weeks = completeWeeks(days, through);
  const last = weeks.at(-1);
  const sites = Math.floor(last?.sites ?? 0);
  if (weeks.length < DROP.leastWeeks || sites < DROP.leastSites) {
    return { outcome: 'too-few', weeks: weeks.length, sites };
  }
  if ((last as TrendPoint).share < threshold) return { outcome: 'reached' };
  const trend = fitTrend(weeks);
  if (trend.slope + studentBound(Z95, trend.degrees) * trend.slopeError >= 0) return { outcome: 'not-falling' };
  const horizonDays = daysBetween(through, addMonths(through, 12 * DROP.mostYears));
  const bound = studentBound(Z80, trend.degrees);
  const [earliest, expected, latest] = [-bound, 0, bound].map((errors) =>
    firstBelow(trend, errors, threshold, horizonDays),
  );
  if (expected == null) return { outcome: 'not-within' };
  return {
    outcome: 'date',
    earliest: addDays(through, earliest ?? expected),
    expected: addDays(through, expected),
    latest: latest == null ? null : addDays(through, latest),
  };
}

function firstBelow(trend: Trend, errors: number, threshold: number, horizonDays: number): number | null {
  const limit = logOdds(threshold);
  for (let at = 0; at <= horizonDays; at += 1) {
    if (trend.logOdds(at) + errors * trend.error(at) < limit) return at;
  }
  return null;
}

/** Weeks that end with `through`, oldest first, each at its middle day; one that misses a day is left out. */
export function completeWeeks(days: readonly BelowDay[], through: Day): TrendPoint[] {
  const byDay = new Map(days.map((day) => [day.day, day]));
  const points: TrendPoint[] = [];
  for (let week = DROP.weeks - 1; week >= 0; week -= 1) {
    const ends = -week * WEEK_DAYS;
    const own = Array.from({ length: WEEK_DAYS }, (_, back) => byDay.get(addDays(through, ends - back)));
    const known = own.reduce((sum, day) => sum + (day?.known ?? 0), 0);
    if (own.includes(undefined) || known === 0) continue;
    const share = own.reduce((sum, day) => sum + (day?.below ?? 0), 0) / known;
    points.push({ at: ends - (WEEK_DAYS - 1) / 2, share, sites: known / WEEK_DAYS });
  }
  return points;
}
