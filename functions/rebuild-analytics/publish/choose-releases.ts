import { firstReported, type ReportRow } from '../../../shared/figures/adoption.ts';
import type { Day } from '../../../shared/figures/days.ts';
import { RELEASES } from '../../../shared/figures/definitions.ts';
import type { DatedVersion } from '../../../shared/figures/documents.ts';
import { versionKey } from '../../../shared/report/versions.ts';
import type { FigureRow } from './figure-rows.ts';
import { groupBy } from './group-by.ts';

const RELEASES_KEPT = 60;
const OTHERS_KEPT = 200;

export interface ChosenVersions {
  /** Newest first by version. */
  releases: DatedVersion[];
  /** What is known of further versions, lest a later day passes for their first. */
  others: DatedVersion[];
}

/**
 * Which versions are releases: those of the author's word, then those that the greatest share of the sites ran. So of what strangers
 * post none takes the place of a release that more ran, and as a share only grows, what is left out now would be left out later.
 */
export function chooseReleases(dated: readonly DatedVersion[]): ChosenVersions {
  const ranked = dated.toSorted(foremostFirst);
  const releases = ranked.filter(isRelease).slice(0, RELEASES_KEPT);
  const chosen = new Set(releases);
  const others = ranked.filter((one) => !chosen.has(one)).slice(0, OTHERS_KEPT);
  return { releases: newestFirst(releases), others: newestFirst(others) };
}

function isRelease({ source, peakShare }: DatedVersion): boolean {
  return source === 'author' || peakShare >= RELEASES.leastShare;
}

function foremostFirst(one: DatedVersion, other: DatedVersion): number {
  if (one.source !== other.source) return one.source === 'author' ? -1 : 1;
  const isEarlier = one.releasedOn < other.releasedOn ? -1 : one.releasedOn > other.releasedOn ? 1 : 0;
  if (one.source === 'author') return -isEarlier || (one.version < other.version ? -1 : 1);
  return other.peakShare - one.peakShare || isEarlier || (one.version < other.version ? -1 : 1);
}

function newestFirst(versions: readonly DatedVersion[]): DatedVersion[] {
  const keyed = versions.map((one) => ({ one, key: versionKey(one.version) }));
  return keyed
    .sort((a, b) => (a.key > b.key ? -1 : a.key < b.key ? 1 : a.one.version < b.one.version ? -1 : 1))
    .map(({ one }) => one);
}

/**
 * Each version whose day is known by `through`, and how many ran it at most since then. `earlier`, from before these days, keep
 * their day: the first of these days would pass for it.
 */
export function dateVersions(
  { days, versions }: Pick<FigureRow, 'days' | 'versions'>,
  reports: readonly ReportRow[],
  { earlier, said, through }: { earlier: readonly DatedVersion[]; said: ReadonlyMap<string, Day>; through: Day },
): DatedVersion[] {
  const activeOf = new Map(days.map(({ day, active }) => [day, active]));
  const spreadOf = groupBy(versions, ({ version }) => version);
  const peakSince = (version: string, releasedOn: Day, before: number) =>
    (spreadOf.get(version) ?? []).reduce((peak, { day, sites }) => {
      const active = activeOf.get(day) ?? 0;
      return day < releasedOn || active === 0 ? peak : Math.max(peak, sites / active);
    }, before);
  const known = new Set(earlier.map(({ version }) => version));
  const reportsOf = groupBy(reports, ({ version }) => version);
  const begun = [...new Set([...said.keys(), ...reportsOf.keys()])].flatMap((version): DatedVersion[] => {
    if (version === null || known.has(version)) return [];
    const word = said.get(version);
    const releasedOn = word ?? firstReported(reportsOf.get(version) ?? [], version);
    if (releasedOn === null || releasedOn > through) return [];
    const source = word === undefined ? 'reports' : 'author';
    return [{ version, releasedOn, source, peakShare: peakSince(version, releasedOn, 0) }];
  });
  const settled = earlier.map(({ version, releasedOn, source, peakShare }) => ({
    ...{ version, releasedOn, source, peakShare: peakSince(version, releasedOn, peakShare) },
  }));
  return [...settled, ...begun];
}
