import { addDays, type Day, daysBetween } from './days.ts';
import { ACTIVE_DAYS, COHORT_DAYS, FIRST_COHORT_DAY, RETENTION_AGES } from './definitions.ts';
import { type Share, shareOf } from './intervals.ts';

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

/**
 * What is left of a cohort at each age that can be read. `keptDays`: from the first report of such sites to the last word of any kind. A site is kept that was seen at this age or later; one that is still
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
