/** A UTC date, `2026-01-31`. */
export type Day = string;

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

/** A dimension of a project in a month, in MongoDB `series`. Each day adds up by itself: counts + other + unknown = total, unless a site can have several values (plugin, unknown-field). */
export interface SeriesDocument {
  /** `<project hash>:<dimension>:<yyyy-mm>` */
  _id: string;
  generation: number;
  /** The values that any of the days has. */
  names: string[];
  /** Oldest first; a day on which the project had no event yet is missing. */
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

/** A project's overview, in MongoDB `analytics`: written last, so that whoever reads its generation finds the rest. */
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
  /** At the end of `through`, and of today so far. */
  active: number;
  activeToday: number;
  /** Sites that no other figure counts, of today so far. */
  notCounted: { staging: number; local: number; ephemeral: number; copies: number };
  /** The charts and MongoDB disagree on the active sites of today; null when they don't. */
  unsure: { charts: number; latest: number } | null;
}

/** Figures that are more than counts a day, in MongoDB `figures`, `_id` `<project hash>:<name>`. */
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

/** A count of a base, both shown. */
export interface Share {
  sites: number;
  of: number;
}

export interface ReleasesDocument extends FigureDocument {
  /** The newest 20 by version, newest first. */
  releases: Release[];
  /** Median days to half of the releases of 12 months; `unreached`: more than half never got there; null: fewer than three. */
  medianDaysToHalf: number | 'unreached' | null;
}

export interface Release {
  version: string;
  releasedOn: Day;
  /** Who says so: the author, or three counted sites reported it. */
  source: 'author' | 'reported';
  /** By day since the release, from 0 to 60 at most. */
  adoption: { day: Day; now: Share | null; known: Share }[];
  /** null: not reached. */
  daysToHalf: number | null;
  alert: ReleaseAlert | null;
}

/** The release's leaving against that of the one before, each in its first days. */
export interface ReleaseAlert {
  against: string;
  looks: { days: number; ratio: RateRatio | null; leaves: number; isAlarm: boolean }[];
  isAlarm: boolean;
  /** Too few sites for the test to find much. */
  isWeak: boolean;
}

/** With a 95 % interval. */
export interface RateRatio {
  ratio: number;
  low: number;
  high: number;
  p: number;
}

export interface RetentionDocument extends FigureDocument {
  /** Days. */
  ages: number[];
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
  overall: Rate;
  /** The same for falling silent. */
  silent: Rate;
  byAge: Rate[];
  /** The newest 20 by version. */
  byVersion: Rate[];
  /** Most sites first, 50. */
  byTheme: Rate[];
  /** By key of the custom field. */
  byField: Record<string, Rate[]>;
  /** Days from the first report to leaving, of the leaves of these days; null when too few. */
  ageAtLeaving: { median: number | null; withinDayOne: Share; histogram: { from: number; leaves: number }[] };
}

export interface Rate {
  /** The version, age, … that it is of; empty for the overall one. */
  value: string;
  siteDays: number;
  /** At risk on an average day. */
  sites: number;
  leaves: number;
  /** Per 100 sites in 30 days, with a 95 % interval; null: too few to tell. */
  per100: { value: number; low: number; high: number } | null;
}

/** What goes with leaving, in 90 complete days. */
export interface NeighboursDocument extends FigureDocument {
  from: Day;
  to: Day;
  /** How many were compared. */
  tried: number;
  /** Those that no chance explains, by the lower bound, highest first; 50 at most. */
  found: Neighbour[];
}

export interface Neighbour extends RateRatio {
  kind: 'plugin' | 'theme' | 'field';
  /** Of a custom field. */
  key: string | null;
  value: string;
  sites: number;
  leaves: number;
  q: number;
}

/** What the sites on the newest release run: the others never get the change. */
export interface SupportDocument extends FigureDocument {
  newest: string | null;
  on: Record<'php' | 'wordpress' | 'database', { spread: { value: string; sites: number }[]; unknown: number }>;
}
