import { type DuckDBConnection, DuckDBTimestampTZValue, type DuckDBValue } from '@duckdb/node-api';
import type { Catalog, EntryName, Table } from './catalog.ts';
import type { Database } from './database.ts';
import { type ErrorProto, invalid, notFound, unsupported } from './errors.ts';
import { forgetSize } from './plan.ts';
import { type RowReader, rowReader } from './rows.ts';
import { isNode } from './sql/tree.ts';

/** How long an insertId is remembered, as by the service. */
const insertIdMs = 60_000;
const maxRowsPerRequest = 50_000;
/** A fault for tests: names the table, `dataset.table`, whose rows are answered as stored and dropped. */
const dropsVariable = 'SITEBEAT_BIGQUERY_DROPS';

interface InsertRow {
  insertId: string | undefined;
  values: DuckDBValue[];
}

/** Rows on their way into one table. */
interface Lane {
  waiting: InsertRow[];
  /** The last transaction that has begun, or that rows wait for. */
  last: Promise<void>;
  /** The transaction that the waiting rows will share. */
  next: Promise<void> | undefined;
  /** insertId -> when it is forgotten; oldest first. */
  recent: Map<string, number>;
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
  async insertAll(name: EntryName, request: Readonly<Record<string, unknown>>) {
    const table = this.#catalog.table(name);
    if (table.query !== undefined) throw invalid(`Cannot add rows to a table of type VIEW.`);
    for (const option of ['templateSuffix', 'ignoreUnknownValues']) {
      if (request[option]) throw unsupported(option);
    }
    const { rows } = request;
    if (!Array.isArray(rows) || rows.length === 0) throw invalid('No rows present in the request.');
    if (rows.length > maxRowsPerRequest)
      throw invalid(`Too many rows present in the request, limit: ${maxRowsPerRequest}`);
    const { good, bad } = this.#read(table, rows);
    const isRefused = bad.length > 0 && request.skipInvalidRows !== true;
    const isDropped = process.env[dropsVariable] === `${name.dataset}.${name.name}`;
    if (!isRefused && !isDropped && good.length > 0) await this.#write(table, good);
    return { kind: 'bigquery#tableDataInsertAllResponse', ...insertErrors(rows.length, bad, isRefused) };
  }

  #read(table: Table, rows: readonly unknown[]): { good: InsertRow[]; bad: InsertError[] } {
    const read = this.#readers.get(table) ?? rowReader(table.fields);
    this.#readers.set(table, read);
    const good: InsertRow[] = [];
    const bad: InsertError[] = [];
    rows.forEach((row, index) => {
      const { insertId, json } = isNode(row) ? row : {};
      const result = read(json);
      if ('errors' in result) bad.push({ index, errors: result.errors });
      else good.push({ insertId: typeof insertId === 'string' ? insertId : undefined, values: result.values });
    });
    return { good, bad };
  }

  #write(table: Table, rows: InsertRow[]): Promise<void> {
    const fresh: Lane = { waiting: [], last: Promise.resolve(), next: undefined, recent: new Map() };
    const lane = this.#lanes.get(table.id) ?? fresh;
    this.#lanes.set(table.id, lane);
    lane.waiting.push(...rows);
    if (lane.next !== undefined) return lane.next;
    lane.next = lane.last
      .catch(() => {})
      .then(() => {
        const batch = lane.waiting;
        lane.waiting = [];
        lane.next = undefined;
        return this.#commit(table, lane, batch);
      });
    lane.last = lane.next;
    return lane.next;
  }

  async #commit(table: Table, lane: Lane, batch: readonly InsertRow[]): Promise<void> {
    const now = Date.now();
    forget(lane.recent, now);
    const ids = new Set<string>();
    const rows = batch.filter(({ insertId }) => {
      if (insertId === undefined || insertId === '') return true;
      const isNew = !lane.recent.has(insertId) && !ids.has(insertId);
      ids.add(insertId);
      return isNew;
    });
    if (rows.length > 0) await this.#append(table, rows, now).finally(() => forgetSize(table));
    // only now: a row that was refused must not swallow its own retry
    for (const id of ids) if (!lane.recent.has(id)) lane.recent.set(id, now + insertIdMs);
  }

  #append(table: Table, rows: readonly InsertRow[], nowMs: number): Promise<void> {
    return this.#database.transaction(async (connection) => {
      const current = this.#catalog.findTable(table);
      if (current?.id !== table.id) throw notFound(`Table ${table.project}:${table.dataset}.${table.name}`);
      await append(connection, table, rows, nowMs);
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

/** Appends rows to a table, their values in the order of its columns. `streamedMs`: when insertAll got them. */
async function append(
  connection: DuckDBConnection,
  { id }: { id: string },
  rows: readonly InsertRow[],
  streamedMs: number,
): Promise<void> {
  const appender = await connection.createAppender(`${id}_data`, 'main');
  const types = Array.from({ length: appender.columnCount }, (_, i) => appender.columnType(i));
  const streamed = new DuckDBTimestampTZValue(BigInt(streamedMs) * 1000n);
  for (const { values } of rows) {
    if (values.length + 1 !== types.length) throw new Error(`the row has ${values.length} values`);
    [streamed, ...values].forEach((value, i) => {
      if (value === null) appender.appendNull();
      else appender.appendValue(value, types[i]);
    });
    appender.endRow();
  }
  appender.closeSync();
}
