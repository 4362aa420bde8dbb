import type { DuckDBConnection } from '@duckdb/node-api';
import type { Database } from './database.ts';
import { duplicate, notFound, ServiceError } from './errors.ts';
import { engineType, type Field, quote } from './schema.ts';

/** Names as in references. */
export interface DatasetName {
  project: string;
  dataset: string;
}
export interface EntryName extends DatasetName {
  name: string;
}

export interface Dataset extends DatasetName {
  kind: 'dataset';
  createdMs: number;
  /** What the user may set: location, description, labels, … */
  settings: Readonly<Record<string, unknown>>;
}

export interface Partitioning {
  type: 'HOUR' | 'DAY' | 'MONTH' | 'YEAR';
  field: string;
}

/** A table, or a view when it has a `query`. */
export interface Table extends EntryName {
  kind: 'table';
  /** DuckDB's table is `<id>_data`; `<id>` is a view of it without the hidden columns. */
  id: string;
  fields: Field[];
  partitioning?: Partitioning;
  requirePartitionFilter?: boolean;
  clustering?: string[];
  query?: string;
  createdMs: number;
  settings: Readonly<Record<string, unknown>>;
}

export type NewTable = Omit<Table, 'kind' | 'id' | 'createdMs'>;

type Entry = Dataset | Table;

/** The hidden column that holds when insertAll wrote a row. */
export const streamedAt = '_streamed_at';
/** `"main"."t1"`, what queries read. */
export const readName = (table: Table): string => `"main".${quote(table.id)}`;
/** `"main"."t1_data"`, what statements change. */
export const dataName = (table: Table): string => `"main".${quote(`${table.id}_data`)}`;

const keyOf = (kind: Entry['kind'], ...names: string[]) => [kind, ...names].join('/');
const entryKey = (entry: Entry) =>
  keyOf(entry.kind, entry.project, entry.dataset, ...(entry.kind === 'table' ? [entry.name] : []));

/** Datasets, tables and views: kept in the database, and in memory. */
export class Catalog {
  #database: Database;
  #entries = new Map<string, Entry>();
  #nextId = 1;
  /** How often it was another one. */
  changes = 0;
  #last: Promise<unknown> = Promise.resolve();
  /** What the running change does to the entries, once it is on disk. */
  #pending: (() => void)[] = [];

  private constructor(database: Database) {
    this.#database = database;
  }

  static async open(database: Database): Promise<Catalog> {
    const catalog = new Catalog(database);
    const rows = await database.use(async (connection) => {
      const result = await connection.run("SELECT value FROM meta WHERE key LIKE '%/%' ORDER BY rowid");
      return result.getRows();
    });
    for (const [value] of rows) {
      const entry = JSON.parse(String(value)) as Entry;
      catalog.#entries.set(entryKey(entry), entry);
      if (entry.kind === 'table') catalog.#nextId = Math.max(catalog.#nextId, Number(entry.id.slice(1)) + 1);
    }
    return catalog;
  }

  dataset({ project, dataset }: DatasetName): Dataset {
    const found = this.#entries.get(keyOf('dataset', project, dataset));
    if (found?.kind !== 'dataset') throw notFound(`Dataset ${project}:${dataset}`);
    return found;
  }

  table({ project, dataset, name }: EntryName): Table {
    const found = this.findTable({ project, dataset, name });
    if (found !== undefined) return found;
    this.dataset({ project, dataset });
    throw notFound(`Table ${project}:${dataset}.${name}`);
  }

  findTable({ project, dataset, name }: EntryName): Table | undefined {
    const found = this.#entries.get(keyOf('table', project, dataset, name));
    return found?.kind === 'table' ? found : undefined;
  }

  /** Where a dataset is, and a job that has it as its default. */
  locationOf(project: string, dataset: string | undefined): string {
    const found = this.#entries.get(keyOf('dataset', project, dataset ?? ''));
    return String(found?.settings.location ?? 'US');
  }

  datasets(project: string): Dataset[] {
    return this.#all().filter((entry): entry is Dataset => entry.kind === 'dataset' && entry.project === project);
  }

  tables(of: DatasetName): Table[] {
    this.dataset(of);
    return this.#all().filter((entry): entry is Table => entry.kind === 'table' && isIn(entry, of));
  }

  createDataset(dataset: DatasetName, settings: Record<string, unknown>): Promise<Dataset> {
    return this.#change(async (connection) => {
      const { project, dataset: name } = dataset;
      if (this.#entries.has(keyOf('dataset', project, name))) throw duplicate(`Dataset ${project}:${name}`);
      return this.#put(connection, { kind: 'dataset', project, dataset: name, createdMs: Date.now(), settings });
    });
  }

  /** Deletes a dataset, and what is in it when `contents` is set; else one that holds something is refused. */
  deleteDataset(name: DatasetName, contents: boolean): Promise<void> {
    return this.#change(async (connection) => {
      const dataset = this.dataset(name);
      const inside = this.tables(name);
      if (inside.length > 0 && !contents) {
        throw new ServiceError('resourceInUse', `Dataset ${name.project}:${name.dataset} is still in use`);
      }
      for (const entry of inside) await this.#remove(connection, entry);
      await this.#remove(connection, dataset);
    });
  }

  /** Creates a table or a view. */
  createTable(table: NewTable): Promise<Table> {
    return this.#change(async (connection) => {
      this.dataset(table);
      if (this.findTable(table) !== undefined) {
        throw duplicate(`Table ${table.project}:${table.dataset}.${table.name}`);
      }
      const created: Table = { ...table, kind: 'table', id: `t${this.#nextId++}`, createdMs: Date.now() };
      if (created.query === undefined) {
        const columns = created.fields.map((field) => `, ${columnDefinition(field)}`).join('');
        await connection.run(`CREATE TABLE ${dataName(created)} (${quote(streamedAt)} TIMESTAMPTZ${columns})`);
        await connection.run(viewOf(created));
      }
      return this.#put(connection, created);
    });
  }

  deleteTable(name: EntryName): Promise<void> {
    return this.#change((connection) => this.#remove(connection, this.table(name)));
  }

  #all(): Entry[] {
    return [...this.#entries.values()].sort((a, b) => (entryKey(a) < entryKey(b) ? -1 : 1));
  }

  /** Runs changes one after the other, each in a transaction; memory follows once it is on disk. */
  #change<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const turn = this.#last.then(async () => {
      this.#pending = [];
      const result = await this.#database.transaction(work);
      for (const apply of this.#pending) apply();
      this.changes += 1;
      return result;
    });
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #put<E extends Entry>(connection: DuckDBConnection, entry: E): Promise<E> {
    await connection.run('INSERT INTO meta VALUES ($1, $2)', [entryKey(entry), JSON.stringify(entry)]);
    this.#pending.push(() => this.#entries.set(entryKey(entry), entry));
    return entry;
  }

  async #remove(connection: DuckDBConnection, entry: Entry): Promise<void> {
    if (entry.kind === 'table' && entry.query === undefined) {
      await connection.run(`DROP VIEW ${readName(entry)}`);
      await connection.run(`DROP TABLE ${dataName(entry)}`);
      await this.#database.noteErasure(connection);
    }
    await connection.run('DELETE FROM meta WHERE key = $1', [entryKey(entry)]);
    this.#pending.push(() => this.#entries.delete(entryKey(entry)));
  }
}

const isIn = (entry: DatasetName, of: DatasetName) => entry.project === of.project && entry.dataset === of.dataset;

function columnDefinition(field: Field): string {
  const rule = { NULLABLE: '', REQUIRED: ' NOT NULL', REPEATED: ' DEFAULT []' }[field.mode];
  return `${quote(field.name)} ${engineType(field)}${rule}`;
}

/** What queries read: no hidden columns, and no NULL for an array, which BigQuery stores as an empty one. */
function viewOf(table: Table): string {
  const columns = table.fields.map(({ name, mode }) =>
    mode === 'REPEATED' ? `coalesce(${quote(name)}, []) AS ${quote(name)}` : quote(name),
  );
  return `CREATE OR REPLACE VIEW ${readName(table)} AS SELECT ${columns.join(', ')} FROM ${dataName(table)}`;
}
