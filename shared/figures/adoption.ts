import { compareVersions } from '../report/versions.ts';
import { addDays, addMonths, type Day, daysBetween } from './days.ts';
import { ADOPTION_NOW, HALF, RELEASES } from './definitions.ts';
import { type Share, shareOf } from './intervals.ts';

/** Counted sites that reported on a day; `ageDays` since their first report, `RELEASES.followedDays` standing for all more. */
export interface ReportRow {
  day: Day;
  version: string | null;
  ageDays: number;
  sites: number;
}

/** Adoption now, by the reports of so many days. */
export interface AdoptionPoint extends Share {
  /** Days since the release; it is of day 0. */
  since: number;
  days: number;
}

/**
 * Adoption now on each day since the release, up to `through`: of the reports of sites that were there before it, those on
 * its version or a newer one. No report from before the release is looked at: it could not name the version.
 */
export function adoptionNow(
  rows: Iterable<ReportRow>,
  release: { version: string; day: Day },
  through: Day,
): AdoptionPoint[] {
  const isOn = isOrNewer(release.version);
  const last = Math.min(RELEASES.followedDays - 1, daysBetween(release.day, through));
  const heard = Array.from({ length: Math.max(0, last + 1) }, (_, since) => ({ since, sites: 0, base: 0 }));
  const byDay = new Map(heard.map((that) => [addDays(release.day, that.since), that]));
  for (const { day, version, ageDays, sites } of rows) {
    const that = byDay.get(day);
    if (that === undefined || ageDays <= that.since) continue;
    that.base += sites;
    if (isOn(version)) that.sites += sites;
  }
  return heard.map(({ since }) => {
    let [sites, base, days] = [0, 0, 0];
    while (days < ADOPTION_NOW.mostDays && days <= since && base < ADOPTION_NOW.reports) {
      const that = heard[since - days] as { sites: number; base: number };
      sites += that.sites;
      base += that.base;
      days += 1;
    }
    return { since, days, ...shareOf(sites, base) };
  });
}

/** Of all active sites, those whose last report names this version or a newer one. */
export function adoptionKnown(
  spread: readonly { value: string | null; sites: number }[],
  version: string,
  activeSites: number,
): Share {
  const isOn = isOrNewer(version);
  const on = spread.filter(({ value }) => isOn(value)).reduce((sum, { sites }) => sum + sites, 0);
  return shareOf(on, activeSites);
}

function isOrNewer(release: string): (version: string | null) => boolean {
  const known = new Map<string, boolean>();
  return (version) => {
    if (version === null) return false;
    const isOn = known.get(version) ?? compareVersions(version, release) >= 0;
    known.set(version, isOn);
    return isOn;
  };
}

/** The first day since the release with half of the sites on it; null until then. Points in the order of days. */
export function daysToHalf(points: readonly { since: number; share: number | null }[]): number | null {
  return points.find(({ share }) => share !== null && share >= HALF)?.since ?? null;
}

/** `days` is null when there are too few releases, or when half of them did not reach half. */
export interface MedianDaysToHalf {
  days: number | null;
  releases: number;
  reached: boolean;
}

/** The median over the releases of the last months; of these, those that are out for long enough. */
export function medianDaysToHalf(
  releases: readonly { day: Day; daysToHalf: number | null }[],
  through: Day,
): MedianDaysToHalf {
  const [from, to] = [addMonths(through, -RELEASES.medianMonths), addDays(through, -RELEASES.medianLeastDays)];
  const days = releases
    .filter(({ day }) => day > from && day <= to)
    .map((release) => release.daysToHalf ?? Number.POSITIVE_INFINITY)
    .sort((a, b) => (a < b ? -1 : 1));
  if (days.length < RELEASES.medianLeast) return { days: null, releases: days.length, reached: false };
  const middle = [Math.ceil(days.length / 2) - 1, Math.floor(days.length / 2)] as const;
  const median = ((days[middle[0]] as number) + (days[middle[1]] as number)) / 2;
  const reached = Number.isFinite(median);
  return { days: reached ? median : null, releases: days.length, reached };
}

/** By whom the day of a release is known. */
export type ReleaseDaySource = 'author' | 'reports';

/** The first day on which enough counted sites that had reported before reported the version; null when there is none. */
export function firstReported(rows: Iterable<ReportRow>, version: string): Day | null {
  const sitesOfDay = new Map<Day, number>();
  for (const row of rows) {
    if (row.version === version && row.ageDays > 0) sitesOfDay.set(row.day, (sitesOfDay.get(row.day) ?? 0) + row.sites);
  }
  const days = [...sitesOfDay].filter(([, sites]) => sites >= RELEASES.sitesOfFirstDay).map(([day]) => day);
  return days.sort()[0] ?? null;
}
