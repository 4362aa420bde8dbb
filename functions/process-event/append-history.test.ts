import assert from 'node:assert/strict';
import type { Dataset } from '@google-cloud/bigquery';
import type { StoredEvent } from '../../shared/event/envelope.ts';
import type { Project } from '../../shared/project/project.ts';
import { interpret } from '../../shared/report/interpret.ts';
import { openHistory } from '../../shared/stores/history/history.ts';
import { openRejections } from '../../shared/stores/history/rejections.ts';
import { capturedEvent, TEST_PROJECT } from '../../shared/testing/events.ts';
import { ownDataset } from '../../shared/testing/stores.ts';
import { appendHistory } from './append-history.ts';

const NOW = '2026-03-09T07:05:08.000Z';

describe('appendHistory', () => {
  let dataset: Dataset;
  let marked: string[];
  before(async () => {
    dataset = await ownDataset();
  });
  after(() => dataset.delete({ force: true }));
  beforeEach(() => {
    marked = [];
  });

  function append(
    event: StoredEvent,
    { project = TEST_PROJECT, now = NOW }: { project?: Project; now?: string } = {},
  ): Promise<void> {
    const options = { projectId: dataset.projectId, dataset: String(dataset.id) };
    const clock = { now: () => new Date(now) };
    const isKnown = event.payload.hash === project.hash;
    return appendHistory(interpret(event, isKnown ? { project } : {}), {
      ...clock,
      history: openHistory(options),
      rejections: openRejections(options, { ...clock, log: () => {} }),
      lateDays: { mark: async (day) => void marked.push(day) },
    });
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

  for (const { title, now, days } of [
    { title: 'nothing of a day that goes on', now: NOW, days: [] },
    { title: 'nothing of a day that has just ended', now: '2026-03-10T00:59:59.999Z', days: [] },
    { title: 'a day that is over', now: '2026-03-10T01:00:00.000Z', days: ['2026-03-09'] },
  ])
    it(`marks ${title}, whatever came of it`, async () => {
      for (const kind of ['track', 'deactivate', 'tracking-skipped'] as const) {
        marked = [];
        await append(capturedEvent(kind, { id: `marks-${kind}-${now}` }), { now });
        assert.deepEqual(marked, days, kind);
      }
    });

  it('marks no day for what is rejected', async () => {
    await append(capturedEvent('track', { id: 'marks-none', payload: { hash: 'unknown' } }), {
      now: '2026-04-01T00:00:00Z',
    });
    assert.deepEqual(marked, []);
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

  it('shows readers of two different rows of an event the one that was made last', async () => {
    const row = { event_id: 'edited-1', received_at: '2026-03-09T07:05:06.789Z', project_hash: 'p', kind: 'track' };
    const rows = ['2026-03-09T07:05:07.000Z', '2026-03-09T09:00:00.000Z', null, '2026-03-09T08:00:00.000Z'].map(
      (processed_at) => ({ ...row, site: `made-at-${processed_at}`, processed_at }),
    );
    // BigQuery forgets an insertId after about a minute
    const raw = rows.map((json, index) => ({ insertId: `edited-1-${index}`, json }));
    await dataset.table('sites').insert(raw, { raw: true });
    const found = await read('sites_unique', 'edited-1');
    assert.deepEqual(
      found.map(({ site }) => site),
      ['made-at-2026-03-09T09:00:00.000Z'],
    );
  });

  for (const kind of ['track', 'deactivate', 'tracking-skipped'] as const)
    it(`takes a ${kind} of the history for no rejection, whether its project was archived before or after`, async () => {
      const archived = { project: { ...TEST_PROJECT, archived: true } };
      const [before, after] = [
        capturedEvent(kind, { id: `before-${kind}` }),
        capturedEvent(kind, { id: `after-${kind}` }),
      ];
      await append(before, archived);
      assert.equal((await read('rejections_unique', before.id))[0]?.reason, 'archived_project');
      await append(before);
      await append(after);
      await append(after, { ...archived, now: '2026-03-09T09:00:00.000Z' });
      for (const { id } of [before, after]) {
        assert.equal((await read('rejections', id)).length, 1, 'the row stays');
        assert.deepEqual(await read('rejections_unique', id), []);
      }
    });
});
