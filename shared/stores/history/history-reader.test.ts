import assert from 'node:assert/strict';
import type { Dataset } from '@google-cloud/bigquery';
import { capturedEvent } from '../../testing/events.ts';
import { ownDataset } from '../../testing/stores.ts';
import { openHistoryReader } from './history-reader.ts';
import { openSiteHistory } from './site-history.ts';

describe('the limit of what a query may be billed for', () => {
  const { id, receivedAt, kind } = capturedEvent('track');
  const objects = [`${kind}/2026/03/09/07/${id}.json`];
  const SQL = `SELECT event_id FROM \`\${dataset}.rejections\` WHERE received_at = @at`;
  let dataset: Dataset;
  before(async () => {
    dataset = await ownDataset();
    const row = {
      event_id: id,
      received_at: receivedAt,
      kind,
      reason: 'no_site',
      message: 'none',
      object_name: objects[0],
    };
    await dataset.table('rejections').insert(row);
  });
  after(() => dataset.delete({ force: true }));

  const options = (maxBytesBilled: number) => ({
    projectId: dataset.projectId,
    dataset: String(dataset.id),
    maxBytesBilled,
  });
  const isRefused = ({ cause }: Error) => /limit for bytes billed/.test((cause as Error).message);

  it('lets a query that stays below it read', async () => {
    const rows = await openHistoryReader(options(2 ** 30)).query(SQL, { at: new Date(receivedAt) });
    assert.deepEqual(rows, [{ event_id: id }]);
  });

  it('refuses a query that would read more', async () => {
    await assert.rejects(openHistoryReader(options(1)).query(SQL, { at: new Date(receivedAt) }), isRefused);
  });

  it('refuses a removal that would read more, and removes nothing', async () => {
    await assert.rejects(openSiteHistory(options(1)).remove('rejections', objects), isRefused);
    assert.equal((await openSiteHistory(options(2 ** 30)).count(objects)).rejections, 1);
  });
});
