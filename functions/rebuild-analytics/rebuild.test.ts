import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Dataset } from '@google-cloud/bigquery';
import { type AnalyticsDocument, openAnalytics } from '../../shared/stores/analytics.ts';
import { openHistoryReader } from '../../shared/stores/history-reader.ts';
import type { Latest } from '../../shared/stores/mongodb.ts';
import { openProjects, type ProjectDocument } from '../../shared/stores/projects.ts';
import { TEST_PROJECT } from '../../shared/testing/events.ts';
import { ownDatabase, ownDataset } from '../../shared/testing/stores.ts';
import { rebuild } from './rebuild.ts';

const NOW = new Date('2026-03-31T12:00:00Z');
const PROJECT = TEST_PROJECT.hash;

/** A day of March 2026, at noon. */
const march = (day: number) => `2026-03-${String(day).padStart(2, '0')}T10:00:00.000Z`;

describe('rebuild', () => {
  let dataset: Dataset;
  let latest: Latest;

  before(async () => {
    dataset = await ownDataset();
    latest = ownDatabase();
    const { hash, ...project } = TEST_PROJECT;
    await latest.db.collection<ProjectDocument>('projects').insertOne({ _id: hash, ...project });
  });
  after(async () => {
    await dataset.delete({ force: true });
    await latest.db.dropDatabase();
    await latest.close();
  });

  const report = (site: string, received_at: string, columns: Record<string, unknown> = {}) => ({
    event_id: randomUUID(),
    received_at,
    project_hash: PROJECT,
    kind: 'track',
    site,
    url_md5: `md5-${site}`,
    environment: 'production',
    ...columns,
  });
  const departure = (site: string, received_at: string, reason_id: string | null) => ({
    event_id: randomUUID(),
    received_at,
    project_hash: PROJECT,
    site,
    environment: 'production',
    reason_id,
  });

  /** The charts of a history; each test's is its own project's. */
  async function charts(rows: {
    sites?: object[];
    deactivations?: object[];
    tracking_skips?: object[];
  }): Promise<AnalyticsDocument> {
    for (const [table, of] of Object.entries(rows)) {
      await dataset.query(`DELETE FROM \`${dataset.id}.${table}\` WHERE received_at >= TIMESTAMP('2020-01-01')`);
      if (of.length > 0) await dataset.table(table).insert(of);
    }
    const options = { projectId: dataset.projectId, dataset: String(dataset.id), maxBytesBilled: 2 ** 30 };
    await rebuild(
      { history: openHistoryReader(options), analytics: openAnalytics(latest.db), projects: openProjects(latest.db) },
      NOW,
    );
    const document = await latest.db.collection<AnalyticsDocument>('analytics').findOne({ _id: PROJECT });
    assert.ok(document, 'no charts');
    return document;
  }

  it('counts a site as active for 30 days after a report, or until it leaves, and an event that came twice once', async () => {
    const twice = report('a.example', march(10));
    const { daily, reasons } = await charts({
      sites: [
        report('a.example', march(1)),
        twice,
        twice,
        report('b.example', march(20), { php_minor: '8.2' }),
        report('silent.example', '2026-02-20T10:00:00.000Z'),
        report('staging.a.example', march(10), { environment: 'staging' }),
      ],
      deactivations: [departure('b.example', march(25), 'too-slow'), departure('c.example', march(26), null)],
    });
    const on = (day: number) => daily.find((one) => one.day === `2026-03-${String(day).padStart(2, '0')}`);
    assert.deepEqual(on(1), { day: '2026-03-01', activeSites: 2, installs: 1, deactivations: 0 });
    assert.deepEqual(on(10), { day: '2026-03-10', activeSites: 2, installs: 0, deactivations: 0 });
    assert.deepEqual(on(20), { day: '2026-03-20', activeSites: 3, installs: 1, deactivations: 0 });
    assert.deepEqual(
      on(22),
      { day: '2026-03-22', activeSites: 2, installs: 0, deactivations: 0 },
      'silent after 30 days',
    );
    assert.deepEqual(on(25), { day: '2026-03-25', activeSites: 1, installs: 0, deactivations: 1 });
    assert.deepEqual(on(31), { day: '2026-03-31', activeSites: 1, installs: 0, deactivations: 0 });
    assert.deepEqual(reasons, [
      { reason: null, deactivations: 1 },
      { reason: 'too-slow', deactivations: 1 },
    ]);
  });

  it("spreads active sites by their latest report's values, plugins and custom fields", async () => {
    const { breakdowns, plugins, customFields } = await charts({
      sites: [
        report('a.example', march(5), { project_version: '1.0', php_minor: '7.4' }),
        report('a.example', march(20), {
          project_version: '2.0',
          php_minor: '8.2',
          country: 'DE',
          multisite: true,
          plugins: [{ slug: 'woo' }],
        }),
        report('b.example', march(21), {
          project_version: '2.0',
          custom_fields: '{"plan":"pro","a.b":"x","forms_count":3}',
          plugins: [{ slug: 'woo' }, { slug: '404' }],
        }),
        report('gone.example', march(21), { project_version: '3.0' }),
      ],
      deactivations: [departure('gone.example', march(22), 'other')],
    });
    assert.deepEqual(breakdowns, {
      version: [{ value: '2.0', sites: 2 }],
      php: [{ value: '8.2', sites: 1 }],
      country: [{ value: 'DE', sites: 1 }],
      multisite: [{ value: 'yes', sites: 1 }],
    });
    assert.deepEqual(plugins, [
      { value: 'woo', sites: 2 },
      { value: '404', sites: 1 },
    ]);
    assert.deepEqual(customFields, {
      plan: [{ value: 'pro', sites: 1 }],
      'a．b': [{ value: 'x', sites: 1 }],
      forms_count: [{ value: '3', sites: 1 }],
    });
  });

  it('shows which fields are sent that no column takes', async () => {
    const { unknownFields } = await charts({
      sites: [
        report('a.example', march(20), { additional: '{"server":{"gpu":"none"},"novelty":[1]}' }),
        report('b.example', march(20), { additional: '{"novelty":2}' }),
        report('c.example', march(20)),
        report('d.example', march(20), { additional: '{"weird":"\\ud800"}' }),
      ],
      deactivations: [],
    });
    assert.deepEqual(unknownFields, [
      { value: 'novelty', sites: 2 },
      { value: 'server', sites: 1 },
    ]);
  });

  it('leaves out the copies of a site', async () => {
    const { daily, breakdowns } = await charts({
      sites: [
        report('a.example', march(20), { fingerprint: 'same', php_minor: '8.2' }),
        report('copy.example', march(21), { fingerprint: 'same', php_minor: '8.2' }),
        report('b.example', march(21), { fingerprint: 'other', php_minor: '8.2' }),
      ],
      deactivations: [],
    });
    assert.deepEqual(breakdowns, { php: [{ value: '8.2', sites: 2 }] });
    assert.equal(daily.at(-1)?.activeSites, 2);
  });

  it('leaves no charts of a project whose history is gone', async () => {
    await charts({ sites: [report('a.example', march(20))], deactivations: [] });
    await assert.rejects(charts({ sites: [], deactivations: [], tracking_skips: [] }), /no charts/);
  });

  it('takes the latest answer of a site for the opt-in rate', async () => {
    const skip = (site: string, received_at: string) => ({
      event_id: randomUUID(),
      received_at,
      project_hash: PROJECT,
      url_md5: `md5-${site}`,
    });
    const { optIn } = await charts({
      sites: [report('a.example', march(10)), report('b.example', march(10)), report('c.example', march(10))],
      tracking_skips: [skip('a.example', march(9)), skip('b.example', march(11)), skip('d.example', march(11))],
    });
    assert.deepEqual(optIn, { optedIn: 2, optedOut: 2, rate: 0.5 });
  });
});
