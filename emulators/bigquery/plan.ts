import type { DuckDBConnection } from '@duckdb/node-api';
import { readName, type Table } from './catalog.ts';
import { invalidQuery } from './errors.ts';
import { type Parameter, runBound } from './parameters.ts';
import { type Field, quote, text } from './schema.ts';
import type { Translation } from './sql/translate.ts';

/** A table's scan in DuckDB's plan. */
interface Scan {
  table: Table;
  /** Columns that are read. */
  columns: string[];
  /** Conditions, as SQL over the table's columns, that hold before anything else looks at a row. */
  filters: string[];
}

interface PlanNode {
  name: string;
  children: PlanNode[];
  extra_info: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/**
 * Reads from DuckDB's plan which scans a statement makes, and with which conditions. DuckDB pushes a condition down to
 * the scan under the same rules as BigQuery prunes partitions by: not through a window unless the column partitions it.
 */
async function scansOf(
  connection: DuckDBConnection,
  translation: Translation,
  parameters: readonly Parameter[],
): Promise<Scan[]> {
  const result = await runBound(connection, `EXPLAIN (FORMAT JSON) ${translation.sql}`, parameters);
  const [row] = await result.getRows();
  const plan = JSON.parse(String(row?.[1])) as PlanNode[];
  const known = new Map(scanned(translation).map((table) => [`${table.id}_data`, table]));
  return plan.flatMap((node) => walk(node, [], known));
}

/** The tables that are read, and the one that is changed. */
const scanned = ({ tables, target }: Translation): Table[] => [...tables, ...(target ? [target] : [])];

function walk(node: PlanNode, above: string[], known: ReadonlyMap<string, Table>): Scan[] {
  const { name, children, extra_info: info } = node;
  if (name.trim() === 'SEQ_SCAN') {
    const table = known.get(texts(info.Table).at(-1)?.split('.').at(-1)?.replaceAll('"', '') ?? '');
    if (table === undefined) return [];
    const own = texts(info.Filters).filter((filter) => !filter.startsWith('optional:'));
    // a column that only the scan's own filter uses is not among its projections
    const columns = new Set([...texts(info.Projections), ...own.flatMap((filter) => columnsIn(filter, table))]);
    return [{ table, columns: [...columns], filters: [...own, ...above].flatMap(conjuncts) }];
  }
  if (name === 'FILTER') return children.flatMap((child) => walk(child, [...above, ...texts(info.Expression)], known));
  // a projection that only drops columns keeps their names
  const keepsNames = name === 'PROJECTION' && texts(info.Projections).every((column) => /^#\d+$/.test(column));
  return children.flatMap((child) => walk(child, keepsNames ? above : [], known));
}

function texts(value: string | readonly string[] | undefined): string[] {
  if (value === undefined || value === '') return [];
  return typeof value === 'string' ? [value] : [...value];
}

/** The parts of `((a) AND (b))`; a BETWEEN, whose AND is another one, stays whole. */
function conjuncts(sql: string): string[] {
  const pieces = sql.trim().match(/'[^']*'|"[^"]*"| AND |[()]|[^'"()]/g) ?? [];
  const parts = [''];
  let depth = 0;
  let isWrapped = pieces[0] === '(';
  pieces.forEach((piece, i) => {
    if (piece === '(') depth += 1;
    if (piece === ')') depth -= 1;
    if (depth === 0 && i < pieces.length - 1) isWrapped = false;
    if (piece === ' AND ' && depth === 0) parts.push('');
    else parts.push(`${parts.pop()}${piece}`);
  });
  if (isWrapped) return conjuncts(sql.trim().slice(1, -1));
  return parts.length === 1 || /\bBETWEEN\b/i.test(sql) ? [sql.trim()] : parts.flatMap(conjuncts);
}

/** The columns of the table that a condition is about. */
function columnsIn(filter: string, { fields }: Table): string[] {
  const names = filter.replace(/'[^']*'/g, '').match(/"[^"]*"|[A-Za-z_]\w*/g) ?? [];
  const used = new Set(names.map((name) => name.replaceAll('"', '').toLowerCase()));
  return fields.map(({ name }) => name).filter((name) => used.has(name.toLowerCase()));
}

/** The filters of a scan that are about the partitioning column and no other. */
function partitionFilters({ table, filters }: Scan): string[] {
  const partition = table.partitioning?.field.toLowerCase();
  return filters.filter((filter) => {
    const [first, ...more] = columnsIn(filter, table);
    return first?.toLowerCase() === partition && more.length === 0;
  });
}

/** Statements whose every table that asks for a partition filter was read with one; to plan takes as long as to run on little data. */
const filtered = new WeakSet<Translation>();

/** Refuses a statement that reads or changes a table without the partition filter that the table asks for. */
export async function expectPartitionFilters(
  connection: DuckDBConnection,
  translation: Translation,
  parameters: readonly Parameter[],
): Promise<void> {
  const asking = scanned(translation).filter((table) => table.requirePartitionFilter === true);
  if (asking.length === 0 || filtered.has(translation)) return;
  const scans = await scansOf(connection, translation, parameters);
  for (const found of scans) {
    const { table } = found;
    if (asking.includes(table) && partitionFilters(found).length === 0) {
      throw invalidQuery(
        `Cannot query over table '${table.dataset}.${table.name}' without a filter over column(s) '${table.partitioning?.field}' that can be used for partition elimination`,
      );
    }
  }
  // where parameters let DuckDB leave one out, others may not
  if (asking.every((table) => scans.some((scan) => scan.table === table))) filtered.add(translation);
}

/** SQL for the bytes of all values of a column, as BigQuery counts them; text is 2 and its length in UTF-8. */
export function bytesOf({ name, type, mode }: Field): string {
  const column = quote(name);
  const written = `strlen(CAST(${column} AS VARCHAR))`;
  const sizes: Partial<Record<Field['type'], string>> = {
    STRING: `2 + ${written}`,
    JSON: `2 + ${written}`,
    BYTES: `2 + octet_length(${column})`,
    BOOLEAN: '1',
    // about: the text of all that is in it
    RECORD: written,
  };
  // an array as what is between its brackets
  const size = mode === 'REPEATED' ? `${written} - 2` : (sizes[type] ?? '8');
  return `coalesce(sum(CASE WHEN ${column} IS NOT NULL THEN ${size} END), 0)`;
}

/** No statement reads a table more often. */
const mostScans = 100;
/** Bytes of all rows of a table as it is. */
const sizes = new WeakMap<Table, Promise<number>>();

/** To be told of each table that has other rows than before. */
export const forgetSize = (table: Table) => sizes.delete(table);

/** More bytes than the statement reads. */
export async function mostBytes(connection: DuckDBConnection, translation: Translation): Promise<number> {
  const counted = scanned(translation).map((table) => {
    const size = sizes.get(table) ?? sum(connection, table.fields, readName(table));
    sizes.set(table, size);
    size.catch(() => forgetSize(table));
    return size;
  });
  return mostScans * (await Promise.all(counted)).reduce((total, size) => total + size, 0);
}

async function sum(connection: DuckDBConnection, fields: readonly Field[], from: string): Promise<number> {
  const [row] = await (await connection.run(`SELECT ${fields.map(bytesOf).join(' + ')} FROM ${from}`)).getRows();
  return Number(row?.[0] ?? 0);
}

/** Bytes that the statement reads: the columns that it uses, of the partitions that its filters leave. */
export async function bytesProcessed(
  connection: DuckDBConnection,
  translation: Translation,
  parameters: readonly Parameter[],
): Promise<number> {
  let total = 0;
  for (const found of await scansOf(connection, translation, parameters)) {
    const read = found.table.fields.filter(({ name }) => found.columns.includes(name));
    if (read.length === 0) continue;
    total += await sum(connection, read, `${readName(found.table)}${await partitionsLeft(connection, found)}`);
  }
  return total;
}

/** With constant bounds, for which DuckDB looks at no rows far from them. */
async function partitionsLeft(connection: DuckDBConnection, scan: Scan): Promise<string> {
  const { partitioning } = scan.table;
  const filters = partitionFilters(scan);
  if (partitioning === undefined || filters.length === 0) return '';
  const { type, field } = partitioning;
  const partition = `date_trunc('${type.toLowerCase()}', ${quote(field)})`;
  const left = `FROM ${readName(scan.table)} WHERE ${filters.join(' AND ')}`;
  const bounds = `SELECT min(${partition})::VARCHAR, (max(${partition}) + INTERVAL 1 ${type})::VARCHAR ${left}`;
  const [row] = await (await connection.run(bounds)).getRows();
  const [low, high] = row?.[0] === null ? ['NULL', 'NULL'] : [text(String(row?.[0])), text(String(row?.[1]))];
  return ` WHERE ${quote(field)} BETWEEN ${low} AND ${high} AND ${partition} IN (SELECT DISTINCT ${partition} ${left})`;
}
