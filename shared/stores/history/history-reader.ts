import { TransientError, transient } from '../../runtime/errors.ts';
import type { Derivation } from './derived-tables.ts';
import { type DatasetOptions, inDataset, openDataset } from './history.ts';

export interface QueryOptions extends DatasetOptions {
  /** BigQuery refuses a query that would be billed for more, and charges nothing. */
  maxBytesBilled: number;
}

/** Reads the history. */
export interface HistoryReader {
  /**
   * The rows that `sql` gives; `${dataset}` in it is the history's. Timestamps and dates come as text. `types` are those of
   * parameters that do not show theirs: null and empty arrays.
   */
  query(
    sql: string,
    params: Record<string, unknown>,
    types?: Record<string, string | string[]>,
  ): Promise<Record<string, unknown>[]>;
}

export interface HistoryStream extends HistoryReader {
  /** The same, row by row, for what is too much to be held at once. */
  stream(query: Derivation): AsyncIterable<Record<string, unknown>>;
}

export function openHistoryReader(options: QueryOptions): HistoryStream {
  const { bigQuery, id } = openDataset(options);
  const maximumBytesBilled = String(options.maxBytesBilled);
  return {
    query: (sql, params, types = {}) =>
      transient('the history', async () => {
        const [rows] = await bigQuery.query({ query: inDataset(sql, id as string), params, types, maximumBytesBilled });
        return rows.map(plainRow);
      }),
    async *stream({ sql, params }) {
      try {
        const query = inDataset(sql, id as string);
        for await (const row of bigQuery.createQueryStream({ query, params, maximumBytesBilled })) yield plainRow(row);
      } catch (cause) {
        throw new TransientError('the history failed', { cause });
      }
    },
  };
}

/** The client wraps dates and timestamps in objects of its own. */
function plainRow(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([column, value]) => [column, isWrapped(value) ? value.value : value]),
  );
}

function isWrapped(value: unknown): value is { value: string } {
  return typeof value === 'object' && value !== null && 'value' in value && typeof value.value === 'string';
}
