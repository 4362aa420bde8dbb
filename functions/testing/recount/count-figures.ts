import {
  ACTIVE_DAYS,
  ADOPTION_NOW,
  COHORT_DAYS,
  FIRST_COHORT_DAY,
  RETENTION_AGES,
} from '../../../shared/figures/definitions.ts';
import type { SiteReport } from '../../../shared/report/interpret.ts';
import { compareVersions } from '../../../shared/report/versions.ts';
import type { DayCounts } from './count-day.ts';
import { isReporting, sitesOfDay } from './day-of-sites.ts';
import { type DayNumber, dayNumber, dayText, type Histories, type SiteHistory } from './read-histories.ts';
import { firstReport, lastReportOn, stateOn } from './site-states.ts';

/** So many of so many. */
export interface Part {
  sites: number;
  of: number;
}

export function productionOf({ sites }: Histories): SiteHistory[] {
  return sites.filter(({ environment }) => environment === 'production');
}

/** Of those who answered for the first time from one day to another, both included, who said yes. */
export function countOptIn(days: DayCounts[], from: string, to: string): Part {
  const period = days.filter(({ day }) => day >= from && day <= to);
  const yes = period.reduce((sum, day) => sum + day.new_sites, 0);
  return { sites: yes, of: yes + period.reduce((sum, day) => sum + day.first_refusals, 0) };
}

/** The sites at risk on each day of a period together, and how many of them left; of those whose name in `exposure` fits. */
export function countRate(days: DayCounts[], { from, to, name }: { from: string; to: string; name: RegExp }) {
  const rows = days
    .filter(({ day }) => day >= from && day <= to)
    .flatMap(({ exposure }) => Object.entries(exposure).filter(([each]) => name.test(each)));
  return {
    siteDays: rows.reduce((sum, [, { at_risk: atRisk = 0 }]) => sum + atRisk, 0),
    leaves: rows.reduce((sum, [, { left_sites: left = 0 }]) => sum + left, 0),
  };
}

export interface Cohort {
  from: string;
  sites: number;
  /** By RETENTION_AGES; null: too early to tell. */
  kept: (number | null)[];
}

/** Sites by when they first reported, and how many of them were seen at an age or later, or are still active. */
export function countRetention(histories: Histories, through: string): Cohort[] {
  const [start, last] = [dayNumber(FIRST_COHORT_DAY), dayNumber(through)];
  const cohorts = new Map<DayNumber, SiteHistory[]>();
  for (const history of productionOf(histories)) {
    const first = firstReport(history)?.day;
    if (first === undefined || first > last) continue;
    const cohort = start + Math.floor((first - start) / COHORT_DAYS) * COHORT_DAYS;
    cohorts.set(cohort, [...(cohorts.get(cohort) ?? []), history]);
  }
  return [...cohorts]
    .sort(([one], [other]) => one - other)
    .map(([cohort, sites]) => ({
      from: dayText(cohort),
      sites: sites.length,
      kept: RETENTION_AGES.map((age) => {
        const isTooEarly = cohort + COHORT_DAYS - 1 + age + ACTIVE_DAYS > last;
        return isTooEarly ? null : sites.filter((site) => isKept(site, age, last)).length;
      }),
    }));
}

function isKept(history: SiteHistory, age: number, last: DayNumber): boolean {
  const first = firstReport(history)?.day as DayNumber;
  const isSeen = history.said.some(
    // a site that has left and says so again was gone meanwhile
    ({ day, kind }) => day >= first + age && day <= last && (kind === 'report' || stateOn(history, day - 1) !== 'left'),
  );
  return isSeen || stateOn(history, last) === 'active';
}

/**
 * The share of a version and newer ones on a day: `known` of all active sites, by what they last said; `now` of the sites that were
 * there before the release and reported in the last days since then, so many that they hold enough reports.
 */
export function countAdoption(
  histories: Histories,
  { version, releasedOn }: { version: string; releasedOn: string },
  day: string,
): { known: Part; now: Part & { days: number } } {
  const [today, released] = [dayNumber(day), dayNumber(releasedOn)];
  const isOn = (report: SiteReport | undefined) => {
    const said = report?.values.project_version;
    return typeof said === 'string' && compareVersions(said, version) >= 0;
  };
  const counted = sitesOfDay(histories, today).filter(({ after, isCopy }) => after === 'active' && !isCopy);
  const known = {
    sites: counted.filter(({ history }) => isOn(lastReportOn(history, today))).length,
    of: counted.length,
  };
  const now = { sites: 0, of: 0, days: 0 };
  for (let at = today; at >= released && now.days < ADOPTION_NOW.mostDays && now.of < ADOPTION_NOW.reports; at -= 1) {
    const reporting = sitesOfDay(histories, at).filter(
      (site) => isReporting(site, at) && (firstReport(site.history)?.day ?? at) < released,
    );
    now.days += 1;
    now.of += reporting.length;
    now.sites += reporting.filter(({ history }) => isOn(lastReportOn(history, at))).length;
  }
  return { known, now };
}

/** Of the active sites whose version in a spread is known, those that run a lower one. */
export function countBelow({ spreads }: DayCounts, dimension: string, version: string): Part & { unknown: number } {
  const known = Object.entries(spreads).flatMap(([name, { sites = 0 }]) =>
    name.startsWith(`${dimension}=`) ? [{ value: name.slice(dimension.length + 1), sites }] : [],
  );
  const sum = (some: typeof known) => some.reduce((all, { sites }) => all + sites, 0);
  const lower = known.filter(({ value }) => compareVersions(value, version) < 0);
  return { sites: sum(lower), of: sum(known), unknown: spreads[`${dimension} unknown`]?.sites ?? 0 };
}
