import { mkdirSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { text } from './schema.ts';
import { macroStatements, scalarFunctions } from './sql/macros.ts';

/** The engine: a DuckDB file, or memory. */
export interface Database {
  /** Runs the work on a connection that nobody else uses meanwhile; waits when all are in use. */
  use<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T>;
  /** Runs the work in one transaction: all of it is on disk when this resolves, none of it when it rejects. */
  transaction<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T>;
  /** Notes, inside the transaction that does it, that values were deleted: the file must be written anew. */
  noteErasure(connection: DuckDBConnection): Promise<void>;
  /** Waits for all work, brings the file to a clean state, without deleted values, and closes it. */
  close(): Promise<void>;
}

const maxConnections = 16;
const settings = {
  threads: '1',
  memory_limit: '1GB',
  default_null_order: 'NULLS_FIRST_ON_ASC_LAST_ON_DESC',
  autoinstall_known_extensions: 'false',
};

/** Opens the database in the folder, made when missing; without a folder in memory. */
export async function openDatabase(dataDir: string | undefined): Promise<Database> {
  if (dataDir === undefined) return new Engine(await start(':memory:'), undefined);
  mkdirSync(dataDir, { recursive: true });
  const file = join(dataDir, 'bigquery.duckdb');
  await rm(`${file}.new`, { force: true });
  const opened = await start(file);
  // a kill can come between a deletion and the clean stop that would have taken the values out of the file
  if (!(await hasErasure(opened))) return new Engine(opened, file);
  await rewrite(opened, file);
  return new Engine(await start(file), file);
}

/** All of the work is on disk when this resolves, none of it when it rejects. */
export async function inTransaction<T>(connection: DuckDBConnection, work: () => Promise<T>): Promise<T> {
  await connection.run('BEGIN');
  try {
    const result = await work();
    await connection.run('COMMIT');
    return result;
  } catch (error) {
    // a failed COMMIT has ended the transaction itself
    await connection.run('ROLLBACK').catch(() => {});
    throw error;
  }
}

async function start(path: string): Promise<DuckDBInstance> {
  const instance = await DuckDBInstance.create(path, settings);
  const connection = await instance.connect();
  await connection.run("SET GLOBAL TimeZone = 'UTC'");
  // else EXPLAIN shows no scans of tables whose statistics say that no row matches
  await connection.run(
    "SET GLOBAL disabled_optimizers = 'statistics_propagation,empty_result_pullup,top_n_window_elimination'",
  );
  await connection.run('CREATE TABLE IF NOT EXISTS meta (key VARCHAR, value VARCHAR)');
  for (const created of scalarFunctions()) connection.registerScalarFunction(created);
  await connection.run(macroStatements.join(';\n'));
  connection.closeSync();
  return instance;
}

async function hasErasure(instance: DuckDBInstance): Promise<boolean> {
  const connection = await instance.connect();
  const result = await connection.run("SELECT 1 FROM meta WHERE key = 'erasure' LIMIT 1");
  const { length } = await result.getRows();
  connection.closeSync();
  return length > 0;
}

/**
 * Copies what is alive into a new file that takes the old one's place, and closes the instance. DuckDB reuses blocks but
 * does not wipe them, so that a deleted value stays readable in the old file.
 */
async function rewrite(instance: DuckDBInstance, file: string): Promise<void> {
  const connection = await instance.connect();
  await connection.run("DELETE FROM meta WHERE key = 'erasure'");
  await connection.run(`ATTACH ${text(`${file}.new`)} AS rewritten`);
  await connection.run('COPY FROM DATABASE bigquery TO rewritten');
  await connection.run('DETACH rewritten');
  connection.closeSync();
  instance.closeSync();
  await rm(`${file}.wal`, { force: true });
  await rename(`${file}.new`, file);
}

class Engine implements Database {
  #instance: DuckDBInstance;
  #file: string | undefined;
  #idle: DuckDBConnection[] = [];
  #open = 0;
  #waiting: (() => void)[] = [];

  constructor(instance: DuckDBInstance, file: string | undefined) {
    this.#instance = instance;
    this.#file = file;
  }

  async use<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    while (this.#idle.length === 0 && this.#open >= maxConnections) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    const idle = this.#idle.pop();
    if (idle === undefined) this.#open += 1;
    const connection = idle ?? (await this.#instance.connect());
    try {
      return await work(connection);
    } finally {
      this.#idle.push(connection);
      this.#waiting.shift()?.();
    }
  }

  transaction<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    return this.use((connection) => inTransaction(connection, () => work(connection)));
  }

  async noteErasure(connection: DuckDBConnection): Promise<void> {
    if (this.#file === undefined) return;
    await connection.run("INSERT INTO meta SELECT 'erasure', '' WHERE NOT EXISTS (FROM meta WHERE key = 'erasure')");
  }

  async close(): Promise<void> {
    while (this.#idle.length < this.#open) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    for (const connection of this.#idle) connection.closeSync();
    if (this.#file !== undefined && (await hasErasure(this.#instance))) {
      await rewrite(this.#instance, this.#file);
    } else {
      const connection = await this.#instance.connect();
      if (this.#file !== undefined) await connection.run('CHECKPOINT');
      connection.closeSync();
      this.#instance.closeSync();
    }
  }
}
