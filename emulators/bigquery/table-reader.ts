import type { DuckDBValue } from '@duckdb/node-api';
import { readName, type Table } from './catalog.ts';
import type { Database } from './database.ts';
import { invalid } from './errors.ts';
import { bytesOf } from './plan.ts';

const maxRowsPerPage = 10_000;

/** Reads whole tables, for tabledata.list and table resources. */
export class TableReader {
  #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Rows of the table from a place on, in the order of insertion. */
  async page(
    table: Table,
    start: number,
    maxResults: number | undefined,
  ): Promise<{ rows: DuckDBValue[][]; total: number }> {
    if (table.query !== undefined) throw invalid('Cannot list a table of type VIEW.');
    const limit = Math.min(maxResults ?? maxRowsPerPage, maxRowsPerPage);
    return this.#database.use(async (connection) => {
      const result = await connection.run(`SELECT * FROM ${readName(table)} LIMIT ${limit} OFFSET ${start}`);
      return { rows: await result.getRows(), total: (await this.size(table)).rows };
    });
  }

  async size(table: Table): Promise<{ rows: number; bytes: number }> {
    return this.#database.use(async (connection) => {
      const bytes = table.fields.map((field) => bytesOf(field)).join(' + ');
      const result = await connection.run(`SELECT count(*), ${bytes === '' ? '0' : bytes} FROM ${readName(table)}`);
      const [row] = await result.getRows();
      return { rows: Number(row?.[0] ?? 0), bytes: Number(row?.[1] ?? 0) };
    });
  }
}
