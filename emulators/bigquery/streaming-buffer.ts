import type { DuckDBConnection } from '@duckdb/node-api';
import { dataName, streamedAt, type Table } from './catalog.ts';
import { quote } from './schema.ts';

/** Counts a table's rows that insertAll wrote a short while ago and that a statement must not take. */
export type CountStreamed = (connection: DuckDBConnection, table: Table, nowMs: number) => Promise<number>;

/** `lastsMs`: how long a row stays in the streaming buffer; 0: it never is in it. */
export function streamingBuffer(lastsMs: number): CountStreamed {
  return async (connection, table, nowMs) => {
    if (lastsMs === 0) return 0;
    const sql = `SELECT count(*) FROM ${dataName(table)} WHERE epoch_ms(${quote(streamedAt)}) > $1`;
    const [row] = await (await connection.run(sql, [BigInt(nowMs - lastsMs)])).getRows();
    return Number(row?.[0] ?? 0);
  };
}
