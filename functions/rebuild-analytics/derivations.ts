import { addDays, type Day } from '../../shared/figures/days.ts';
import { ACTIVE_DAYS, KEPT, NEIGHBOURS, RELEASES } from '../../shared/figures/definitions.ts';
import { asDate, type Derivation } from '../../shared/stores/history/derived-tables.ts';
import { type QueryOptions, readQuery } from './queries.ts';

/** What a site says can be anything: of reports the most frequent versions. */
const REPORT_VERSIONS_KEPT = 50;

/** What `site_days` has of a day. */
export function siteDays(day: Day): Derivation {
  return {
    sql: readQuery('site-days'),
    params: { day: asDate(day), ...momentsOf(day), value_length: KEPT.valueCharacters },
  };
}

/** `site_lives`, when the days from `changed` to `today` are other ones than they were and those before are the same. */
export function siteLives(changed: Day, today: Day): Derivation {
  return { sql: readQuery('site-lives'), params: foldOf(changed, today) };
}

/** The days whose figures siteLives changes. */
export function changedDays(changed: Day, today: Day): Derivation {
  return { sql: readQuery('changed-days'), params: foldOf(changed, today) };
}

/** What `project_days` has of a day. */
export function projectDays(day: Day, options: QueryOptions): Derivation {
  return {
    sql: readQuery('project-days', options),
    params: {
      ...windowOf(day),
      ...momentsOf(day),
      value_length: KEPT.valueCharacters,
      values_kept: KEPT.values,
      plugins_kept: KEPT.plugins,
      neighbours_kept: NEIGHBOURS.kept,
      report_versions_kept: REPORT_VERSIONS_KEPT,
      report_age_days: RELEASES.followedDays,
    },
  };
}

/** The sites that are active copies on a day. */
export function copies(day: Day): Derivation {
  return { sql: readQuery('copies'), params: windowOf(day) };
}

/** The first day of the history. */
export function firstDay(): Derivation {
  return { sql: readQuery('first-day'), params: {} };
}

const foldOf = (changed: Day, today: Day) => ({
  window_from: asDate(addDays(changed, -ACTIVE_DAYS)),
  today: asDate(today),
  active_days: ACTIVE_DAYS,
});

/** A day, and the days whose reports matter on it or on the day before. */
const windowOf = (day: Day) => ({
  day: asDate(day),
  window_from: asDate(addDays(day, -ACTIVE_DAYS)),
  active_days: ACTIVE_DAYS,
});

const momentsOf = (day: Day) => ({ since: new Date(day), until: new Date(addDays(day, 1)) });
