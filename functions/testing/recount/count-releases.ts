import { AGE_BANDS, HALF, RELEASE_ALERT, RELEASES } from '../../../shared/figures/definitions.ts';
import { compareVersions } from '../../../shared/report/versions.ts';
import type { DayCounts } from './count-day.ts';
import { countAdoption } from './count-figures.ts';
import { countRatio, countShare } from './count-ratios.ts';
import { dayNumber, dayText } from './read-histories.ts';
import type { Recount } from './recount.ts';

const { lookDays } = RELEASE_ALERT;

interface Dated {
  version: string;
  releasedOn: string;
}

interface Run extends Dated {
  peakShare: number;
}

/** What is published of a project's releases, of which nobody has said when they were, up to a day. */
export function countReleases({ histories, days }: Pick<Recount, 'histories' | 'days'>, through: string) {
  const complete = days.filter(({ day }) => day <= through);
  const dated = datedReleases(complete)
    .map((one) => ({ ...one, source: 'reports', peakShare: peakShareOf(one, complete) }))
    .sort((one, other) => compareVersions(other.version, one.version));
  const isRelease = ({ peakShare }: Run) => peakShare >= RELEASES.leastShare;
  const foremost = dated.filter(isRelease);
  const releases = foremost.map(({ version, releasedOn, source, peakShare }, place) => {
    const last = Math.min(dayNumber(through), dayNumber(releasedOn) + RELEASES.followedDays - 1);
    const length = last - dayNumber(releasedOn) + 1;
    const adoption = Array.from({ length }, (_, since) => {
      const day = dayText(dayNumber(releasedOn) + since);
      const { known, now } = countAdoption(histories, { version, releasedOn }, day);
      return {
        day,
        now: { days: now.days, ...countShare(now.sites, now.of) },
        known: countShare(known.sites, known.of),
      };
    });
    const half = adoption.findIndex(({ now: { share } }) => share !== null && share >= HALF);
    return {
      ...{ version, releasedOn, source, peakShare, adoption, daysToHalf: half < 0 ? null : half },
      firstDays: firstDaysOf({ version, releasedOn }, complete),
      alert: alertOf({ version, releasedOn }, foremost[place + 1], complete),
    };
  });
  return { releases, others: dated.filter((one) => !isRelease(one)), medianDaysToHalf: medianOf(releases, through) };
}

/** Each version with the first day on which so many counted sites that had reported before reported it. */
function datedReleases(days: DayCounts[]): Dated[] {
  const dated = new Map<string, string>();
  for (const { day, reports } of days) {
    const sites = new Map<string, number>();
    for (const [name, { sites: some = 0 }] of Object.entries(reports)) {
      const [version, age] = [name.slice(0, name.lastIndexOf(' at ')), name.slice(name.lastIndexOf(' at ') + 4)];
      if (version !== '' && Number(age) > 0) sites.set(version, (sites.get(version) ?? 0) + some);
    }
    for (const [version, some] of sites) {
      if (some >= RELEASES.sitesOfFirstDay && !dated.has(version)) dated.set(version, day);
    }
  }
  return [...dated].map(([version, releasedOn]) => ({ version, releasedOn }));
}

/** Of all days since its own, the greatest share of the active sites that ran it. */
function peakShareOf({ version, releasedOn }: Dated, days: DayCounts[]): number {
  const shares = days
    .filter(({ day, active }) => day >= releasedOn && active > 0)
    .map(({ spreads, active }) => (spreads[`version=${version}`]?.sites ?? 0) / active);
  return Math.max(0, ...shares);
}

/** Those of a version at risk at an age, from one day since the release until another. */
function exposed({ version, releasedOn }: Dated, days: DayCounts[], age: string, from: number, until: number) {
  let [atRisk, left] = [0, 0];
  for (const { day, exposure } of days) {
    const since = dayNumber(day) - dayNumber(releasedOn);
    const row = since >= from && since < until ? exposure[`${version} at ${age}`] : undefined;
    atRisk += row?.at_risk ?? 0;
    left += row?.left_sites ?? 0;
  }
  return { atRisk, left };
}

function firstDaysOf(release: Dated, days: DayCounts[]) {
  return lookDays.flatMap((until, place) => {
    const since = place === 0 ? 0 : (lookDays[place - 1] as number);
    return AGE_BANDS.map(({ name: age }) => ({ since, age, ...exposed(release, days, age, since, until) })).filter(
      ({ atRisk }) => atRisk > 0,
    );
  });
}

function alertOf(release: Dated, former: Dated | undefined, days: DayCounts[]) {
  if (former === undefined) return null;
  const lastDay = dayNumber(days.at(-1)?.day as string);
  const released = dayNumber(release.releasedOn);
  const settled = dayText(Math.min(lastDay, released + Math.max(...lookDays) - 1));
  const weak = (days.find(({ day }) => day === settled)?.active ?? 0) < RELEASE_ALERT.weakBelowSites;
  const looks = lookDays
    .filter((look) => released + look - 1 <= lastDay)
    .map((look) => {
      const pairs = AGE_BANDS.map(({ name }) => {
        const [ours, theirs] = [exposed(release, days, name, 0, look), exposed(former, days, name, 0, look)];
        return { left: ours.left, siteDays: ours.atRisk, othersLeft: theirs.left, othersSiteDays: theirs.atRisk };
      });
      const ratio = countRatio(pairs);
      const isHigh = ratio.ratio === null || ratio.ratio >= RELEASE_ALERT.leastRatio;
      const alarm = ratio.left >= RELEASE_ALERT.leastLeaves && ratio.p < RELEASE_ALERT.p && isHigh;
      return { days: look, ...ratio, alarm, weak };
    });
  return { against: former.version, looks, isAlarm: looks.some(({ alarm }) => alarm) };
}

function medianOf(releases: { releasedOn: string; daysToHalf: number | null }[], through: string) {
  const yearBefore = new Date(through);
  yearBefore.setUTCMonth(yearBefore.getUTCMonth() - RELEASES.medianMonths);
  const latest = dayText(dayNumber(through) - RELEASES.medianLeastDays);
  const halves = releases
    .filter(({ releasedOn: day }) => day > yearBefore.toISOString().slice(0, 10) && day <= latest)
    .map(({ daysToHalf }) => daysToHalf ?? Number.POSITIVE_INFINITY)
    .sort((one, other) => (one < other ? -1 : 1));
  const count = halves.length;
  if (count < RELEASES.medianLeast) return { days: null, releases: count, reached: false };
  const [upper, lower] = [halves[Math.floor(count / 2)] as number, halves[Math.floor((count - 1) / 2)] as number];
  const reached = Number.isFinite(upper);
  return { days: reached ? (lower + upper) / 2 : null, releases: count, reached };
}
