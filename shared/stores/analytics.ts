import type { Db } from 'mongodb';
import { transient } from '../runtime/errors.ts';

/** A day of a project; `day` is a UTC date, `2026-01-31`. */
export interface AnalyticsDay {
  day: string;
  /** Sites that reported within 30 days and did not leave, at the end of the day. */
  activeSites: number;
  installs: number;
  deactivations: number;
}

/** How many active sites have which value; null: every other value together. */
export interface Spread {
  value: string | null;
  sites: number;
}

/** A project's charts, ready to be read. Staging and local sites do not count. */
export interface AnalyticsDocument {
  /** The project's hash. */
  _id: string;
  rebuiltAt: Date;
  /** Oldest first; a day on which nothing was counted is missing. */
  daily: AnalyticsDay[];
  /** By dimension (`version`, `php`, …), most sites first. */
  breakdowns: Record<string, Spread[]>;
  /** Plugins that run beside it, most sites first. */
  plugins: Spread[];
  /** By key of the project's custom fields, most sites first. */
  customFields: Record<string, Spread[]>;
  /** Fields that are sent and no column takes, by the first part of their names, most sites first. */
  unknownFields: Spread[];
  /** Sites that answered in the last 30 days; `rate` is null when none did. */
  optIn: { optedIn: number; optedOut: number; rate: number | null };
  /** Of the last 30 days, most first; null: none was given. */
  reasons: { reason: string | null; deactivations: number }[];
  /** What came from a network from which its site had sent nothing before; oldest day first, a day without is missing. */
  unfamiliar: { day: string; reports: number; deactivations: number }[];
}

export interface Analytics {
  /**
   * Replaces all charts by these: a project that has none any more, say after an erasure, keeps none. One that cannot be
   * stored keeps those it has, and touches no other. Gives how many could not; throws when none could.
   */
  replace(documents: AnalyticsDocument[]): Promise<number>;
}

export function openAnalytics(db: Db): Analytics {
  const analytics = db.collection<AnalyticsDocument>('analytics');
  return {
    replace: (documents) =>
      transient('analytics', async () => {
        const failures: unknown[] = [];
        for (const { _id, ...rest } of documents) {
          await analytics
            .replaceOne({ _id }, rest as AnalyticsDocument, { upsert: true })
            .catch((error) => failures.push(error));
        }
        if (failures.length > 0 && failures.length === documents.length) throw failures[0];
        await analytics.deleteMany({ _id: { $nin: documents.map(({ _id }) => _id) } });
        return failures.length;
      }),
  };
}
