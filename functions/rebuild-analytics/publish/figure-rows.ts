import type { Day } from '../../../shared/figures/days.ts';
import type { AgeBand } from '../../../shared/figures/definitions.ts';

/** What sql/figures.sql gives of a project; BigQuery has null for an array of which there is nothing to join. */
export interface FigureRow {
  project_hash: string;
  days: { day: Day; active: number; went_silent: number }[];
  exposure: ExposureRow[];
  reports: { day: Day; version: string | null; age_days: number; sites: number }[];
  versions: { day: Day; version: string; sites: number }[];
  neighbours: NeighbourRow[];
}

export interface ExposureRow {
  day: Day;
  version: string | null;
  age: AgeBand;
  at_risk: number;
  left_sites: number;
}

export interface NeighbourRow {
  /** plugin, theme or field:KEY */
  list: string;
  /** `*`: all that state the list or field. */
  value: string;
  age: AgeBand;
  at_risk: number;
  left_sites: number;
  /** Of the days of the rates. */
  recent_at_risk: number;
  recent_left: number;
}

/** What sql/figures-lives.sql gives of a project. */
export interface LivesRow {
  project_hash: string;
  kept: { cohort: Day; kept_days: number; sites: number }[];
  leaves: { age_days: number; left_sites: number }[];
}

/** What sql/figures-support.sql gives of a project. */
export interface SupportRow {
  project_hash: string;
  spreads: { dimension: 'php' | 'wordpress' | 'database'; value: string | null; sites: number }[];
}

/** Rates are of whole weeks. */
export const RATES_DAYS = 28;

/** Complete days, all included. */
export interface Window {
  /** Releases from before are as the last rebuild left them. */
  releasesFrom: Day;
  ratesFrom: Day;
  neighboursFrom: Day;
  through: Day;
}

export const ALL_THAT_STATE_IT = '*';
