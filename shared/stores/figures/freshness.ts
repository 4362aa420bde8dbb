import type { Db } from 'mongodb';
import { transient } from '../../runtime/errors.ts';
import type { HistoryReader } from '../history/history-reader.ts';
import { SITE_STATES } from '../sites/site-state.ts';
import type { SiteDocument } from '../sites/sites.ts';
import type { LateDayDocument } from './late-days.ts';

/** How far what was received has come. */
export interface Freshness {
  /** Of the newest event that MongoDB has; undefined without any. */
  newestEvent(): Promise<Date | undefined>;
  /** Days whose figures wait to be made again. */
  lateDays(): Promise<number>;
  /** What the last comparison of archive and history found, since a moment; undefined: there was none. */
  reconciled(since: Date): Promise<{ hour: string; missing: number } | undefined>;
}

const RECONCILED = `
SELECT received_at, missing
FROM (
  SELECT received_at, missing, ROW_NUMBER() OVER (ORDER BY processed_at DESC, received_at DESC) AS place
  FROM \`\${dataset}.reconciliations\`
  WHERE received_at >= @since
)
WHERE place = 1`;

export function openFreshness(db: Db, history: HistoryReader): Freshness {
  const sites = db.collection<SiteDocument>('sites');
  // the index that gives the newest begins with the state
  const newestOf = (state: SiteDocument['state']) =>
    sites
      .find({ state }, { projection: { lastSeenAt: 1 } })
      .sort({ lastSeenAt: -1 })
      .limit(1)
      .next();
  return {
    newestEvent: () =>
      transient('sites', async () => {
        const newest = await Promise.all(SITE_STATES.map(newestOf));
        const times = newest.flatMap((site) => (site === null ? [] : [site.lastSeenAt.getTime()]));
        return times.length === 0 ? undefined : new Date(Math.max(...times));
      }),
    lateDays: () => transient('late days', () => db.collection<LateDayDocument>('lateDays').countDocuments()),
    reconciled: async (since) => {
      const [row] = await history.query(RECONCILED, { since });
      return row && { hour: String(row.received_at), missing: Number(row.missing) };
    },
  };
}
