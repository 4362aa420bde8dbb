import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:net';
import { BigQuery, type Dataset } from '@google-cloud/bigquery';
import sinon from 'sinon';
import { TransientError } from '../runtime/errors.ts';
import { ownDataset } from '../testing/stores.ts';
import { until } from '../testing/until.ts';
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

  describe('on a server that accepts and says nothing', () => {
    let server: Server;
    let host: string | undefined;
    let connections = 0;
    beforeEach(async () => {
      server = createServer(() => {
        connections += 1;
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      host = process.env.BIGQUERY_EMULATOR_HOST;
      process.env.BIGQUERY_EMULATOR_HOST = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
    });
    afterEach(() => {
      sinon.restore();
      process.env.BIGQUERY_EMULATOR_HOST = host;
      server.close();
    });

    it('gives up, so that the rows behind are tried', async () => {
      const append = tableAppender(new BigQuery({ projectId: 'p' }).dataset('d'), 'tracking_skips');
      const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const first = assert.rejects(append(ROW), TransientError);
      const second = assert.rejects(append({ ...ROW, event_id: 'event-2' }), TransientError);
      clock.tick(30_000);
      await first;
      clock.tick(30_000);
      await second;
      clock.restore();
      await until(() => connections > 0, { deadlineMs: 5000, what: 'a connection' });
    });
  });
});
