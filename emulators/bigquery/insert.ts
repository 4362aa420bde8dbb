import { type DuckDBValue, listValue } from '@duckdb/node-api';
import { append } from './append.ts';
import type { Catalog, EntryName, Table } from './catalog.ts';
import type { Database } from './database.ts';
import { type ErrorProto, invalid, notFound } from './errors.ts';
import { type RowReader, rowReader } from './rows.ts';

/** How long an insertId is remembered, as by the service. */
const insertIdMs = 60_000;
const maxRowsPerRequest = 50_000;

/** A row as requested; whatever is wrong with its `json` is found when it is read. */
interface RequestRow {
  insertId?: string;
  json?: unknown;
}

interface InsertRow {
  insertId: string | undefined;
  values: DuckDBValue[];
}

interface Waiting {
  rows: InsertRow[];
  resolve(): void;
  reject(error: unknown): void;
}

/** Rows on their way into one table. */
interface Lane {
  waiting: Waiting[];
  isRunning: boolean;
  /** insertId -> when it is forgotten; oldest first. */
  recent: Map<string, number>;
}

export interface InsertAllRequest {
  rows?: unknown;
  skipInvalidRows?: unknown;
  ignoreUnknownValues?: unknown;
  templateSuffix?: unknown;
}

interface InsertError {
  index: number;
  errors: ErrorProto[];
}

/** tabledata.insertAll. Requests for one table that come while another one is written share a transaction. */
export class Inserter {
  #database: Database;
  #catalog: Catalog;
  #lanes = new Map<string, Lane>();
  #readers = new WeakMap<Table, RowReader>();

  constructor(database: Database, catalog: Catalog) {
    this.#database = database;
    this.#catalog = catalog;
  }

  /** Resolves when the rows are on disk. Throws `notFound` and `invalid`; what is wrong with a row is in the answer. */
  async insertAll(name: EntryName, request: InsertAllRequest) {
    const table = this.#catalog.table(name);
    if (table.query !== undefined) throw invalid(`Cannot add rows to a table of type VIEW.`);
    if (request.templateSuffix !== undefined) throw invalid('The emulator does not support templateSuffix');
    const { rows } = request;
    if (!Array.isArray(rows) || rows.length === 0) throw invalid('No rows present in the request.');
    if (rows.length > maxRowsPerRequest)
      throw invalid(`Too many rows present in the request, limit: ${maxRowsPerRequest}`);
    const { good, bad } = this.#read(table, rows, request.ignoreUnknownValues === true);
    const isRefused = bad.length > 0 && request.skipInvalidRows !== true;
    if (!isRefused && good.length > 0) await this.#write(table, good);
    return { kind: 'bigquery#tableDataInsertAllResponse', ...insertErrors(rows.length, bad, isRefused) };
  }

  #read(table: Table, rows: readonly RequestRow[], ignoreUnknown: boolean): { good: InsertRow[]; bad: InsertError[] } {
    const read = this.#readers.get(table) ?? rowReader(table.fields);
    this.#readers.set(table, read);
    const good: InsertRow[] = [];
    const bad: InsertError[] = [];
    rows.forEach((row, index) => {
      const result = read(row.json, ignoreUnknown);
      if ('errors' in result) bad.push({ index, errors: result.errors });
      else good.push({ insertId: row.insertId, values: result.values });
    });
    return { good, bad };
  }

  #write(table: Table, rows: InsertRow[]): Promise<void> {
    const lane: Lane = this.#lanes.get(table.id) ?? { waiting: [], isRunning: false, recent: new Map() };
    this.#lanes.set(table.id, lane);
    return new Promise((resolve, reject) => {
      lane.waiting.push({ rows, resolve, reject });
      if (!lane.isRunning) void this.#run(table, lane);
    });
  }

  /** Writes what waits, again and again until nothing does. */
  async #run(table: Table, lane: Lane): Promise<void> {
    lane.isRunning = true;
    while (lane.waiting.length > 0) {
      const batch = lane.waiting;
      lane.waiting = [];
      try {
        await this.#commit(table, lane, batch);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    lane.isRunning = false;
  }

  async #commit(table: Table, lane: Lane, batch: readonly Waiting[]): Promise<void> {
    const now = Date.now();
    forget(lane.recent, now);
    const ids = new Set<string>();
    const rows = batch
      .flatMap((waiting) => waiting.rows)
      .filter(({ insertId }) => {
        if (insertId === undefined || insertId === '') return true;
        const isNew = !lane.recent.has(insertId) && !ids.has(insertId);
        ids.add(insertId);
        return isNew;
      });
    if (rows.length > 0) await this.#append(table, rows, now);
    // only now: a row that was refused must not swallow its own retry
    for (const id of ids) if (!lane.recent.has(id)) lane.recent.set(id, now + insertIdMs);
  }

  #append(table: Table, rows: readonly InsertRow[], nowMs: number): Promise<void> {
    return this.#database.transaction(async (connection) => {
      const current = this.#catalog.findTable(table);
      if (current?.id !== table.id) throw notFound(`Table ${table.project}:${table.dataset}.${table.name}`);
      // columns that were added since the rows were read
      const added = current.fields.map(({ mode }) => (mode === 'REPEATED' ? listValue([]) : null));
      const values = rows.map((row) => [...row.values, ...added.slice(row.values.length)]);
      await append(connection, table, values, nowMs);
    });
  }
}

function forget(recent: Map<string, number>, now: number): void {
  for (const [id, untilMs] of recent) {
    if (untilMs > now) return;
    recent.delete(id);
  }
}

/** When the request is refused for its bad rows, the good ones are told `stopped`. */
function insertErrors(count: number, bad: readonly InsertError[], isRefused: boolean) {
  if (bad.length === 0) return {};
  const proto = (error: ErrorProto) => ({ ...error, location: error.location ?? '', debugInfo: '' });
  const errors = new Map(bad.map((error) => [error.index, error.errors.map(proto)]));
  const stopped = [{ reason: 'stopped', location: '', debugInfo: '', message: '' }];
  const indexes = isRefused ? Array.from({ length: count }, (_, index) => index) : [...errors.keys()];
  return { insertErrors: indexes.map((index) => ({ index, errors: errors.get(index) ?? stopped })) };
}
