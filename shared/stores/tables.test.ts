import assert from 'node:assert/strict';
import type { Dataset } from '@google-cloud/bigquery';
import { ownDataset } from '../testing/stores.ts';
import { applyTables, readTables, readViews } from './tables.ts';

describe('applyTables', () => {
  let dataset: Dataset;

  before(async () => {
    dataset = await ownDataset();
  });
  after(() => dataset.delete({ force: true }));

  it('brings what an earlier version made up to date, and keeps its rows', async () => {
    const { schema, ...definition } = readTables().tracking_skips as NonNullable<ReturnType<typeof readTables>[string]>;
    await dataset.table('tracking_skips').delete();
    const fields = schema.fields.filter(({ name }) => name !== 'processed_at' && name !== 'sender_network');
    await dataset.createTable('tracking_skips', { ...definition, schema: { fields } });
    const row = { event_id: 'old-1', received_at: '2026-01-01T00:00:00.000Z', project_hash: 'p' };
    await dataset.table('tracking_skips').insert([row]);
    const query = `SELECT event_id FROM \`${dataset.id}.tracking_skips\``;
    await dataset.table('tracking_skips_unique').setMetadata({ view: { query, useLegacySql: false } });

    await applyTables(dataset);
    await dataset.table('tracking_skips').insert([{ ...row, event_id: 'new-1', processed_at: row.received_at }]);
    const [rows] = await dataset.query(
      `SELECT event_id, processed_at IS NULL AS is_old FROM \`${dataset.id}.tracking_skips_unique\`
       WHERE received_at >= TIMESTAMP('2020-01-01') ORDER BY event_id`,
    );
    assert.deepEqual(rows, [
      { event_id: 'new-1', is_old: false },
      { event_id: 'old-1', is_old: true },
    ]);
    const [{ view }] = await dataset.table('tracking_skips_unique').getMetadata();
    assert.equal(view.query, readViews(String(dataset.id)).tracking_skips_unique);
  });
});
