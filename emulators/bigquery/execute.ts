import { type DuckDBConnection, DuckDBTypeId, type DuckDBValue } from '@duckdb/node-api';
import type { Catalog, Table } from './catalog.ts';
import { type Database, inTransaction } from './database.ts';
import { type Destination, destinationTable, writeRows } from './destination.ts';
import { fieldOf } from './encode.ts';
import { fromEngine, invalid, invalidQuery } from './errors.ts';
import { type Parameter, runBound } from './parameters.ts';
import { bytesProcessed, expectPartitionFilters, forgetSize, mostBytes } from './plan.ts';
import type { Field } from './schema.ts';
import { type Translation, translate } from './sql/translate.ts';
import type { CountStreamed } from './streaming-buffer.ts';

/** What a statement gave. */
export interface Result {
  fields: Field[];
  rows: DuckDBValue[][];
  /** When these are not all: of what went to a table only the first ones are kept. */
  total?: number;
  /** Rows that DELETE took. */
  deleted?: number;
}

/** A query or DELETE, and where it runs. */
export interface Statement {
  sql: string;
  project: string;
  dataset: string | undefined;
  parameters: ReadonlyMap<string | number, Parameter>;
  /** Where a query's result goes. */
  destination: Destination | undefined;
}

/** A result on its way to its destination; one connection sees it. */
const written = 'temp."written"';
const maxWrittenRowsKept = 1000;
const maxTranslationsKept = 100;

/** Translates and runs statements. */
export class Executor {
  #database: Database;
  #catalog: Catalog;
  #countStreamed: CountStreamed;
  /** The last change of each table: changes of one table run one after the other. */
  #changes = new Map<string, Promise<unknown>>();

  /** Most statements come again, with other parameters. */
  #translations = new Map<string, Translation>();

  constructor(database: Database, catalog: Catalog, countStreamed: CountStreamed) {
    this.#database = database;
    this.#catalog = catalog;
    this.#countStreamed = countStreamed;
  }

  /** The statement in DuckDB's SQL. Throws the service's errors. */
  translate({ sql, project, dataset, parameters }: Omit<Statement, 'destination'>): Translation {
    const types = new Map([...parameters].map(([key, { type }]) => [key, type]));
    const key = JSON.stringify([this.#catalog.changes, sql, project, dataset, ...types]);
    const known = this.#translations.get(key);
    if (known !== undefined) return known;
    const translation = translate(sql, { catalog: this.#catalog, project, dataset, parameters: types });
    if (this.#translations.size === maxTranslationsKept) this.#translations.clear();
    this.#translations.set(key, translation);
    return translation;
  }

  /** Runs it. `started` gets the connection, for `interrupt()`. Throws the service's errors. */
  async run(
    translation: Translation,
    statement: Statement,
    started: (connection: DuckDBConnection) => void,
  ): Promise<Result> {
    const parameters = ordered(translation, statement);
    const [{ target }, { destination }] = [translation, statement];
    if (target !== undefined && destination !== undefined) {
      throw invalid('Cannot set destination table in jobs with DML statements');
    }
    try {
      if (destination !== undefined && !this.#catalog.findTable(destination.table)) {
        // while it holds no connection: the catalog needs one
        const fields = (await this.dryRun(translation, statement)).fields;
        await destinationTable(destination, fields, this.#catalog);
      }
      return await this.#database.use(async (connection) => {
        started(connection);
        await expectPartitionFilters(connection, translation, parameters);
        if (destination !== undefined) return this.#write(connection, translation, parameters, destination);
        if (target === undefined) return query(connection, translation, parameters);
        const { rowsChanged } = await this.#changeTable(connection, target, () =>
          runBound(connection, translation.sql, parameters),
        );
        return { fields: [], rows: [], deleted: rowsChanged };
      });
    } catch (error) {
      throw fromEngine(error);
    }
  }

  /** The columns of a view's query, without running it. Throws the query's error. */
  async fieldsOf(sql: string, project: string): Promise<Field[]> {
    try {
      const translation = this.translate({ sql, project, dataset: undefined, parameters: new Map() });
      if (translation.target !== undefined) throw invalidQuery('A view must be a query');
      return await this.#database.use((connection) => fieldsOf(connection, translation, []));
    } catch (error) {
      throw fromEngine(error);
    }
  }

  /** What a dry run tells: the result's columns and the bytes that would be read. */
  async dryRun(translation: Translation, statement: Statement): Promise<{ fields: Field[]; bytes: number }> {
    const parameters = ordered(translation, statement);
    try {
      return await this.#database.use(async (connection) => {
        await expectPartitionFilters(connection, translation, parameters);
        const fields = translation.target === undefined ? await fieldsOf(connection, translation, parameters) : [];
        return { fields, bytes: await bytesProcessed(connection, translation, parameters) };
      });
    } catch (error) {
      throw fromEngine(error);
    }
  }

  /** More bytes than the statement reads; found out in less time than how many it reads. */
  async mostBytes(translation: Translation): Promise<number> {
    return this.#database.use((connection) => mostBytes(connection, translation));
  }

  /** Bytes that the statement reads. */
  async bytes(translation: Translation, statement: Statement): Promise<number> {
    return this.#database.use((connection) => bytesProcessed(connection, translation, ordered(translation, statement)));
  }

  /** Reads all that it reads before its turn to write: queries for one table run side by side. */
  async #write(
    connection: DuckDBConnection,
    translation: Translation,
    parameters: readonly Parameter[],
    destination: Destination,
  ): Promise<Result> {
    await runBound(connection, `CREATE TEMP TABLE ${written} AS ${translation.sql}`, parameters);
    try {
      const first = { ...translation, sql: `SELECT * FROM ${written} LIMIT ${maxWrittenRowsKept}` };
      const result = await query(connection, first, []);
      const table = await destinationTable(destination, result.fields, this.#catalog);
      const total = await this.#changeTable(connection, table, () =>
        writeRows(connection, destination, table, written),
      );
      return { ...result, total };
    } finally {
      await connection.run(`DROP TABLE ${written}`);
    }
  }

  /**
   * Runs a change that takes rows out of a table in a transaction, after those before it. Throws when it took one that is in the
   * streaming buffer.
   */
  #changeTable<T>(connection: DuckDBConnection, table: Table, change: () => Promise<T>): Promise<T> {
    const work = async () => {
      const nowMs = Date.now();
      const before = await this.#countStreamed(connection, table, nowMs);
      const result = await change();
      if ((await this.#countStreamed(connection, table, nowMs)) < before) {
        throw invalidQuery(
          `UPDATE or DELETE statement over table ${table.dataset}.${table.name} would affect rows in the streaming buffer, which is not supported`,
        );
      }
      await this.#database.noteErasure(connection);
      return result;
    };
    const turn = (this.#changes.get(table.id) ?? Promise.resolve()).then(() => inTransaction(connection, work));
    const settled: Promise<unknown> = turn.catch(() => {}).then(() => forgetSize(table));
    this.#changes.set(table.id, settled);
    void settled.then(() => {
      if (this.#changes.get(table.id) === settled) this.#changes.delete(table.id);
    });
    return turn;
  }
}

const ordered = (translation: Translation, { parameters }: Statement): Parameter[] =>
  translation.parameters.flatMap((key) => parameters.get(key) ?? []);

async function query(
  connection: DuckDBConnection,
  { sql, columns }: Translation,
  parameters: readonly Parameter[],
): Promise<Result> {
  const result = await runBound(connection, sql, parameters);
  const types = result.columnTypes();
  const fields = columns.flatMap(({ name }, i) => (types[i] === undefined ? [] : [fieldOf(name, types[i])]));
  return { fields, rows: await result.getRows() };
}

async function fieldsOf(
  connection: DuckDBConnection,
  translation: Translation,
  parameters: readonly Parameter[],
): Promise<Field[]> {
  const { sql, columns } = translation;
  const prepared = await connection.prepare(sql);
  try {
    const isKnown = columns.every((_, i) => prepared.columnTypeId(i) !== DuckDBTypeId.INVALID);
    if (isKnown) return columns.map(({ name }, i) => fieldOf(name, prepared.columnType(i)));
  } finally {
    prepared.destroySync();
  }
  // before its parameters are bound some types may be open
  return (await query(connection, { ...translation, sql: `SELECT * FROM (${sql}) LIMIT 0` }, parameters)).fields;
}
