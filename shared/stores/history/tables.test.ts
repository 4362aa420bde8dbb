import assert from 'node:assert/strict';
import type { Dataset } from '@google-cloud/bigquery';
import { ownDataset } from '../../testing/stores.ts';
import { applyTables, readTables, readViews } from './tables.ts';

describe('applyTables', () => {
  let dataset: Dataset;

  before(async () => {
    dataset = await ownDataset();
  });
  after(() => dataset.delete({ force: true }));

  it('gives a view of an earlier version its SQL of now', async () => {
    const query = `SELECT event_id FROM \`${dataset.id}.tracking_skips\``;
    await dataset.table('tracking_skips_unique').setMetadata({ view: { query, useLegacySql: false } });
    await applyTables(dataset);
    const [{ view }] = await dataset.table('tracking_skips_unique').getMetadata();
    assert.equal(view.query, readViews(String(dataset.id)).tracking_skips_unique);
  });

  it('names the columns that a table of an earlier version lacks', async () => {
    const { schema, ...definition } = readTables().tracking_skips as NonNullable<ReturnType<typeof readTables>[string]>;
    await dataset.table('tracking_skips').delete();
    const fields = schema.fields.filter(({ name }) => name !== 'processed_at' && name !== 'sender_network');
    await dataset.createTable('tracking_skips', { ...definition, schema: { fields } });
    await assert.rejects(
      applyTables(dataset),
      /tracking_skips .* without processed_at, sender_network: begin with a new data folder/,
    );
  });
});
