import type { Day } from '../../figures/days.ts';
import type { HistoryReader } from './history-reader.ts';

/** What a site said on a day, last of all. */
export interface SiteDay {
  day: Day;
  kind: 'report' | 'left';
  version: string | null;
  php: string | null;
  wordpress: string | null;
}

/** The days of sites, in the table that rebuild-analytics makes. */
export interface SiteDays {
  /** From a day on, oldest first; a day on which it said nothing is missing. */
  of(project: string, site: string, from: Day): Promise<SiteDay[]>;
}

/** A site that was in two environments on a day has a row of each: the production one tells. */
const DAYS = `
SELECT day, last_kind, version, php, wordpress FROM \`\${dataset}.site_days\`
WHERE day >= DATE(@since) AND project_hash = @project AND site = @site
ORDER BY day, IF(environment = 'production', 1, 0)`;

export function openSiteDays(history: HistoryReader): SiteDays {
  return {
    of: async (project, site, from) => {
      const rows = await history.query(DAYS, { since: new Date(from), project, site });
      const days = rows.map((row): SiteDay => {
        const { day, last_kind: kind, version, php, wordpress } = row as Record<string, string | null>;
        return { day: String(day), kind: kind === 'left' ? 'left' : 'report', version, php, wordpress } as SiteDay;
      });
      return [...new Map(days.map((one) => [one.day, one])).values()];
    },
  };
}
