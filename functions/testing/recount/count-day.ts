import { ACTIVE_DAYS } from '../../../shared/figures/definitions.ts';
import {
  type Counts,
  countExposure,
  countNeighbours,
  countReasons,
  countReports,
  countSpreads,
} from './count-values.ts';
import { countsAsEnd, countsAsStart, isAtRisk, type SiteOnDay, sitesOfDay } from './day-of-sites.ts';
import { type DayNumber, dayText, type Histories, type Said, type SiteHistory } from './read-histories.ts';
import { deactivationsOn, lastReportOn, reportsOf } from './site-states.ts';

/** A row of schemas/bigquery/project_days.json, its lists as maps, of which none is cut and none has a row of zeros. */
export interface DayCounts {
  day: string;
  active: number;
  new_sites: number;
  reactivated: number;
  resumed: number;
  left_sites: number;
  went_silent: number;
  copies_counted_again: number;
  copies_set_aside: number;
  deactivations: number;
  deactivations_unreported: number;
  first_refusals: number;
  withdrawn: number;
  staging: number;
  local: number;
  ephemeral: number;
  copies: number;
  unfamiliar_reports: number;
  unfamiliar_deactivations: number;
  /** By `<dimension>=<value>`, or `<dimension> unknown`; reasons count deactivations. */
  spreads: Counts<'sites' | 'left_sites'>;
  /** By `<version or nothing> at <age>`. */
  exposure: Counts<'at_risk' | 'left_sites'>;
  /** By `<version or nothing> at <age in days>`. */
  reports: Counts<'sites'>;
  /** By `<kind> <key or nothing>=<value or *> at <age>`. */
  neighbours: Counts<'at_risk' | 'left_sites'>;
}

export function countDay(histories: Histories, day: DayNumber, keys: string[]): DayCounts {
  const { sites, refusals } = histories;
  const all = sitesOfDay(histories, day);
  const counted = all.filter(({ after, isCopy }) => after === 'active' && !isCopy);
  const leaving = all.filter((site) => site.end === 'left' && countsAsEnd(site));
  const starting = all.filter(countsAsStart);
  const staying = all.filter(
    ({ before, after, start, end }) => before === 'active' && after === 'active' && !start && !end,
  );
  // that of a copy is none of the project's
  const left = all
    .filter((site) => !isOfCopy(site))
    .flatMap(({ history }) => deactivationsOn(history, day).map((said) => ({ said, history })));
  return {
    day: dayText(day),
    active: counted.length,
    new_sites: count(starting, ({ start }) => start === 'new'),
    reactivated: count(starting, ({ start }) => start === 'reactivated'),
    resumed: count(starting, ({ start }) => start === 'resumed'),
    left_sites: leaving.length,
    went_silent: count(all, (site) => site.end === 'went silent' && countsAsEnd(site)),
    copies_counted_again: count(staying, ({ isCopy, wasCopy }) => wasCopy && !isCopy),
    copies_set_aside: count(staying, ({ isCopy, wasCopy }) => !wasCopy && isCopy),
    deactivations: left.length,
    deactivations_unreported: count(left, ({ history }) => lastReportOn(history, day) === undefined),
    ...countRefusals(refusals, all, day),
    ...countElsewhere(sites, day),
    copies: count(all, ({ after, isCopy }) => after === 'active' && isCopy),
    ...countUnfamiliar(all, day),
    spreads: {
      ...countSpreads(counted, leaving, day, keys),
      ...countReasons(left.map(({ said }) => said.deactivation)),
    },
    exposure: countExposure(all, day),
    reports: countReports(all, day),
    neighbours: countNeighbours(all, day, keys),
  };
}

/** Of a site that was active the day before, or comes, and is not counted as such. */
function isOfCopy(site: SiteOnDay): boolean {
  return (site.before === 'active' || site.start !== null) && !isAtRisk(site);
}

function count<T>(all: T[], is: (one: T) => boolean): number {
  return all.filter(is).length;
}

function countRefusals(refusals: Histories['refusals'], sites: SiteOnDay[], day: DayNumber) {
  const today = refusals.filter((refusal) => refusal.day === day);
  const counted = sites.filter(
    ({ history, after, isCopy }) => lastReportOn(history, day) !== undefined && !(after === 'active' && isCopy),
  );
  const isOfCountedSite = ({ urlMd5 }: { urlMd5: string }) =>
    counted.some(({ history }) => (history.md5s.get(urlMd5) ?? Number.POSITIVE_INFINITY) <= day);
  const names = (some: Histories['refusals']) => new Set(some.map(({ urlMd5 }) => urlMd5)).size;
  const strangers = today.filter((refusal) => !isOfCountedSite(refusal));
  return {
    first_refusals: names(strangers.filter(({ wasRefusedBefore }) => !wasRefusedBefore)),
    withdrawn: names(today.filter(isOfCountedSite)),
  };
}

function countElsewhere(sites: SiteHistory[], day: DayNumber) {
  const reporting = (environment: string) =>
    count(sites, (site) => {
      const reports = reportsOf(site.said);
      return site.environment === environment && reports.some((one) => one.day <= day && day - one.day < ACTIVE_DAYS);
    });
  return { staging: reporting('staging'), local: reporting('local'), ephemeral: reporting('ephemeral') };
}

/** Sites that were heard from a network of which they had not been, in the days that make a site active, while they had been of another. */
function countUnfamiliar(all: SiteOnDay[], day: DayNumber) {
  const strange = (kind: Said['kind']) =>
    count(all, ({ history: { said } }) => {
      const heard = said.filter(({ network }) => network !== null);
      const known = heard.filter((one) => one.day < day && day - one.day <= ACTIVE_DAYS).map(({ network }) => network);
      const today = heard.filter((one) => one.day === day && one.kind === kind);
      return known.length > 0 && today.some(({ network }) => !known.includes(network));
    });
  return { unfamiliar_reports: strange('report'), unfamiliar_deactivations: strange('left') };
}
