import { BigQuery, type Dataset } from '@google-cloud/bigquery';
import { readTables, type TableDefinition } from '../stores/history/tables.ts';
import { ownDataset } from './stores.ts';

/** Empty ones, each of an emulator: a test may have one of its own. */
const spare: Dataset[] = [];

/** A dataset that nobody else has, with the tables and views of schemas/bigquery and nothing in them; give it back in the end. */
export async function takeDataset(): Promise<Dataset> {
  const { apiEndpoint } = new BigQuery();
  const found = spare.findLastIndex(({ bigQuery }) => bigQuery.apiEndpoint === apiEndpoint);
  return found === -1 ? ownDataset() : (spare.splice(found, 1)[0] as Dataset);
}

/**
 * Gives it, with new tables for those that were `written` or have rows, to whoever takes one next, for to make one costs more than
 * most tests: its views have to be as they were, and nobody may write to it any more.
 */
export async function giveDataset(dataset: Dataset, written: ReadonlySet<string>): Promise<void> {
  // BigQuery itself loses rows that come soon after their table was made anew
  if (!process.env.SITEBEAT_EMBEDDED?.split(',').includes('BIGQUERY_EMULATOR_HOST')) {
    await dataset.delete({ force: true });
    return;
  }
  const tables = readTables();
  const rest = Object.entries(tables).filter(([table]) => !written.has(table));
  const rows = rest.map(
    ([table, definition]) => `SELECT '${table}' AS name FROM ${allRows(dataset, table, definition)}`,
  );
  const [filled] = await dataset.query(`SELECT DISTINCT name FROM (${rows.join(' UNION ALL ')})`);
  // an emptied table would go on to take a row with the id of an earlier one for its double
  for (const table of [...written, ...filled.map(({ name }) => String(name))]) {
    await dataset.table(table).delete();
    await dataset.createTable(table, tables[table] as TableDefinition);
  }
  spare.push(dataset);
}

function allRows(dataset: Dataset, table: string, { timePartitioning }: TableDefinition): string {
  return `\`${dataset.id}.${table}\` WHERE ${timePartitioning ? `${timePartitioning.field} >= '0001-01-01'` : 'TRUE'}`;
}
