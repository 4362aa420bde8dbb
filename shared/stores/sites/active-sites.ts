import type { Db } from 'mongodb';
import { transient } from '../../runtime/errors.ts';
import type { SiteDocument } from './sites.ts';

/** The active sites as the sites themselves tell: another way to what the charts count. */
export interface ActiveSites {
  /** Counted sites of a project whose last report is of `since` or later and which did not leave after it. Whose state is not noted yet is none: `sitebeat setup` notes it. */
  count(project: string, since: Date): Promise<number>;
}

export function openActiveSites(db: Db): ActiveSites {
  const sites = db.collection<SiteDocument>('sites');
  return {
    count: (project, since) =>
      transient('sites', () =>
        sites.countDocuments({
          project,
          state: 'active',
          lastSeenAt: { $gte: since },
          environment: 'production',
          cloneOf: null,
        }),
      ),
  };
}
