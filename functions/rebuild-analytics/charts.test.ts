import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Dataset } from '@google-cloud/bigquery';
import { type AnalyticsDocument, openAnalytics } from '../../shared/stores/analytics.ts';
import { openHistoryReader } from '../../shared/stores/history-reader.ts';
import type { Latest } from '../../shared/stores/mongodb.ts';
import { openProjects, type ProjectDocument } from '../../shared/stores/projects.ts';
import { TEST_PROJECT } from '../../shared/testing/events.ts';
import { ownDatabase, ownDataset } from '../../shared/testing/stores.ts';
import { rebuildCharts } from './charts.ts';

const NOW = new Date('2026-03-31T12:00:00Z');
const PROJECT = TEST_PROJECT.hash;
const OTHER = 'b4a8da5b-b419-4656-98e9-4a42e9044891';

/** A day of March 2026, at noon. */
const march = (day: number) => `2026-03-${String(day).padStart(2, '0')}T10:00:00.000Z`;

describe('rebuildCharts', () => {
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

  /** The same of another project, some days before, and for the reports some days later again: none of it is this project's. */
  const ofOther = (row: object): object[] => {
    const at = Date.parse((row as { received_at: string }).received_at);
    return [-2, 3].map((days) => ({
      ...row,
      event_id: randomUUID(),
      project_hash: OTHER,
      received_at: new Date(at + days * 86_400_000).toISOString(),
    }));
  };

  /** The charts of a history, while another project has the same sites at other times. */
  async function charts(rows: {
    sites?: object[];
    deactivations?: object[];
    tracking_skips?: object[];
  }): Promise<AnalyticsDocument> {
    for (const [table, of] of Object.entries(rows)) {
      await dataset.query(`DELETE FROM \`${dataset.id}.${table}\` WHERE received_at >= TIMESTAMP('2020-01-01')`);
      if (of.length > 0) await dataset.table(table).insert([...of, ...of.flatMap(ofOther)]);
    }
    const options = { projectId: dataset.projectId, dataset: String(dataset.id), maxBytesBilled: 2 ** 30 };
    await rebuildCharts(
      {
        history: openHistoryReader(options),
        analytics: openAnalytics(latest.db),
        projects: openProjects(latest.db),
      },
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
        report('never-opted-in.example', march(10), { kind: 'deactivate' }),
        report('day.example', march(27)),
        report('day.example', march(26), { project_hash: OTHER }),
        report('b.example', march(24), { project_hash: OTHER }),
      ],
      deactivations: [
        departure('day.example', '2026-03-27T11:00:00.000Z', 'other'),
        departure('b.example', march(25), 'too-slow'),
        departure('c.example', march(26), null),
        { ...departure('a.example', march(12), 'other'), environment: 'staging' },
      ],
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
    assert.deepEqual(on(27), { day: '2026-03-27', activeSites: 1, installs: 1, deactivations: 1 }, 'came and went');
    assert.deepEqual(on(31), { day: '2026-03-31', activeSites: 1, installs: 0, deactivations: 0 });
    assert.deepEqual(reasons, [
      { reason: null, deactivations: 1 },
      { reason: 'other', deactivations: 1 },
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
        report('gone-today.example', '2026-03-31T09:00:00.000Z', { project_version: '3.0' }),
      ],
      deactivations: [
        departure('gone.example', march(22), 'other'),
        departure('gone-today.example', '2026-03-31T10:00:00.000Z', 'other'),
      ],
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

  describe('of sites that share everything but the url', () => {
    const same = { fingerprint: 'same', php_minor: '8.2' };

    it('counts the one that reported first', async () => {
      const { daily, breakdowns } = await charts({
        sites: [
          report('copy.example', march(21), same),
          report('a.example', march(20), same),
          report('b.example', march(21), { ...same, fingerprint: 'other' }),
          report('of-other-project.example', march(1), { ...same, project_hash: OTHER }),
          report('copy.example', march(1), { ...same, project_hash: OTHER }),
        ],
        deactivations: [],
      });
      assert.deepEqual(breakdowns, { php: [{ value: '8.2', sites: 2 }] });
      assert.equal(daily.at(-1)?.activeSites, 2);
      assert.equal(
        daily.reduce((sum, { installs }) => sum + installs, 0),
        2,
      );
    });

    it('counts one site that moved, on every day', async () => {
      const moved = [
        report('staging-host.example', '2026-02-20T10:00:00.000Z', same),
        report('own-host.example', march(1), same),
      ];
      const before = await charts({ sites: moved.slice(0, 1), deactivations: [] });
      assert.equal(before.daily.at(-1)?.activeSites, 1);
      const { daily } = await charts({ sites: [...moved, report('own-host.example', march(15), same)] });
      assert.deepEqual([...new Set(daily.map(({ activeSites }) => activeSites))], [1]);
    });

    it('counts the next one from the day on which the first leaves', async () => {
      const { daily, breakdowns } = await charts({
        sites: [
          report('day.example', '2026-03-10T08:00:00.000Z', same),
          report('a.example', march(10), same),
          report('next.example', march(11), same),
        ],
        deactivations: [
          departure('day.example', '2026-03-10T09:00:00.000Z', 'other'),
          departure('a.example', march(14), 'other'),
        ],
      });
      assert.deepEqual(
        daily.filter(({ day }) => day >= '2026-03-10').map(({ activeSites }) => activeSites),
        Array.from({ length: 22 }, () => 1),
      );
      assert.deepEqual(breakdowns, { php: [{ value: '8.2', sites: 1 }] });
    });

    it('counts neither the coming nor the going of a copy', async () => {
      const { daily, reasons } = await charts({
        sites: [
          report('a.example', march(10), same),
          report('copy.example', march(11), same),
          report('day.example', march(12), same),
          report('b.example', march(11)),
        ],
        deactivations: [
          departure('copy.example', march(14), 'other'),
          departure('day.example', '2026-03-12T11:00:00.000Z', 'other'),
          departure('b.example', march(14), 'too-slow'),
        ],
      });
      const sum = (name: 'installs' | 'deactivations') => daily.reduce((total, day) => total + day[name], 0);
      assert.deepEqual([sum('installs'), sum('deactivations')], [2, 1]);
      assert.deepEqual(reasons, [{ reason: 'too-slow', deactivations: 1 }]);
    });

    it('is right for 500 copies, in whatever order they came', async () => {
      const copies = Array.from({ length: 500 }, (_, n) => report(`copy-${n}.example`, march(20), same));
      const { daily } = await charts({ sites: [...copies, report('a.example', march(19), same)], deactivations: [] });
      assert.equal(daily.at(-1)?.activeSites, 1);
    });
  });

  it('shows what came from a network from which its site had sent nothing before', async () => {
    const from = (sender_network: string) => ({ sender_network });
    const { unfamiliar } = await charts({
      sites: [
        report('a.example', march(1), from('198.51.100.0')),
        report('a.example', march(8), from('198.51.100.0')),
        report('a.example', march(15), from('203.0.113.0')),
        report('b.example', march(15), from('203.0.113.0')),
        report('b.example', march(16)),
      ],
      deactivations: [
        { ...departure('a.example', march(16), 'other'), ...from('203.0.113.0') },
        { ...departure('b.example', march(16), 'other'), ...from('192.0.2.0') },
      ],
    });
    assert.deepEqual(unfamiliar, [
      { day: '2026-03-15', reports: 1, deactivations: 0 },
      { day: '2026-03-16', reports: 0, deactivations: 1 },
    ]);
  });

  it('shows the most frequent values, cut, and the others together, whatever sites say', async () => {
    const long = (n: number) => `${String(n).padStart(4, '0')}${'x'.repeat(250)}`;
    const sites = Array.from({ length: 250 }, (_, n) => report(`s${n}.example`, march(20), { theme_slug: long(n) }));
    const { breakdowns } = await charts({
      sites: [...sites, report('again.example', march(20), { theme_slug: long(7) })],
    });
    const { theme = [] } = breakdowns;
    assert.equal(theme.length, 201);
    assert.deepEqual(theme[0], { value: long(7).slice(0, 100), sites: 2 });
    assert.deepEqual(theme.at(-1), { value: null, sites: 50 });
  });

  it('keeps the charts of every other project when one project’s cannot be stored', async () => {
    const analytics = openAnalytics(latest.db);
    const document = (_id: string, customFields: object) =>
      ({ _id, rebuiltAt: NOW, daily: [], customFields }) as unknown as AnalyticsDocument;
    const tooLarge = { plan: 'x'.repeat(17 * 1024 * 1024) };
    assert.equal(await analytics.replace([document('one', { old: 1 }), document('two', {})]), 0);
    assert.equal(await analytics.replace([document('one', tooLarge), document('two', { new: 1 })]), 1);
    const stored = await latest.db.collection<AnalyticsDocument>('analytics').find().sort({ _id: 1 }).toArray();
    assert.deepEqual(
      stored.map(({ _id, customFields }) => [_id, customFields]),
      [
        ['one', { old: 1 }],
        ['two', { new: 1 }],
      ],
    );
    await assert.rejects(analytics.replace([document('one', tooLarge)]));
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
      sites: [
        report('a.example', march(10)),
        report('b.example', march(10)),
        report('c.example', march(10)),
        report('b.example', march(12), { kind: 'deactivate' }),
      ],
      tracking_skips: [skip('a.example', march(9)), skip('b.example', march(11)), skip('d.example', march(11))],
    });
    assert.deepEqual(optIn, { optedIn: 2, optedOut: 2, rate: 0.5 });
  });
});
