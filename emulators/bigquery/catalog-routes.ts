import type { Dataset, Table } from './catalog.ts';
import { encodeRow } from './encode.ts';
import { unsupported } from './errors.ts';
import { objectIn, type Parts, pageOf, type Request, type Route } from './request.ts';
import { datasetResource, readDatasetSettings, readName, readTable, readView, tableResource } from './resources.ts';

const describeDataset = (dataset: Dataset, { base }: Request, { catalog }: Parts) =>
  datasetResource(dataset, catalog.locationOf(dataset.project, dataset.dataset), base);

function listDatasets(request: Request, parts: Parts) {
  const datasets = parts.catalog.datasets(request.project).map((dataset) => describeDataset(dataset, request, parts));
  return { kind: 'bigquery#datasetList', ...(datasets.length > 0 ? { datasets } : {}) };
}

async function createDataset(request: Request, parts: Parts) {
  const { project, body } = request;
  const dataset = readName(objectIn(body, 'datasetReference').datasetId, 'dataset');
  return describeDataset(
    await parts.catalog.createDataset({ project, dataset }, readDatasetSettings(body)),
    request,
    parts,
  );
}

const getDataset = (request: Request, parts: Parts) => describeDataset(parts.catalog.dataset(request), request, parts);

const deleteDataset = (request: Request, { catalog }: Parts) =>
  catalog.deleteDataset(request, request.query.get('deleteContents') === 'true');

function listTables(request: Request, { catalog }: Parts) {
  const location = catalog.locationOf(request.project, request.dataset);
  const tables = catalog.tables(request).map((table) => {
    const { schema, ...resource } = tableResource(table, location, request.base);
    return resource;
  });
  return { kind: 'bigquery#tableList', totalItems: tables.length, ...(tables.length > 0 ? { tables } : {}) };
}

async function createTable(request: Request, parts: Parts) {
  const { project, dataset, body } = request;
  const name = readName(objectIn(body, 'tableReference').tableId, 'table');
  parts.catalog.dataset(request);
  const table = readTable(body, { project, dataset, name });
  const fields = table.query === undefined ? table.fields : await parts.executor.fieldsOf(table.query, project);
  return describeTable({ ...request, name }, await parts.catalog.createTable({ ...table, fields }), parts);
}

async function getTable(request: Request, parts: Parts) {
  return describeTable(request, parts.catalog.table(request), parts);
}

async function describeTable(request: Request, table: Table, parts: Parts) {
  const resource = tableResource(table, parts.catalog.locationOf(request.project, request.dataset), request.base);
  if (table.query !== undefined) return resource;
  const size = await parts.reader.size(table);
  return {
    ...resource,
    numRows: String(size.rows),
    numBytes: String(size.bytes),
  };
}

async function patchTable(request: Request, parts: Parts) {
  const { query: before, ...view } = parts.catalog.table(request);
  const query = readView(request.body.view);
  if (before === undefined || query === undefined) throw unsupported('a change but of the SQL of a view');
  const fields = await parts.executor.fieldsOf(query, request.project);
  await parts.catalog.deleteTable(request);
  return describeTable(request, await parts.catalog.createTable({ ...view, query, fields }), parts);
}

const deleteTable = (request: Request, { catalog }: Parts) => catalog.deleteTable(request);

const insertAll = (request: Request, { inserter }: Parts) => inserter.insertAll(request, request.body);

async function listRows(request: Request, { catalog, reader }: Parts) {
  const { maxResults, start, format } = pageOf(request.query, {});
  const table = catalog.table(request);
  const { rows, total } = await reader.page(table, start, maxResults);
  const end = start + rows.length;
  return {
    kind: 'bigquery#tableDataList',
    totalRows: String(total),
    rows: rows.map((row) => encodeRow(row, table.fields, format)),
    ...(end < total ? { pageToken: String(end) } : {}),
  };
}

/** Datasets, tables and their rows. */
export const catalogRoutes: readonly Route[] = [
  ['GET', '/datasets', listDatasets],
  ['POST', '/datasets', createDataset],
  ['GET', '/datasets/{dataset}', getDataset],
  ['DELETE', '/datasets/{dataset}', deleteDataset],
  ['GET', '/datasets/{dataset}/tables', listTables],
  ['POST', '/datasets/{dataset}/tables', createTable],
  ['GET', '/datasets/{dataset}/tables/{name}', getTable],
  ['PATCH', '/datasets/{dataset}/tables/{name}', patchTable],
  ['DELETE', '/datasets/{dataset}/tables/{name}', deleteTable],
  ['POST', '/datasets/{dataset}/tables/{name}/insertAll', insertAll],
  ['GET', '/datasets/{dataset}/tables/{name}/data', listRows],
];
