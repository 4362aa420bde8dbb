import type { AdoptionPoint, MedianDaysToHalf, ReleaseDaySource } from './adoption.ts';
import type { AlertLook } from './alert.ts';
import type { Day } from './days.ts';
import type { AgeBand } from './definitions.ts';
import type { Share } from './intervals.ts';
import type { AgeAtLeaving, Rate } from './rates.ts';
import type { RateRatio } from './ratios.ts';

/** What a series can be of, beside the custom fields, which are `field:KEY`. */
export const DIMENSIONS = [
  'active',
  'flows',
  'version',
  'php',
  'wordpress',
  'database',
  'web-server',
  'locale',
  'country',
  'theme',
  'multisite',
  'reason',
  'plugin',
  'unknown-field',
] as const;
export type Dimension = (typeof DIMENSIONS)[number] | `field:${string}`;

/** Of these a site can have several values, so that a day's counts are no parts of its total. */
export const MANY_VALUED: readonly Dimension[] = ['plugin', 'unknown-field'];

/** The names in a series of flows; `definitions.ts` says what each counts. */
export const FLOWS = [
  'new',
  'reactivated',
  'resumed',
  'left',
  'wentSilent',
  'copiesCountedAgain',
  'copiesSetAside',
  'deactivations',
  'deactivationsUnreported',
  'firstRefusals',
  'withdrawn',
  'unfamiliarReports',
  'unfamiliarDeactivations',
] as const;
export type Flow = (typeof FLOWS)[number];

/** A dimension of a project in a month, in MongoDB `series`. Each day adds up by itself: counts + other + unknown = total, unless a site can have several values. */
export interface SeriesDocument {
  /** `<project hash>:<dimension>:<yyyy-mm>` */
  _id: string;
  /** Of the rebuild that changed it last. */
  generation: number;
  /** The values that any of the days has. */
  names: string[];
  /** Oldest first; a day of which nothing is known is missing. */
  days: SeriesDay[];
}

export interface SeriesDay {
  day: Day;
  /** Active sites; of `reason`: deactivations; of `flows`: net. */
  total: number;
  /** Of the total, those that state no value. */
  unknown: number;
  /** Of the total, those of less frequent values. */
  other: number;
  /** `[index in names, count]`, most first. */
  counts: [number, number][];
}

/** A project's overview, in MongoDB `analytics`: written last, it is what makes the other documents of its generation seen. */
export interface AnalyticsDocument {
  /** The project's hash. */
  _id: string;
  generation: number;
  rebuiltAt: Date;
  /** The last complete day. */
  through: Day;
  /** The day that has begun. */
  today: Day;
  /** The first day that there is a figure of. */
  firstDay: Day;
  /** What there are series of. */
  dimensions: Dimension[];
  /** At the end of `through`, and of today so far. */
  active: number;
  activeToday: number;
  /** Sites that no other figure counts, of today so far. */
  notCounted: { staging: number; local: number; ephemeral: number; copies: number };
  /** The charts and MongoDB disagree on the active sites of today; null when they don't. */
  unsure: { charts: number; latest: number } | null;
  /** What the figures were made of: as long as it is the same they are too. null: they are to be made anew. */
  basis: FiguresBasis | null;
  /** Months of which there is more than readers see, for the rebuilds that had it failed: `2026-01`. */
  missed?: string[];
}

export interface FiguresBasis {
  through: Day;
  /** Digests of the last complete days. */
  days: Record<Day, string>;
  /** A digest of what the author says of releases, and of what makes one. */
  settings: string;
}

/** Figures that are more than counts a day, of complete days, in MongoDB `figures`, `_id` `<project hash>:<name>`. */
export interface FigureDocuments {
  releases: ReleasesDocument;
  retention: RetentionDocument;
  rates: RatesDocument;
  neighbours: NeighboursDocument;
  support: SupportDocument;
}
export type FigureName = keyof FigureDocuments;

interface FigureDocument {
  _id: string;
  generation: number;
}

export interface ReleasesDocument extends FigureDocument {
  /** Newest first by version; 60 at most, the newest 20 with their adoption. */
  releases: Release[];
  /** Versions that are known to the day and no release, or not among the 60. */
  others: DatedVersion[];
  medianDaysToHalf: MedianDaysToHalf;
}

export interface DatedVersion {
  version: string;
  releasedOn: Day;
  source: ReleaseDaySource;
  /** The greatest share of the active sites that ran it at the end of a day. */
  peakShare: number;
}

export interface Release extends DatedVersion {
  /** By day since the release. */
  adoption: AdoptionDay[];
  /** null: not reached. */
  daysToHalf: number | null;
  /** Its sites at risk in its first days, by the looks of the alert: later releases are held against it. */
  firstDays: FirstDays[];
  alert: ReleaseAlert | null;
}

export interface AdoptionDay {
  day: Day;
  now: Omit<AdoptionPoint, 'since'>;
  known: Share;
}

/** From so many days after a release until the next look. */
export interface FirstDays {
  since: number;
  age: AgeBand;
  atRisk: number;
  left: number;
}

/** The release's leaving against that of the one before, each in its first days. */
export interface ReleaseAlert {
  against: string;
  looks: AlertLook[];
  isAlarm: boolean;
}

export interface RetentionDocument extends FigureDocument {
  /** Days. */
  ages: number[];
  /** Oldest first. */
  cohorts: {
    from: Day;
    to: Day;
    sites: number;
    /** Sites kept, by age; null: too early to tell. */
    kept: (number | null)[];
  }[];
}

/** Leaves of counted sites in 28 complete days. */
export interface RatesDocument extends FigureDocument {
  from: Day;
  to: Day;
  overall: ValueRate;
  /** The same for falling silent. */
  silent: ValueRate;
  byAge: ValueRate[];
  /** The newest 20 releases; where there are fewer, versions that most sites run after them. */
  byVersion: ValueRate[];
  /** Most sites first, 50. */
  byTheme: ValueRate[];
  /** The same; a site has several. */
  byPlugin: ValueRate[];
  byField: { key: string; rates: ValueRate[] }[];
  /** Of the leaves of these days. */
  ageAtLeaving: AgeAtLeaving & {
    /** By days since the first report, from one until the next. */
    histogram: { fromDay: number; left: number }[];
  };
}

export interface ValueRate extends Rate {
  /** The version, age, … that it is of; empty for the overall one. */
  value: string;
  siteDays: number;
}

/** What goes with leaving, in 90 complete days. */
export interface NeighboursDocument extends FigureDocument {
  from: Day;
  to: Day;
  /** Those that no chance explains, by the lower bound, highest first; 50 at most. */
  found: NeighbourFound[];
}

export interface NeighbourFound extends RateRatio {
  kind: 'plugin' | 'theme' | 'field';
  /** Of a custom field. */
  key: string | null;
  value: string;
  /** At least so many different sites. */
  sites: number;
  falseFindings: number;
}

/** What the sites on the newest release run: the others never get the change. */
export interface SupportDocument extends FigureDocument {
  newest: string | null;
  php: SupportSpread;
  wordpress: SupportSpread;
  database: SupportSpread;
}

export interface SupportSpread {
  /** Most sites first. */
  spread: { value: string; sites: number }[];
  unknown: number;
}

/** A dimension over some days, of one or several documents; a day of which nothing is known is missing. */
export interface Series {
  dimension: Dimension;
  names: string[];
  /** Oldest first. */
  days: SeriesDay[];
}
