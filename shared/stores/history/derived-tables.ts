import { BigQuery, type Query } from '@google-cloud/bigquery';
import type { Day } from '../../figures/days.ts';
import { transient } from '../../runtime/errors.ts';
import { inDataset, openDataset } from './history.ts';
import type { QueryOptions } from './history-reader.ts';

/** Tables that are made of the history, and replaced, never changed. */
export const DERIVED_TABLES = ['site_days', 'site_lives', 'project_days'] as const;
export type DerivedTable = (typeof DERIVED_TABLES)[number];

/** A query, of which `${dataset}` is the history's. */
export interface Derivation {
  sql: string;
  params: Record<string, unknown>;
}

export interface DerivedTables {
  /**
   * Puts what a query gives in the place of a day of a table, or of the whole one: at once, for whoever reads it. The query may
   * read what it replaces. Its columns are the table's.
   */
  replace(place: { table: DerivedTable; day?: Day }, derivation: Derivation): Promise<void>;
  /** How many bytes a query would read; asking costs nothing. */
  bytesOf(derivation: Derivation): Promise<number>;
}

/** As a parameter; the client would take a text for a STRING. */
export const asDate = (day: Day) => BigQuery.date(day);

/** Asks for a job's results until it is over: BigQuery answers after some seconds (10, if not told otherwise), over or not. */
export async function untilOver(
  ask: () => Promise<{ jobComplete?: boolean | null } | null | undefined>,
): Promise<void> {
  while ((await ask())?.jobComplete === false);
}

export function openDerivedTables(options: QueryOptions): DerivedTables {
  const dataset = openDataset(options);
  const maximumBytesBilled = String(options.maxBytesBilled);
  const queryOf = ({ sql, params }: Derivation): Query => ({ query: inDataset(sql, dataset.id as string), params });
  return {
    replace: ({ table, day }, derivation) =>
      transient(`table ${table}`, async () => {
        const [job] = await dataset.createQueryJob({
          ...queryOf(derivation),
          destination: dataset.table(day === undefined ? table : `${table}$${day.replaceAll('-', '')}`),
          writeDisposition: 'WRITE_TRUNCATE',
          // what it makes by itself would have neither partitions nor their required filter
          createDisposition: 'CREATE_NEVER',
          maximumBytesBilled,
        });
        // takes no rows but one: of none (0) the client asks without end
        await untilOver(async () => (await job.getQueryResults({ autoPaginate: false, maxResults: 1 }))[2]);
      }),
    bytesOf: (derivation) =>
      transient('the history', async () => {
        const [job] = await dataset.createQueryJob({ ...queryOf(derivation), dryRun: true });
        return Number(job.metadata.statistics.totalBytesProcessed);
      }),
  };
}
