import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import type { Dataset } from '@google-cloud/bigquery';
import sinon from 'sinon';
import { TransientError } from '../../runtime/errors.ts';
import { ownDataset } from '../../testing/stores.ts';
import { tableAppender } from './history.ts';

const ROW = { event_id: 'event-1', received_at: '2026-03-09T07:05:06.789Z', project_hash: 'p' };

describe('tableAppender', () => {
  let dataset: Dataset;
  before(async () => {
    dataset = await ownDataset();
  });
  after(() => dataset.delete({ force: true }));

  const count = async () => {
    const query = `SELECT COUNT(*) AS n FROM \`${dataset.id}.tracking_skips\` WHERE received_at >= TIMESTAMP('2020-01-01')`;
    const [rows] = await dataset.bigQuery.query({ query });
    return rows[0].n;
  };

  it('refuses a row that the table cannot take, and appends its neighbours', async () => {
    const append = tableAppender(dataset, 'tracking_skips');
    const outcomes = await Promise.allSettled([
      append(ROW),
      append({ ...ROW, event_id: 'event-2' }),
      append({ ...ROW, event_id: 'event-3', previously_skipped: 'perhaps' }),
      append({ ...ROW, event_id: 'event-4' }),
    ]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
    );
    assert.equal(await count(), 3);
  });

  it('appends large rows that come together, and a row with a long id', async () => {
    const append = tableAppender(dataset, 'sites');
    const large = (id: string) => ({
      ...ROW,
      event_id: id,
      kind: 'track',
      site: 'a.example',
      additional: 'x'.repeat(1_000_000),
    });
    await Promise.all(Array.from({ length: 14 }, (_, index) => append(large(`large-${index}`))));
    await append(large('y'.repeat(200)));
  });

  it('gives up on a BigQuery that says nothing, so that the rows behind are tried', async () => {
    // a real silent server keeps the client's own retries going for long after the test
    let inserts = 0;
    const insert = () => {
      inserts += 1;
      return new Promise(() => {});
    };
    const append = tableAppender({ table: () => ({ insert }) } as unknown as Dataset, 'tracking_skips');
    const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const first = assert.rejects(append(ROW), TransientError);
      await setImmediate();
      const second = assert.rejects(append({ ...ROW, event_id: 'event-2' }), TransientError);
      clock.tick(30_000);
      await first;
      clock.tick(30_000);
      await second;
      assert.equal(inserts, 2);
    } finally {
      clock.restore();
    }
  });
});
