import type { DuckDBConnection } from '@duckdb/node-api';
import { type Catalog, dataName, type EntryName, type Table } from './catalog.ts';
import { duplicate, invalid, unsupported } from './errors.ts';
import { engineType, expectSameSchema, type Field, quote, text } from './schema.ts';
import { isNode } from './sql/tree.ts';

type Json = Readonly<Record<string, unknown>>;

const writeDispositions = ['WRITE_EMPTY', 'WRITE_TRUNCATE', 'WRITE_APPEND'] as const;
const createDispositions = ['CREATE_IF_NEEDED', 'CREATE_NEVER'] as const;

/** Where a query's result goes. */
export interface Destination {
  table: EntryName;
  /** `20260131` of `site_days$20260131`; none: the whole table. */
  partition: string | undefined;
  write: (typeof writeDispositions)[number];
  create: (typeof createDispositions)[number];
}

/** Reads where `configuration.query` of a job sends its result; none: nowhere but to who asks for it. */
export function readDestination(query: Json): Destination | undefined {
  const { destinationTable: reference } = query;
  if (!isNode(reference)) return undefined;
  const { projectId: project, datasetId: dataset, tableId } = reference;
  const [, name, partition] = /^([A-Za-z0-9_-]{1,1024})(?:\$(\d+))?$/.exec(String(tableId)) ?? [];
  if (name === undefined) throw invalid(`Invalid table ID "${tableId}".`);
  return {
    table: { project: String(project), dataset: String(dataset), name },
    partition,
    write: choice('writeDisposition', query, writeDispositions),
    create: choice('createDisposition', query, createDispositions),
  };
}

/** The first one is the default. */
function choice<T extends string>(key: string, input: Json, known: readonly [T, ...T[]]): T {
  const found = input[key] === undefined ? known[0] : known.find((candidate) => candidate === input[key]);
  if (found === undefined) throw invalid(`Invalid value for ${key}: ${input[key]} is not a valid value`);
  return found;
}

const fullName = ({ project, dataset, name }: EntryName) => `${project}:${dataset}.${name}`;

/** The table to write to, made when it may be. Throws when the result does not fit it. */
export async function destinationTable(
  { table: name, partition, create }: Destination,
  fields: readonly Field[],
  catalog: Catalog,
): Promise<Table> {
  const found = create === 'CREATE_NEVER' ? catalog.table(name) : catalog.findTable(name);
  if (found === undefined) {
    if (partition !== undefined) throw unsupported('a partition of a table that is not there');
    return catalog.createTable({ ...name, fields: [...fields], settings: {} });
  }
  if (found.query !== undefined) throw invalid(`${fullName(name)} is not allowed for this operation: it is a VIEW`);
  if (partition !== undefined) within(partition, found);
  expectSameSchema(fullName(name), found.fields, fields);
  return found;
}

/** How many digits of `YYYYMMDDHH` name a partition. */
const digits = { HOUR: 10, DAY: 8, MONTH: 6, YEAR: 4 } as const;

/** SQL for whether a row is in a partition: a range, for which DuckDB looks at no rows far from it. Throws when there can be no such partition. */
function within(partition: string, table: Table): string {
  const [year, month = '01', day = '01', hour = '00'] = partition.match(/^\d{4}|\d\d/g) ?? [];
  const start = new Date(`${year}-${month}-${day}T${hour}:00:00Z`);
  const isTime = !Number.isNaN(start.getTime()) && start.toISOString().replace(/\D/g, '').startsWith(partition);
  const { partitioning, fields } = table;
  const field = fields.find(({ name }) => name.toLowerCase() === partitioning?.field.toLowerCase());
  if (partitioning === undefined || !field || !isTime || partition.length !== digits[partitioning.type]) {
    throw invalid(`Invalid partition ID "${partition}" for ${fullName(table)}`);
  }
  const [column, first] = [quote(field.name), `TIMESTAMP ${text(start.toISOString())}`];
  const bound = (time: string) => `CAST(${time} AS ${engineType(field)})`;
  return `(${column} >= ${bound(first)} AND ${column} < ${bound(`${first} + INTERVAL 1 ${partitioning.type}`)})`;
}

/** Puts the rows of `from`, columns in any order, into the table, in the caller's transaction; gives how many. */
export async function writeRows(
  connection: DuckDBConnection,
  { partition, write }: Destination,
  table: Table,
  from: string,
): Promise<number> {
  const isInPartition = partition === undefined ? 'TRUE' : within(partition, table);
  const any = async (source: string, condition: string) => {
    const result = await connection.run(`SELECT 1 FROM ${source} WHERE ${condition} LIMIT 1`);
    return (await result.getRows()).length > 0;
  };
  if (await any(from, `(${isInPartition}) IS NOT TRUE`)) {
    throw invalid(`Some rows belong to different partitions rather than destination partition ${partition}`);
  }
  if (write === 'WRITE_EMPTY' && (await any(dataName(table), isInPartition))) {
    throw duplicate(`Table ${fullName(table)}${partition === undefined ? '' : `$${partition}`}`);
  }
  if (write === 'WRITE_TRUNCATE') await connection.run(`DELETE FROM ${dataName(table)} WHERE ${isInPartition}`);
  const columns = table.fields.map(({ name }) => quote(name)).join(', ');
  return (await connection.run(`INSERT INTO ${dataName(table)} (${columns}) SELECT ${columns} FROM ${from}`))
    .rowsChanged;
}
