import { createHash } from 'node:crypto';
import { BigQuery, type Dataset } from '@google-cloud/bigquery';
import { transient, within } from '../../runtime/errors.ts';
import { groupCommit } from '../group-commit.ts';

/** A row by column, as the schema of its table says. `event_id` tells the same row sent twice. */
export type Row = { event_id: string; received_at: string } & Record<string, unknown>;

/** The tables of the history; see schemas/bigquery. */
export const HISTORY_TABLES = ['sites', 'deactivations', 'tracking_skips'] as const;
export type HistoryTable = (typeof HISTORY_TABLES)[number];

/** The history: rows are added, never changed. */
export interface History {
  /** Resolves once BigQuery has the row. Repeating it can double the row; readers use the `_unique` views. */
  append(table: HistoryTable, row: Row): Promise<void>;
}

export interface DatasetOptions {
  projectId: string;
  dataset: string;
}

/** Opens the history in `dataset`. */
export function openHistory(options: DatasetOptions): History {
  const dataset = openDataset(options);
  const tables = Object.fromEntries(HISTORY_TABLES.map((table) => [table, tableAppender(dataset, table)]));
  return { append: (table, row) => (tables[table] as (row: Row) => Promise<void>)(row) };
}

export function openDataset({ projectId, dataset }: DatasetOptions): Dataset {
  return new BigQuery({ projectId }).dataset(dataset);
}

/** SQL with the dataset's name in the place of `${dataset}`. */
export function inDataset(sql: string, dataset: string): string {
  return sql.replace(/\$\{dataset\}/g, dataset);
}

/**
 * BigQuery advises at most 500 rows a request, and takes 50,000; rows that belong together count as one. Source: its page on
 * quotas, streaming inserts.
 */
const MAX_ROWS_PER_INSERT = 500;
/** In characters; BigQuery takes requests of 10 MB. */
const MAX_INSERT_LENGTH = 3_000_000;
/** Source: BigQuery's reference, tabledata.insertAll. */
const MAX_INSERT_ID_LENGTH = 128;

/**
 * The client (8.3.1) waits for ever for a server that says nothing, and with it every row that waits for the next commit. A row
 * that is there after all and comes again has the same insertId.
 */
const INSERT_TIMEOUT_MS = 30_000;

/** Appends to one table; concurrent rows share a request. */
export function tableAppender(dataset: Dataset, table: string): (row: Row) => Promise<void> {
  const append = rowsAppender(dataset, table, ({ event_id: id }) => id);
  return (row) => append([row]);
}

/** Appends rows that belong together: in one request, which others may share. `idOf` tells each row from every other one. */
export function rowsAppender(
  dataset: Dataset,
  table: string,
  idOf: (row: Row) => string,
): (rows: Row[]) => Promise<void> {
  const group = groupCommit<Row[]>(
    async (groups) => {
      const raw = groups.flat().map((json) => ({ insertId: insertIdOf(idOf(json)), json }));
      const inserted = dataset.table(table).insert(raw, { raw: true, partialRetries: 0, skipInvalidRows: true });
      return within(INSERT_TIMEOUT_MS, inserted).then(
        () => new Map(),
        (error) => failedGroups(error, groups),
      );
    },
    { maxItems: MAX_ROWS_PER_INSERT, maxSize: MAX_INSERT_LENGTH, sizeOf: (rows) => JSON.stringify(rows).length },
  );
  return (rows) => transient(`table ${table}`, () => group.add(rows));
}

function insertIdOf(id: string): string {
  return id.length <= MAX_INSERT_ID_LENGTH ? id : createHash('sha256').update(id).digest('hex');
}

/** In which groups BigQuery refused a row while it took the others; any other failure is rethrown. */
function failedGroups(error: Error, groups: Row[][]): Map<Row[], unknown> {
  const { response } = error as { response?: { insertErrors?: { index: number }[] } };
  if (error.name !== 'PartialFailureError' || !response?.insertErrors) throw error;
  const owners = groups.flatMap((rows) => rows.map(() => rows));
  return new Map(response.insertErrors.map(({ index }) => [owners[index] as Row[], error]));
}
