import { addDays, type Day, daysBetween } from './days.ts';
import { ACTIVE_DAYS, COHORT_DAYS, FIRST_COHORT_DAY, RETENTION_AGES } from './definitions.ts';
import { type Share, shareOf } from './intervals.ts';

/** A stretch of being active. */
export interface Life {
  fromDay: Day;
  /** Of its last report. */
  lastDay: Day;
  leftDay: Day | null;
  /** Told after it had gone silent. */
  lateLeftDay: Day | null;
}

export interface RetentionCell extends Share {
  ageDays: number;
}

/** The first day of the cohort of sites that first reported on this day. */
export function cohortOf(firstDay: Day): Day {
  const cohorts = Math.floor(daysBetween(FIRST_COHORT_DAY, firstDay) / COHORT_DAYS);
  return addDays(FIRST_COHORT_DAY, cohorts * COHORT_DAYS);
}

/** The ages of which all is known by `through`, the last complete day: later ones are too early to tell. */
export function readableAges(cohort: Day, through: Day): number[] {
  const cohortEnd = addDays(cohort, COHORT_DAYS - 1);
  return RETENTION_AGES.filter((age) => addDays(cohortEnd, age + ACTIVE_DAYS) <= through);
}

/** Days from a site's first report to when it was last seen, by all its lives. */
export function keptDays(lives: readonly [Life, ...Life[]]): number {
  const first = lives.map(({ fromDay }) => fromDay).sort()[0] as Day;
  const seen = lives.flatMap(({ lastDay, leftDay, lateLeftDay }) => [lastDay, leftDay ?? '', lateLeftDay ?? '']);
  return daysBetween(first, seen.sort().at(-1) as Day);
}

/**
 * What is left of a cohort at each age that can be read. A site is kept that was seen at this age or later; one that is still
 * active was, for an age is read only when all that was silent then has shown so.
 */
export function retention(
  rows: readonly { cohort: Day; keptDays: number; sites: number }[],
  cohort: Day,
  through: Day,
): RetentionCell[] {
  const own = rows.filter((row) => row.cohort === cohort);
  const sitesOf = (some: typeof own) => some.reduce((sum, { sites }) => sum + sites, 0);
  const all = sitesOf(own);
  return readableAges(cohort, through).map((ageDays) => ({
    ageDays,
    ...shareOf(sitesOf(own.filter((row) => row.keptDays >= ageDays)), all),
  }));
}
