import assert from 'node:assert/strict';
import type { Dataset } from '@google-cloud/bigquery';
import type { StoredEvent } from '../../shared/event/envelope.ts';
import { objectName } from '../../shared/event/object-name.ts';
import { TransientError } from '../../shared/runtime/errors.ts';
import { openHistory } from '../../shared/stores/history.ts';
import { openRejections } from '../../shared/stores/rejections.ts';
import { capturedEvent, TEST_PROJECT } from '../../shared/testing/events.ts';
import { ownDataset } from '../../shared/testing/stores.ts';
import { appendHistory } from './append-history.ts';

describe('appendHistory', () => {
  let dataset: Dataset;
  const events = new Map<string, StoredEvent>();

  before(async () => {
    dataset = await ownDataset();
  });
  beforeEach(() => events.clear());
  after(() => dataset.delete({ force: true }));

  function stores() {
    const options = { projectId: dataset.projectId, dataset: String(dataset.id) };
    return {
      archive: { read: async (name: string) => events.get(name) },
      countryOf: () => null,
      now: () => new Date(),
      projects: {
        find: async (hash: string) => (hash === TEST_PROJECT.hash ? TEST_PROJECT : undefined),
        customFieldKeys: async () => [],
      },
      sites: { withMd5: async () => [] },
      history: openHistory(options),
      rejections: openRejections(options, () => {}),
    };
  }

  function append(event: StoredEvent, overrides: Partial<ReturnType<typeof stores>> = {}): Promise<void> {
    const name = objectName(event.kind, event.receivedAt, event.id);
    events.set(name, event);
    const object = { name, kind: event.kind, id: event.id, hour: new Date(event.receivedAt) };
    return appendHistory(object, { ...stores(), ...overrides });
  }

  async function read(table: string, eventId: string): Promise<Record<string, unknown>[]> {
    const query = `SELECT * FROM \`${dataset.id}.${table}\` WHERE received_at >= TIMESTAMP('2026-01-01') AND event_id = @eventId`;
    const [rows] = await dataset.bigQuery.query({ query, params: { eventId } });
    return rows;
  }

  it('has a report, with all that was cast, in the table sites', async () => {
    await append(
      capturedEvent('track', { id: 'report-1', payload: { plugins: { woo: { name: 'Woo', version: '9' } } } }),
    );
    const [row] = await read('sites_unique', 'report-1');
    assert.equal(row?.name, 'Bob\'s "Café" & Söhne 商店');
    assert.equal(row?.php_minor, '8.2');
    assert.equal(row?.php_max_upload_bytes, 2 * 1024 ** 2);
    assert.equal(row?.multisite, false);
    assert.equal(row?.last_name, null);
    assert.deepEqual(row?.plugins, [{ slug: 'woo', name: 'Woo', version: '9' }]);
    assert.deepEqual(JSON.parse(String(row?.custom_fields)), { plan: 'pro', forms_count: 12, 'a.b': 'dots' });
    assert.deepEqual(row?.cast_errors, []);
  });

  it('has a deactivation in two tables, and nothing of who a person is', async () => {
    await append(capturedEvent('deactivate', { id: 'deactivation-1' }));
    const [site] = await read('sites_unique', 'deactivation-1');
    const [deactivation] = await read('deactivations_unique', 'deactivation-1');
    assert.equal(site?.kind, 'deactivate');
    assert.equal(site?.admin_email, null);
    assert.equal(deactivation?.reason_id, 'found-better-plugin');
    assert.equal(deactivation?.reason_info, 'switched to “X”');
  });

  it('has an opt-out in the table tracking_skips', async () => {
    await append(capturedEvent('tracking-skipped', { id: 'skip-1' }));
    const [row] = await read('tracking_skips_unique', 'skip-1');
    assert.equal(row?.url_md5, '6ea0a65d4dee544e5e0f4ff88b2e1c30');
    assert.equal(row?.previously_skipped, false);
  });

  it('shows readers one row of an event, however often and by however many instances it is appended', async () => {
    const event = capturedEvent('track', { id: 'again-1' });
    await Promise.all([append(event), append(event)]);
    await append(event);
    assert.equal((await read('sites_unique', 'again-1')).length, 1);
  });

  it('records what is rejected, once as readers see it, and appends nothing else', async () => {
    const event = capturedEvent('track', {
      id: 'rejected-1',
      payload: { hash: 'B4A8DA5B-0000-4000-8000-000000000000' },
    });
    await append(event);
    await append(event);
    const [row, ...others] = await read('rejections_unique', 'rejected-1');
    assert.deepEqual(others, []);
    assert.deepEqual(
      [row?.reason, row?.field, row?.kind, row?.project_hash, row?.object_name],
      [
        'unknown_project',
        'hash',
        'track',
        'b4a8da5b-0000-4000-8000-000000000000',
        'track/2026/03/09/07/rejected-1.json',
      ],
    );
    assert.deepEqual(await read('sites_unique', 'rejected-1'), []);
  });

  it('appends nothing for an object that is gone', async () => {
    const object = {
      name: 'track/2026/03/09/07/gone-1234.json',
      kind: 'track' as const,
      id: 'gone-1234',
      hour: new Date(),
    };
    await appendHistory(object, stores());
    assert.deepEqual(await read('rejections_unique', 'gone-1234'), []);
  });

  it('rejects an event of nobody, but not while its site may still be on its way', async () => {
    const receivedAt = '2026-03-09T07:00:00.000Z';
    const event = capturedEvent('deactivate', {
      id: 'nobody-1',
      receivedAt,
      only: { reason_id: 'other', client: '1.2.0' },
    });
    await assert.rejects(append(event, { now: () => new Date('2026-03-09T07:00:14.999Z') }), TransientError);
    assert.deepEqual(await read('rejections_unique', 'nobody-1'), []);
    await append(event, { now: () => new Date('2026-03-09T07:00:15.000Z') });
    assert.equal((await read('rejections_unique', 'nobody-1'))[0]?.reason, 'no_project');
  });

  it('takes a failing store for transient, and records no rejection', async () => {
    const projects = {
      find: () => Promise.reject(new TransientError('projects failed', { cause: undefined })),
      customFieldKeys: async () => [],
    };
    await assert.rejects(append(capturedEvent('track', { id: 'transient-1' }), { projects }), TransientError);
    assert.deepEqual(await read('rejections_unique', 'transient-1'), []);
  });
});
