import assert from 'node:assert/strict';
import type { Dataset } from '@google-cloud/bigquery';
import { openDerivedTables } from '../../shared/stores/history/derived-tables.ts';
import { ownDataset } from '../../shared/testing/stores.ts';
import { siteDays } from './derivations.ts';

const DAY = '2026-03-09';

describe('what a site said on a day', () => {
  let dataset: Dataset;
  before(async () => {
    dataset = await ownDataset();
  });
  after(() => dataset.delete({ force: true }));

  it('has 20 of its names and networks, the same each time, of however many are made up', async () => {
    const numbers = Array.from({ length: 30 }, (_, index) => 99 - index);
    const events = numbers.map((n) => ({
      event_id: `event-${n}`,
      received_at: `${DAY}T10:00:${n % 60}.000Z`,
      project_hash: 'p',
      site: 'a.example',
      environment: 'production',
      url_md5: `md5-${n}`,
      sender_network: `198.51.${n}.0`,
    }));
    await dataset.table('sites').insert(events.map((event) => ({ ...event, kind: 'track' })));
    await dataset.table('deactivations').insert(events);
    const options = { projectId: dataset.projectId, dataset: String(dataset.id), maxBytesBilled: 2 ** 30 };
    await openDerivedTables(options).replace({ table: 'site_days', day: DAY }, siteDays(DAY));
    const [[row]] = await dataset.query(
      `SELECT url_md5s, report_networks, deactivation_networks FROM \`${dataset.id}.site_days\` WHERE day = '${DAY}'`,
    );
    const kept = numbers.toSorted().slice(0, 20);
    const networks = kept.map((n) => `198.51.${n}.0`);
    assert.deepEqual(
      { ...row },
      { url_md5s: kept.map((n) => `md5-${n}`), report_networks: networks, deactivation_networks: networks },
    );
  });
});
