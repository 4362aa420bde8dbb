import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import { runBound } from './bind.ts';
import type { Catalog, Table } from './catalog.ts';
import type { Database } from './database.ts';
import { fieldOf } from './encode.ts';
import { fromEngine, invalidQuery } from './errors.ts';
import type { Parameter } from './parameters.ts';
import { bytesProcessed, expectPartitionFilters } from './plan.ts';
import type { Field } from './schema.ts';
import { type Context, type Translation, translate } from './sql/translate.ts';
import type { StreamingBuffer } from './streaming-buffer.ts';

/** What a statement gave. */
export interface Result {
  fields: Field[];
  rows: DuckDBValue[][];
  /** Rows that a DML statement changed. */
  affected?: Affected;
}

export interface Affected {
  inserted: number;
  updated: number;
  deleted: number;
  total: number;
}

/** A query or DML statement, and where it runs. */
export interface Statement {
  sql: string;
  project: string;
  dataset: string | undefined;
  parameters: ReadonlyMap<string | number, Parameter>;
}

const maxCachedTranslations = 1000;

/** Translates and runs statements. */
export class Executor {
  #database: Database;
  #catalog: Catalog;
  #buffer: StreamingBuffer;
  #translations = new Map<string, Translation>();
  #translationsVersion = -1;
  /** The last change of each table: changes of one table run one after the other. */
  #changes = new Map<string, Promise<unknown>>();

  constructor(database: Database, catalog: Catalog, buffer: StreamingBuffer) {
    this.#database = database;
    this.#catalog = catalog;
    this.#buffer = buffer;
  }

  /** The statement in DuckDB's SQL, from the cache when it was asked before and no table has changed since. */
  translate({ sql, project, dataset, parameters }: Statement): Translation {
    if (this.#translationsVersion !== this.#catalog.version) this.#translations.clear();
    this.#translationsVersion = this.#catalog.version;
    const types = new Map([...parameters].map(([key, { type }]) => [key, type]));
    const key = JSON.stringify([sql, project, dataset, [...types]]);
    const cached = this.#translations.get(key);
    if (cached !== undefined) return cached;
    const context: Context = { catalog: this.#catalog, project, dataset, parameters: types };
    const translation = translate(sql, context);
    const [oldest] = this.#translations.keys();
    if (this.#translations.size >= maxCachedTranslations && oldest !== undefined) this.#translations.delete(oldest);
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
    const { target } = translation;
    try {
      if (target === undefined) {
        return await this.#database.use(async (connection) => {
          started(connection);
          await expectPartitionFilters(connection, translation, parameters);
          return query(connection, translation, parameters);
        });
      }
      return await this.#inTurn(target.id, () =>
        this.#database.transaction((connection) => {
          started(connection);
          return this.#change(connection, translation, target, parameters);
        }),
      );
    } catch (error) {
      throw fromEngine(error);
    }
  }

  /** The result's columns, without running it. */
  async fieldsOf(translation: Translation): Promise<Field[]> {
    try {
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
        const bytes = await bytesProcessed(connection, translation, parameters);
        const fields = translation.type === 'SELECT' ? await fieldsOf(connection, translation, parameters) : [];
        return { fields, bytes };
      });
    } catch (error) {
      throw fromEngine(error);
    }
  }

  /** Bytes that the statement reads. */
  async bytes(translation: Translation, statement: Statement): Promise<number> {
    return this.#database.use((connection) => bytesProcessed(connection, translation, ordered(translation, statement)));
  }

  async #change(
    connection: DuckDBConnection,
    translation: Translation,
    target: Table,
    parameters: readonly Parameter[],
  ): Promise<Result> {
    const { type, sql, refuseWhen } = translation;
    await expectPartitionFilters(connection, translation, parameters);
    if (refuseWhen !== undefined && (await hasRow(connection, refuseWhen, parameters))) {
      throw invalidQuery('UPDATE/MERGE must match at most one source row for each target row');
    }
    const nowMs = Date.now();
    const inBuffer = () => this.#buffer.rows(connection, target, nowMs);
    const before = await inBuffer();
    const isMerge = type === 'MERGE';
    const result = await runBound(connection, isMerge ? `${sql} RETURNING merge_action` : sql, parameters);
    if ((await inBuffer()) < before) {
      throw invalidQuery(
        `UPDATE or DELETE statement over table ${target.dataset}.${target.name} would affect rows in the streaming buffer, which is not supported`,
      );
    }
    if (type !== 'INSERT') await this.#database.noteErasure(connection);
    const actions = isMerge ? (await result.getRows()).map(([action]) => String(action)) : [];
    return { fields: [], rows: [], affected: affectedBy(type, result.rowsChanged, actions) };
  }

  #inTurn<T>(id: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#changes.get(id) ?? Promise.resolve()).then(work);
    const settled = turn.then(
      () => {},
      () => {},
    );
    this.#changes.set(id, settled);
    void settled.then(() => {
      if (this.#changes.get(id) === settled) this.#changes.delete(id);
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
  const limited = { ...translation, sql: `SELECT * FROM (${translation.sql}) LIMIT 0` };
  return (await query(connection, limited, parameters)).fields;
}

async function hasRow(connection: DuckDBConnection, sql: string, parameters: readonly Parameter[]): Promise<boolean> {
  const result = await runBound(connection, sql, parameters);
  return (await result.getRows()).length > 0;
}

/** MERGE says of each row what it did with it; of other statements the kind says it. */
function affectedBy(type: Translation['type'], changed: number, actions: readonly string[]): Affected {
  const count = (kind: Translation['type'], action: string) => {
    if (type === 'MERGE') return actions.filter((done) => done === action).length;
    return type === kind || (kind === 'DELETE' && type === 'TRUNCATE_TABLE') ? changed : 0;
  };
  const inserted = count('INSERT', 'INSERT');
  const updated = count('UPDATE', 'UPDATE');
  const deleted = count('DELETE', 'DELETE');
  return { inserted, updated, deleted, total: inserted + updated + deleted };
}
