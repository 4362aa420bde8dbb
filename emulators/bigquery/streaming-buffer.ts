import type { DuckDBConnection } from '@duckdb/node-api';
import { dataName, type Table } from './catalog.ts';
import type { Database } from './database.ts';
import { quote } from './schema.ts';
import { streamedAt } from './sql/streamed-at.ts';

/** Rows that insertAll wrote a short while ago, which DELETE must not take. */
export class StreamingBuffer {
  #database: Database;
  #lastsMs: number;

  /** `lastsMs`: how long a row stays in the buffer; 0: it never is in it. */
  constructor(database: Database, lastsMs: number) {
    this.#database = database;
    this.#lastsMs = lastsMs;
  }

  /** Counts the table's rows that are in the buffer at a time. */
  async rows(connection: DuckDBConnection, table: Table, nowMs: number): Promise<number> {
    return (await this.#content(connection, table, nowMs)).rows;
  }

  /** What a table resource says of its buffer; none: it is empty. */
  async describe(table: Table) {
    const { rows, oldestMs } = await this.#database.use((connection) => this.#content(connection, table, Date.now()));
    if (rows === 0) return undefined;
    return { estimatedRows: String(rows), estimatedBytes: '0', oldestEntryTime: String(oldestMs) };
  }

  async #content(
    connection: DuckDBConnection,
    table: Table,
    nowMs: number,
  ): Promise<{ rows: number; oldestMs: number }> {
    if (this.#lastsMs === 0 || table.query !== undefined) return { rows: 0, oldestMs: 0 };
    const column = quote(streamedAt);
    const sql = `SELECT count(*), min(epoch_ms(${column})) FROM ${dataName(table)} WHERE epoch_ms(${column}) > $1`;
    const result = await connection.run(sql, [BigInt(nowMs - this.#lastsMs)]);
    const [row] = await result.getRows();
    return { rows: Number(row?.[0] ?? 0), oldestMs: Number(row?.[1] ?? 0) };
  }
}
