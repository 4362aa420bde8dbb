import {
  adoptionKnown,
  adoptionNow,
  daysToHalf,
  medianDaysToHalf,
  type ReportRow,
} from '../../../shared/figures/adoption.ts';
import { alertLooks, type ExposureRow } from '../../../shared/figures/alert.ts';
import { addDays, type Day, daysBetween } from '../../../shared/figures/days.ts';
import { AGE_BANDS, RELEASE_ALERT } from '../../../shared/figures/definitions.ts';
import type {
  AdoptionDay,
  DatedVersion,
  FirstDays,
  Release,
  ReleasesDocument,
} from '../../../shared/figures/documents.ts';
import { chooseReleases, dateVersions } from './choose-releases.ts';
import type { FigureRow, Window } from './figure-rows.ts';
import { groupBy, sumOf } from './group-by.ts';

/** With their adoption by day; of further ones the days to half and the first days alone. */
const SHOWN = 20;
const LAST_LOOK = Math.max(...RELEASE_ALERT.lookDays) - 1;

/** What is known of releases beside the reports. */
export interface KnownReleases {
  /** As the last rebuild left them. */
  earlier: Pick<ReleasesDocument, 'releases' | 'others'>;
  /** By the author, by version. */
  said: ReadonlyMap<string, Day>;
}

/**
 * The releases of a project, newest first. Those from before the window are as they were: nothing of them changes after
 * their first days, unless events come that late, for which the window begins earlier. Null when one of them is no release but
 * now: its first days are not in the window.
 */
export function releasesOf(
  row: FigureRow,
  { earlier, said }: KnownReleases,
  { releasesFrom, through }: Window,
): Pick<ReleasesDocument, 'releases' | 'others' | 'medianDaysToHalf'> | null {
  const reports = row.reports.map(({ day, version, age_days: ageDays, sites }) => ({ day, version, ageDays, sites }));
  const isSettled = ({ releasedOn }: DatedVersion) => releasedOn < releasesFrom;
  const settled = new Map(earlier.releases.filter(isSettled).map((release) => [release.version, release]));
  const kept = [...settled.values(), ...earlier.others.filter(isSettled)];
  const chosen = chooseReleases(dateVersions(row, reports, { earlier: kept, said, through }));
  const isUnknown = ({ version }: DatedVersion) => !settled.has(version) && kept.some((one) => one.version === version);
  if (chosen.releases.some(isUnknown)) return null;
  const made = adoptionOf(row, reports, through);
  const releases = chosen.releases.map((one): Release => {
    const release = settled.get(one.version);
    return release === undefined ? made(one) : { ...release, peakShare: one.peakShare };
  });
  const activeOf = new Map(row.days.map(({ day, active }) => [day, active]));
  const activeSites = ({ releasedOn }: Release) => {
    const settledOn = addDays(releasedOn, LAST_LOOK);
    return activeOf.get(settledOn < through ? settledOn : through) ?? 0;
  };
  return {
    releases: releases.map((release, place) => ({
      ...release,
      adoption: place < SHOWN ? release.adoption : [],
      alert: settled.has(release.version)
        ? release.alert
        : alertOf(release, releases[place + 1], activeSites(release), through),
    })),
    others: chosen.others,
    medianDaysToHalf: medianDaysToHalf(
      releases.map((release) => ({ day: release.releasedOn, daysToHalf: release.daysToHalf })),
      through,
    ),
  };
}

/** What a release is made of that is in the window. */
function adoptionOf(row: FigureRow, reports: readonly ReportRow[], through: Day): (release: DatedVersion) => Release {
  const activeOf = new Map(row.days.map(({ day, active }) => [day, active]));
  const spreadOf = groupBy(row.versions, ({ day }) => day);
  return (release) => {
    const points = adoptionNow(reports, { version: release.version, day: release.releasedOn }, through);
    const adoption = points.map(({ since, ...now }): AdoptionDay => {
      const day = addDays(release.releasedOn, since);
      const spread = (spreadOf.get(day) ?? []).map(({ version: value, sites }) => ({ value, sites }));
      return { day, now, known: adoptionKnown(spread, release.version, activeOf.get(day) ?? 0) };
    });
    const firstDays = firstDaysOf(row, release, through);
    return { ...release, adoption, daysToHalf: daysToHalf(points), firstDays, alert: null };
  };
}

/** The days on which a stretch between two looks begins, with the day of the first after it. */
const STRETCHES = RELEASE_ALERT.lookDays.map((to, place) => ({ since: RELEASE_ALERT.lookDays[place - 1] ?? 0, to }));

function firstDaysOf(row: FigureRow, { version, releasedOn }: DatedVersion, through: Day): FirstDays[] {
  const own = row.exposure.filter((one) => one.version === version && one.day >= releasedOn && one.day <= through);
  return STRETCHES.flatMap(({ since, to }) =>
    AGE_BANDS.flatMap(({ name: age }): FirstDays[] => {
      const those = own.filter((one) => {
        const days = daysBetween(releasedOn, one.day);
        return one.age === age && days >= since && days < to;
      });
      if (those.length === 0) return [];
      return [{ since, age, atRisk: sumOf(those, (one) => one.at_risk), left: sumOf(those, (one) => one.left_sites) }];
    }),
  );
}

function alertOf(release: Release, former: Release | undefined, activeSites: number, through: Day): Release['alert'] {
  if (former === undefined) return null;
  const rowsOf = ({ version, releasedOn, firstDays }: Release): ExposureRow[] =>
    firstDays.map(({ since, age, atRisk, left }) => ({ day: addDays(releasedOn, since), version, age, atRisk, left }));
  const of = ({ version, releasedOn: day }: Release) => ({ version, day });
  const looks = alertLooks(
    [...rowsOf(release), ...rowsOf(former)],
    { release: of(release), former: of(former), activeSites },
    through,
  );
  return { against: former.version, looks, isAlarm: looks.some(({ alarm }) => alarm) };
}
