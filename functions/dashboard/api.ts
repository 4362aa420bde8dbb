import type { Day } from '../../shared/figures/days.ts';
import type {
  NeighbourFound,
  NeighboursDocument,
  RatesDocument,
  Release,
  RetentionDocument,
  ValueRate,
} from '../../shared/figures/documents.ts';
import type { Share } from '../../shared/figures/intervals.ts';
import type { Overview } from '../../shared/figures/overview.ts';
import type { Role } from '../../shared/project/project.ts';

export interface MeAnswer {
  email: string;
  /** Owner of every project. */
  isOperator: boolean;
  /** By the project's slug. */
  roles: { project: string; role: Role }[];
}

export interface StatusAnswer {
  rebuiltAt: string | null;
  generation: number;
  through: Day | null;
  /** Age of the newest event in MongoDB; null: there is none. */
  lagSeconds: number | null;
  lateDays: number;
  /** The last hour that was compared; null: none yet. */
  reconciled: { hour: string; missing: number } | null;
}

export interface ProjectAnswer {
  slug: string;
  name: string;
  type: 'plugin' | 'theme';
  /** What a plugin sends as its hash. */
  hash: string;
  role: Role;
  archived: boolean;
  customFields: { key: string; label: string; filterable: boolean }[];
  reasons: { id: string; label: string }[];
}
export interface ProjectsAnswer {
  /** A project without figures yet has null. */
  projects: (ProjectAnswer & { active: number | null })[];
}

/** Of which rebuild an answer is: two answers of different generations are not to be compared. */
export interface OfGeneration {
  generation: number;
  rebuiltAt: string;
  through: Day;
}

/** An overview, as it comes through JSON. */
export type OverviewAnswer = Omit<Overview, 'rebuiltAt'> & { rebuiltAt: string };

export interface SeriesAnswer extends OfGeneration {
  dimension: string;
  unit: 'sites' | 'deactivations';
  step: 'day' | 'week' | 'month';
  /** The first day of each step. */
  days: Day[];
  /** From this index on, a step is not complete; as many as there are days: all are. */
  partialFrom: number;
  /** null: no figure of that day. */
  total: (number | null)[];
  unknown: (number | null)[];
  /** Sites of the values that are not among the series below. */
  other: (number | null)[];
  series: { name: string; values: (number | null)[] }[];
  /** The key of the definition that its `total` has. */
  definition: string;
}

/** `medianDaysToHalf`: of the releases of a year; null: too few of them. */
interface OfReleases extends OfGeneration {
  medianDaysToHalf: number | 'unreached' | null;
}
export type ReleasesAnswer = OfReleases & { releases: Release[] };
export type ReleaseAnswer = OfReleases & Release;
export type RetentionAnswer = OfGeneration & Pick<RetentionDocument, 'ages' | 'cohorts'>;
export type RatesAnswer = OfGeneration &
  Omit<RatesDocument, '_id' | 'generation'> & { neighbours: Omit<NeighboursDocument, '_id' | 'generation'> };

/** The rates of one kind of value; of plugins also what goes with leaving, of the days that `/rates` says. */
export interface RatesByAnswer extends OfGeneration {
  by: string;
  from: Day;
  to: Day;
  rates: ValueRate[];
  neighbours: NeighbourFound[];
}

export interface SupportAnswer extends OfGeneration {
  dimension: 'php' | 'wordpress' | 'mysql' | 'mariadb';
  below: string;
  thresholdPercent: number;
  /** Active sites whose version is known; `interval` in per cent, null with 1,000 sites or more. */
  now: { below: Share; unknown: number; interval: { low: number; high: number } | null };
  /** The same of the sites on the newest release; null without one. */
  newest: { version: string; below: Share } | null;
  /** When the share falls below the threshold. */
  forecast:
    | { kind: 'below-now' }
    /** `isOpen`: it may be later than `to`, after which nobody looked. */
    | { kind: 'dates'; from: Day; to: Day; isOpen?: true }
    | { kind: 'not-falling' }
    | { kind: 'not-within-years' }
    | { kind: 'too-few'; weeks: number; sites: number };
  spread: { version: string; sites: number }[];
  /** By week, complete ones: what `forecast` is made of. */
  weeks: { day: Day; below: number; of: number }[];
}

/** A page of a list; `next` is the cursor of the one that follows, null at the end. */
export interface ListAnswer<T> {
  items: T[];
  next: string | null;
  /** false: as many documents as a page may were looked at, and more may match: go on with `next`. */
  complete: boolean;
}

export interface SiteItem {
  /** Opaque, for /sites/ID. */
  id: string;
  site: string;
  name: string | null;
  state: 'active' | 'silent' | 'left';
  environment: string;
  copyOf: string | null;
  firstSeenAt: string;
  lastSeenAt: string;
  version: string | null;
  php: string | null;
  wordpress: string | null;
  database: string | null;
  country: string | null;
  theme: string | null;
}

export interface SiteAnswer extends SiteItem {
  url: string | null;
  locale: string | null;
  webServer: string | null;
  multisite: boolean | null;
  users: number | null;
  customFields: Record<string, unknown>;
  optedOut: boolean;
  deactivation: { at: string; reason: string | null; text: string | null; version: string | null } | null;
}

export interface SiteHistoryAnswer {
  /** Days on which it said something, oldest first. */
  days: { day: Day; kind: 'report' | 'left'; version: string | null; php: string | null; wordpress: string | null }[];
}

/** Read on an owner's wish alone, and noted in the audit. */
export interface ContactAnswer {
  email: string | null;
  firstName: string | null;
  lastName: string | null;
}

export interface DeactivationItem {
  at: string;
  site: string;
  siteId: string;
  reason: string | null;
  text: string | null;
  version: string | null;
  /** Days since the first report; null: it never reported. */
  ageDays: number | null;
  returned: boolean;
}

export interface AdvisoriesAnswer extends OfGeneration {
  advisories: {
    id: string;
    title: string;
    affected: string;
    fixedIn: string;
    publishedAt: Day;
    /** Active sites that run an affected version, at the end of the last complete day. */
    sites: Share;
    days: { day: Day; sites: number }[];
    /** Until half of those of the first day were fixed; null: not yet. */
    daysToHalfFixed: number | null;
  }[];
}

export interface AuditItem {
  at: string;
  actor: string;
  role: string;
  action: string;
  resource: string;
  filters: string | null;
  rows: number | null;
  outcome: string;
  requestId: string;
}

/** RFC 9457; `errors` with status 400. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  instance: string;
  errors?: { parameter: string; detail: string }[];
}
