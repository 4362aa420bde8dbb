import { addDays, type Day } from './days.ts';
import { type AgeBand, RELEASE_ALERT } from './definitions.ts';
import { type RateRatio, rateRatio, type Stratum } from './ratios.ts';

/** Sites of a version (the last reported) and an age that were at risk on a day, and those of them that left. */
export interface ExposureRow {
  day: Day;
  version: string;
  age: AgeBand;
  atRisk: number;
  left: number;
}

export interface Release {
  version: string;
  /** Its release day. */
  day: Day;
}

export interface AlertLook extends RateRatio {
  /** How many days of both releases it sees, the release day being the first. */
  days: number;
  alarm: boolean;
  /** So few sites are active that it can miss a doubled rate. */
  weak: boolean;
}

/**
 * The release in its first days against the former one in its first days: a look for each day that is due by `through`, the
 * last complete day. The next look is another chance of a false alarm: all together are kept below 1.1 % a release.
 */
export function alertLooks(
  rows: readonly ExposureRow[],
  { release, former, activeSites }: { release: Release; former: Release; activeSites: number },
  through: Day,
): AlertLook[] {
  return RELEASE_ALERT.lookDays
    .filter((days) => addDays(release.day, days - 1) <= through)
    .map((days) => {
      const ratio = rateRatio(firstDays(rows, release, former, days));
      const alarm =
        ratio.left >= RELEASE_ALERT.leastLeaves &&
        ratio.p < RELEASE_ALERT.p &&
        (ratio.ratio ?? Number.POSITIVE_INFINITY) >= RELEASE_ALERT.leastRatio;
      return { days, ...ratio, alarm, weak: activeSites < RELEASE_ALERT.weakBelowSites };
    });
}

function firstDays(rows: readonly ExposureRow[], release: Release, former: Release, days: number): Stratum[] {
  const strata = new Map<AgeBand, Stratum>();
  const isOf = ({ version, day }: Release) => {
    const lastDay = addDays(day, days - 1);
    return (row: ExposureRow) => row.version === version && day <= row.day && row.day <= lastDay;
  };
  const [isOfRelease, isOfFormer] = [isOf(release), isOf(former)];
  for (const row of rows) {
    const stratum = strata.get(row.age) ?? { left: 0, siteDays: 0, othersLeft: 0, othersSiteDays: 0 };
    if (isOfRelease(row)) {
      stratum.left += row.left;
      stratum.siteDays += row.atRisk;
    } else if (isOfFormer(row)) {
      stratum.othersLeft += row.left;
      stratum.othersSiteDays += row.atRisk;
    }
    strata.set(row.age, stratum);
  }
  return [...strata.values()];
}
