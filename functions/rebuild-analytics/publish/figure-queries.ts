import { addDays, type Day } from '../../../shared/figures/days.ts';
import {
  ACTIVE_DAYS,
  COHORT_DAYS,
  FIRST_COHORT_DAY,
  KEPT,
  NEIGHBOURS,
  RETENTION_AGES,
} from '../../../shared/figures/definitions.ts';
import { cohortOf } from '../../../shared/figures/retention.ts';
import { asDate, type Derivation } from '../../../shared/stores/history/derived-tables.ts';
import { readQuery } from '../queries.ts';
import { RATES_DAYS, type Window } from './figure-rows.ts';

/** Before any plugin reported to anybody. */
export const BEGINNING = '2015-01-01';
/** Older cohorts are of other times. */
const COHORTS_DAYS = 3 * 364;

/** The days of a month, `2026-01`, by project. */
export function months(month: string): Derivation {
  const [year, number] = month.split('-').map(Number) as [number, number];
  const to = new Date(Date.UTC(year, number, 0)).toISOString().slice(0, 10);
  return { sql: readQuery('figures-months'), params: { from: asDate(`${month}-01`), to: asDate(to) } };
}

/** The first day of each project, or of these. */
export function firstDays(today: Day, projects?: string[]): Derivation {
  return {
    sql: readQuery('figures-known'),
    params: {
      from: asDate(BEGINNING),
      to: asDate(today),
      all: projects === undefined,
      // an empty array has no type
      projects: projects ?? [''],
    },
  };
}

/** What figures are made of, on these days, at least one. */
export function basis(days: readonly Day[]): Derivation {
  const sorted = days.toSorted();
  return {
    sql: readQuery('figures-basis'),
    params: { from: asDate(sorted[0] as Day), to: asDate(sorted.at(-1) as Day), days: days.map(asDate) },
  };
}

/** What the releases, rates and neighbours of projects are made of. */
export function figures(projects: string[], { releasesFrom, ratesFrom, neighboursFrom, through }: Window): Derivation {
  return {
    sql: readQuery('figures'),
    params: {
      from: asDate(releasesFrom),
      rates_from: asDate(ratesFrom),
      neighbours_from: asDate(neighboursFrom),
      through: asDate(through),
      projects,
      values_kept: NEIGHBOURS.kept,
    },
  };
}

/** What the retention of projects is made of, and how old their sites were that left of late. */
export function lives(projects: string[], through: Day): Derivation {
  const earliest = cohortOf(addDays(through, -COHORTS_DAYS));
  return {
    sql: readQuery('figures-lives'),
    params: {
      first_cohort: asDate(FIRST_COHORT_DAY),
      cohort_days: COHORT_DAYS,
      cohorts_from: asDate(earliest > FIRST_COHORT_DAY ? earliest : FIRST_COHORT_DAY),
      oldest_age: Math.max(...RETENTION_AGES),
      rates_from: asDate(addDays(through, 1 - RATES_DAYS)),
      through: asDate(through),
      projects,
    },
  };
}

/** What the sites run that are on the newest release of their project: `<project> <version>`. */
export function support(newest: string[], through: Day): Derivation {
  return {
    sql: readQuery('figures-support'),
    params: {
      from: asDate(addDays(through, 1 - ACTIVE_DAYS)),
      through: asDate(through),
      active_days: ACTIVE_DAYS,
      value_length: KEPT.valueCharacters,
      newest,
    },
  };
}
