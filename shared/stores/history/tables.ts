import { readdirSync, readFileSync } from 'node:fs';
import type { Dataset, Table, TableField } from '@google-cloud/bigquery';
import { inDataset } from './history.ts';

/** A table of schemas/bigquery/<table>.json, in the form of BigQuery's own table resource. */
export interface TableDefinition {
  description: string;
  /** None: a table that is only ever read whole. */
  timePartitioning?: { type: string; field: string };
  requirePartitionFilter?: boolean;
  clustering: { fields: string[] };
  schema: { fields: TableField[] };
}

const TABLES = new URL('../../../schemas/bigquery/', import.meta.url);
const VIEWS = new URL('views/', TABLES);

/** Every table of the dataset, by name. */
export function readTables(): Record<string, TableDefinition> {
  return readAll(TABLES, '.json', (text) => JSON.parse(text));
}

/** The SQL of every view of the dataset, by name. */
export function readViews(dataset: string): Record<string, string> {
  return readAll(VIEWS, '.sql', (text) => inDataset(text, dataset));
}

function readAll<T>(folder: URL, ending: string, parse: (text: string) => T): Record<string, T> {
  const files = readdirSync(folder).filter((file) => file.endsWith(ending));
  return Object.fromEntries(
    files.map((file) => [file.slice(0, -ending.length), parse(readFileSync(new URL(file, folder), 'utf8'))]),
  );
}

/**
 * Makes the dataset, its tables and views, where they are missing; a view of an earlier version gets its SQL of now. Throws an
 * Error that names the columns when a table is of an earlier version: Terraform adds those, nothing else does.
 */
export async function applyTables(dataset: Dataset): Promise<void> {
  await dataset.create().catch(unlessDuplicate);
  for (const [name, definition] of Object.entries(readTables())) {
    await dataset.createTable(name, definition).catch(async (error) => {
      unlessDuplicate(error);
      await requireColumns(dataset.table(name), definition.schema.fields);
    });
  }
  for (const [name, query] of Object.entries(readViews(dataset.id as string))) {
    const view = { query, useLegacySql: false };
    await dataset.createTable(name, { view }).catch(async (error) => {
      unlessDuplicate(error);
      await dataset.table(name).setMetadata({ view });
    });
  }
}

async function requireColumns(table: Table, wanted: TableField[]): Promise<void> {
  const [{ schema }] = await table.getMetadata();
  const there = new Set((schema.fields as TableField[]).map(({ name }) => name));
  const missing = wanted.map(({ name }) => name).filter((name) => !there.has(name));
  if (missing.length === 0) return;
  throw new Error(
    `table ${table.id} is of an earlier version, without ${missing.join(', ')}: begin with a new data folder`,
  );
}

function unlessDuplicate(error: { code?: unknown }): void {
  if (error.code !== 409) throw error;
}
