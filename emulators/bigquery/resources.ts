import type { Dataset, EntryName, NewTable, Partitioning, Table } from './catalog.ts';
import { invalid, unsupported } from './errors.ts';
import { readFields, schemaJson } from './schema.ts';
import { isNode } from './sql/tree.ts';

type Json = Readonly<Record<string, unknown>>;

const datasetSettings = ['location', 'description', 'friendlyName', 'labels', 'access'];
const tableSettings = ['description', 'friendlyName', 'labels'];

const pick = (input: Json, keys: readonly string[]) =>
  Object.fromEntries(keys.filter((key) => input[key] !== undefined).map((key) => [key, input[key]]));

export function readDatasetSettings(input: Json): Record<string, unknown> {
  if (input.defaultPartitionExpirationMs !== undefined || input.defaultTableExpirationMs !== undefined) {
    throw unsupported('expiration of tables and partitions');
  }
  return pick(input, datasetSettings);
}

/** A dataset or table name of a request. */
export function readName(value: unknown, what: string): string {
  if (typeof value !== 'string' || !/^[A-Za-z0-9_-]{1,1024}$/.test(value)) {
    throw invalid(`Invalid ${what} ID "${value}". ${what} IDs must be alphanumeric (plus underscores).`);
  }
  return value;
}

export function datasetResource(dataset: Dataset, location: string, base: string) {
  const { project, dataset: datasetId, createdMs, settings } = dataset;
  return {
    kind: 'bigquery#dataset',
    etag: `"${createdMs}"`,
    id: `${project}:${datasetId}`,
    selfLink: `${base}/bigquery/v2/projects/${project}/datasets/${datasetId}`,
    datasetReference: { projectId: project, datasetId },
    ...settings,
    location,
    creationTime: String(createdMs),
    lastModifiedTime: String(createdMs),
    type: 'DEFAULT',
  };
}

/** Parts of a table resource that the emulator does not have: a request with one is refused. */
const unknownParts = [
  'externalDataConfiguration',
  'materializedView',
  'rangePartitioning',
  'encryptionConfiguration',
  'expirationTime',
  'snapshotDefinition',
  'cloneDefinition',
  'tableConstraints',
  'biglakeConfiguration',
];

/** Reads the table resource of a request to create one. A view's fields are those of its query, given by the caller. */
export function readTable(input: Json, name: EntryName): NewTable {
  const unknown = unknownParts.find((part) => input[part] !== undefined);
  if (unknown !== undefined) throw unsupported(`${unknown} of a table`);
  const settings = pick(input, tableSettings);
  const query = readView(input.view);
  if (query !== undefined) return { ...name, fields: [], query, settings };
  const fields = readFields(isNode(input.schema) ? (input.schema.fields ?? []) : []);
  const columns = new Set(fields.map((field) => field.name.toLowerCase()));
  const partitioning = readPartitioning(input.timePartitioning);
  const column = fields.find((field) => field.name.toLowerCase() === partitioning?.field.toLowerCase());
  if (partitioning !== undefined && !['TIMESTAMP', 'DATE', 'DATETIME'].includes(column?.type ?? '')) {
    throw invalid('The field specified for partitioning must be a top-level TIMESTAMP, DATE or DATETIME column');
  }
  const clustering = isNode(input.clustering) ? (input.clustering.fields as string[]) : undefined;
  const stray = clustering?.find((field) => !columns.has(field.toLowerCase()));
  if (stray !== undefined) throw invalid(`The field specified for clustering cannot be found in the schema: ${stray}`);
  return {
    ...name,
    fields,
    settings,
    ...(partitioning ? { partitioning } : {}),
    ...(requiresFilter(input) ? { requirePartitionFilter: true } : {}),
    ...(clustering ? { clustering } : {}),
  };
}

function requiresFilter(input: Json): boolean {
  const nested = isNode(input.timePartitioning) ? input.timePartitioning.requirePartitionFilter : undefined;
  return (input.requirePartitionFilter ?? nested) === true;
}

/** A view's SQL in a request, when there is one. */
export function readView(input: unknown): string | undefined {
  if (!isNode(input)) return undefined;
  if (input.useLegacySql !== false) throw unsupported('views in legacy SQL (useLegacySql must be false)');
  if (typeof input.query !== 'string') throw invalid('Required parameter is missing: view.query');
  return input.query;
}

function readPartitioning(input: unknown): Partitioning | undefined {
  if (!isNode(input)) return undefined;
  const { type, field, expirationMs } = input;
  if (typeof field !== 'string') throw unsupported('partitioning by the time of ingestion');
  if (expirationMs !== undefined && String(expirationMs) !== '0') throw unsupported('expiration of partitions');
  if (type !== 'HOUR' && type !== 'DAY' && type !== 'MONTH' && type !== 'YEAR') {
    throw invalid(`Invalid value for timePartitioning.type: ${type}`);
  }
  return { type, field };
}

const tableParts = ({ partitioning, clustering }: Table): Json => ({
  ...(partitioning ? { timePartitioning: { type: partitioning.type, field: partitioning.field } } : {}),
  ...(clustering ? { clustering: { fields: clustering } } : {}),
});

/** A table resource without its counts, as in a list. */
export function tableResource(table: Table, location: string, base: string) {
  const { project, dataset, name, query, settings, createdMs } = table;
  return {
    kind: 'bigquery#table',
    etag: `"${createdMs}"`,
    id: `${project}:${dataset}.${name}`,
    selfLink: `${base}/bigquery/v2/projects/${project}/datasets/${dataset}/tables/${name}`,
    tableReference: { projectId: project, datasetId: dataset, tableId: name },
    ...settings,
    type: query === undefined ? 'TABLE' : 'VIEW',
    ...(query === undefined ? {} : { view: { query, useLegacySql: false } }),
    schema: { fields: table.fields.map(schemaJson) },
    ...tableParts(table),
    ...(table.requirePartitionFilter ? { requirePartitionFilter: true } : {}),
    location,
    creationTime: String(createdMs),
    lastModifiedTime: String(createdMs),
  };
}
