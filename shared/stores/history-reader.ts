import { transient } from '../runtime/errors.ts';
import { type DatasetOptions, openDataset } from './history.ts';

/** Reads the history. */
export interface HistoryReader {
  /** The rows that `sql` gives; `${dataset}` in it is the history's. Timestamps and dates come as text. */
  query(sql: string, params: Record<string, unknown>): Promise<Record<string, unknown>[]>;
}

export function openHistoryReader(options: DatasetOptions): HistoryReader {
  const { bigQuery, id } = openDataset(options);
  return {
    query: (sql, params) =>
      transient('the history', async () => {
        const query = sql.replace(/\$\{dataset\}/g, id as string);
        const [rows] = await bigQuery.query({ query, params });
        return rows.map(plainRow);
      }),
  };
}

/** The client wraps dates and timestamps in objects of its own. */
export function plainRow(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([column, value]) => [column, isWrapped(value) ? value.value : value]),
  );
}

function isWrapped(value: unknown): value is { value: string } {
  return typeof value === 'object' && value !== null && 'value' in value && typeof value.value === 'string';
}
