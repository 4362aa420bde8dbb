import { transient } from '../../runtime/errors.ts';
import { inDataset, openDataset } from '../history/history.ts';
import { openHistoryReader, type QueryOptions } from '../history/history-reader.ts';

/** The derived tables that have rows of a single site. */
export const SITE_TABLES = ['site_days', 'site_lives'] as const;
export type SiteTable = (typeof SITE_TABLES)[number];

/** What is made of the history and tells of single sites, as one who asks after a site sees it. */
export interface DerivedSites {
  /** How many rows these sites of a project have in each table. */
  count(projectHash: string, sites: string[]): Promise<Record<SiteTable, number>>;
  /** Their rows, in the order of their time. */
  rows(table: SiteTable, projectHash: string, sites: string[]): Promise<Record<string, unknown>[]>;
  /** Removes their rows; gives how many there were. What is counted of the days stays. */
  remove(projectHash: string, sites: string[]): Promise<Record<SiteTable, number>>;
}

/** Every day; the table asks for a filter. */
const OF_SITES = {
  site_days: "day >= DATE '1970-01-01' AND project_hash = @project AND site IN UNNEST(@sites)",
  site_lives: 'project_hash = @project AND site IN UNNEST(@sites)',
};
const TIME = { site_days: 'day', site_lives: 'from_day' };

export function openDerivedSites(options: QueryOptions): DerivedSites {
  const maximumBytesBilled = String(options.maxBytesBilled);
  const { bigQuery, id: dataset } = openDataset(options);
  const { query: select } = openHistoryReader(options);
  const each = async (work: (table: SiteTable) => Promise<number>) =>
    Object.fromEntries(await Promise.all(SITE_TABLES.map(async (table) => [table, await work(table)])));
  const types = { sites: ['STRING'] };
  return {
    count: async (project, sites) => {
      const counts = SITE_TABLES.map(
        (table) => `(SELECT COUNT(*) FROM \`\${dataset}.${table}\` WHERE ${OF_SITES[table]}) AS ${table}`,
      );
      const [row] = await select(`SELECT ${counts.join(', ')}`, { project, sites }, types);
      return Object.fromEntries(SITE_TABLES.map((table) => [table, Number(row?.[table])])) as Record<SiteTable, number>;
    },
    rows: (table, project, sites) =>
      select(
        `SELECT * FROM \`\${dataset}.${table}\` WHERE ${OF_SITES[table]} ORDER BY site, ${TIME[table]}`,
        { project, sites },
        types,
      ),
    remove: (project, sites) =>
      each((table) =>
        transient(`table ${table}`, async () => {
          const query = inDataset(`DELETE FROM \`\${dataset}.${table}\` WHERE ${OF_SITES[table]}`, dataset as string);
          const params = { project, sites };
          const [job] = await bigQuery.createQueryJob({ query, params, types, maximumBytesBilled });
          await job.getQueryResults();
          const [{ statistics }] = await job.getMetadata();
          return Number(statistics.query.numDmlAffectedRows);
        }),
      ),
  };
}
