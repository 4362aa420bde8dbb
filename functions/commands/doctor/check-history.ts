import { BigQuery, type Dataset, type TableField, type TableMetadata } from '@google-cloud/bigquery';
import { readTables, readViews, type TableDefinition } from '../../../shared/stores/history/tables.ts';
import { type Check, presence, unlessMissing } from './check.ts';

export interface HistoryOptions {
  projectId: string;
  dataset: string;
}

/** The dataset with its tables and views, against schemas/bigquery. */
export async function checkHistory({ projectId, dataset: id }: HistoryOptions): Promise<Check[]> {
  const dataset = new BigQuery({ projectId, autoRetry: false }).dataset(id);
  const what = `dataset ${id}`;
  if ((await unlessMissing(dataset.getMetadata(), 404)) === undefined) return [presence(what, false)];
  // Terraform names the project of a view's tables, as a view that is stored in the cloud must
  const [views, cloudViews] = [readViews(id), readViews(`${projectId}.${id}`)];
  const checks = await Promise.all([
    ...Object.entries(readTables()).map(([name, wanted]) =>
      entry(dataset, name, `table ${name}`, (found) => compareTable(wanted, found)),
    ),
    ...Object.entries(views).map(([name, sql]) =>
      entry(dataset, name, `view ${name}`, (found) => compareView([sql, cloudViews[name] as string], found)),
    ),
  ]);
  return [presence(what, true), ...checks.flat()];
}

async function entry(
  dataset: Dataset,
  name: string,
  what: string,
  compare: (found: TableMetadata) => Check[],
): Promise<Check[]> {
  const found = await unlessMissing(dataset.table(name).getMetadata(), 404);
  if (found === undefined) return [presence(what, false)];
  return [presence(what, true), ...compare(found[0]).map((check) => ({ ...check, what: `${what}, ${check.what}` }))];
}

function compareTable(wanted: TableDefinition, found: TableMetadata): Check[] {
  return [
    ...compareColumns(wanted.schema.fields, fieldsOf(found)),
    { what: 'partitions', expected: partitions(wanted), actual: partitions(found) },
    { what: 'clustering', expected: clustering(wanted), actual: clustering(found) },
    {
      what: 'partition filter',
      expected: partitionFilter(wanted.requirePartitionFilter),
      // older answers have it among the partitioning
      actual: partitionFilter(found.requirePartitionFilter ?? found.timePartitioning?.requirePartitionFilter),
    },
  ];
}

function fieldsOf({ schema }: TableMetadata): TableField[] {
  return typeof schema === 'object' && 'fields' in schema ? (schema.fields ?? []) : [];
}

function compareColumns(wanted: TableField[], found: TableField[]): Check[] {
  const [expected, actual] = [columns(wanted), columns(found)];
  return [...new Set([...expected.keys(), ...actual.keys()])].map((name) => ({
    what: `column ${name}`,
    expected: expected.get(name) ?? 'none',
    actual: actual.get(name) ?? 'missing',
  }));
}

/** The API gives the names on the left or on the right, whichever way a table was made. */
const TYPES: Record<string, string> = { INT64: 'INTEGER', FLOAT64: 'FLOAT', BOOL: 'BOOLEAN', STRUCT: 'RECORD' };

/** `name`, of a record's field `record.name` -> `TYPE MODE` */
function columns(fields: TableField[], parent = ''): Map<string, string> {
  return new Map(
    fields.flatMap(({ name, type = '', mode, fields: inner }): [string, string][] => [
      [`${parent}${name}`, `${TYPES[type] ?? type} ${mode ?? 'NULLABLE'}`],
      ...columns(inner ?? [], `${parent}${name}.`),
    ]),
  );
}

function partitions({ timePartitioning: by }: Pick<TableMetadata, 'timePartitioning'>): string {
  return by ? `${by.type} of ${by.field ?? 'ingestion'}` : 'none';
}

function clustering({ clustering: by }: Pick<TableMetadata, 'clustering'>): string {
  return by?.fields?.join(', ') || 'none';
}

function partitionFilter(required: boolean | undefined): string {
  return required ? 'required' : 'not required';
}

function compareView(wanted: string[], { view }: TableMetadata): Check[] {
  const actual = (typeof view === 'object' ? view.query : view)?.trim() ?? 'none: it is no view';
  const expected = wanted.map((sql) => sql.trim());
  return [{ what: 'SQL', expected: expected.find((sql) => sql === actual) ?? (expected[0] as string), actual }];
}
