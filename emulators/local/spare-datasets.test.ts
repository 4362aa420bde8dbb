import assert from 'node:assert/strict';
import { inProof } from '../../shared/testing/in-proof.ts';
import { giveDataset, takeDataset } from '../../shared/testing/spare-datasets.ts';
import { startBigQuery } from '../bigquery/index.ts';

describe('a dataset that a test gave back', () => {
  inProof('goes to whoever takes one of the same emulator, and to nobody that has another', async () => {
    const given = process.env.BIGQUERY_EMULATOR_HOST;
    const dataset = await takeDataset();
    await giveDataset(dataset, new Set());
    const other = await startBigQuery();
    try {
      Object.assign(process.env, other.env);
      const elsewhere = await takeDataset();
      assert.equal(elsewhere.bigQuery.apiEndpoint, other.url);
    } finally {
      process.env.BIGQUERY_EMULATOR_HOST = given;
      await other.stop();
    }
    const again = await takeDataset();
    assert.equal(again.id, dataset.id);
    await giveDataset(again, new Set());
  });
});
