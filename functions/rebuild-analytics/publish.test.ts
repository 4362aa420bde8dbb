import assert from 'node:assert/strict';
import type { Dataset } from '@google-cloud/bigquery';
import { addDays, type Day } from '../../shared/figures/days.ts';
import type { Dimension, FigureName } from '../../shared/figures/documents.ts';
import type { Project } from '../../shared/project/project.ts';
import { openActiveSites } from '../../shared/stores/active-sites.ts';
import { type Figures, openFigures, type Snapshot } from '../../shared/stores/figures.ts';
import { openFiguresWriter } from '../../shared/stores/figures-writer.ts';
import { openHistoryReader } from '../../shared/stores/history-reader.ts';
import type { Latest } from '../../shared/stores/mongodb.ts';
import { ownDatabase, ownDataset } from '../../shared/testing/stores.ts';
import { type PublishRun, type PublishStores, publish } from './publish.ts';

const THROUGH = '2026-11-29';
const TODAY = '2026-11-30';
const NOW = new Date(`${TODAY}T12:00:00Z`);
const FIGURES: FigureName[] = ['releases', 'retention', 'rates', 'neighbours', 'support'];

/** Rows of project_days; each test has a project of its own, whose hash is its title. */
const dayOf = (project_hash: string, day: Day, columns: Record<string, unknown> = {}) => ({
  project_hash,
  day,
  ...Object.fromEntries(
    [
      ...['active', 'new_sites', 'reactivated', 'resumed', 'left_sites', 'went_silent', 'copies_counted_again'],
      ...['copies_set_aside', 'deactivations', 'deactivations_unreported', 'first_refusals', 'withdrawn', 'staging'],
      ...['local', 'ephemeral', 'copies', 'unfamiliar_reports', 'unfamiliar_deactivations'],
    ].map((name) => [name, 0]),
  ),
  ...columns,
});
const spread = (dimension: string, counts: Record<string, number>, rest: { other?: number; unknown?: number } = {}) => [
  ...Object.entries(counts).map(([value, sites]) => ({ dimension, value, sites })),
  ...Object.entries(rest).map(([name, sites]) => ({ dimension, rest: name, sites })),
];

describe('publish', function () {
  this.timeout(60_000);
  let dataset: Dataset;
  let latest: Latest;
  let stores: PublishStores;
  let figures: Figures;
  let generation = 0;
  const lines: { severity: string; message: string; project?: unknown }[] = [];
  const projects: Pick<Project, 'hash' | 'releases'>[] = [];

  before(async () => {
    [dataset, latest] = [await ownDataset(), ownDatabase()];
    figures = openFigures(latest.db);
    stores = {
      history: openHistoryReader({
        projectId: dataset.projectId,
        dataset: String(dataset.id),
        maxBytesBilled: 2 ** 30,
      }),
      figures: openFiguresWriter(latest.db),
      published: figures,
      projects: { all: async () => projects },
      sites: openActiveSites(latest.db),
      log: (severity, message, fields) => lines.push({ severity, message, project: fields?.project }),
    };
  });
  after(async () => {
    await dataset.delete({ force: true });
    await latest.db.dropDatabase();
    await latest.close();
  });

  const insert = (table: string, rows: object[]) => dataset.table(table).insert(rows);
  const run = (changes: Partial<PublishRun> = {}) => {
    generation += 1;
    return publish(stores, {
      days: [THROUGH, TODAY],
      through: THROUGH,
      today: TODAY,
      generation,
      now: NOW,
      full: false,
      ...changes,
    });
  };
  const read = async (
    project: string,
    dimension: Dimension,
    from: Day = '2026-11-01',
  ): Promise<Snapshot<FigureName>> => {
    const snapshot = await figures.read(project, { series: [{ dimension, from, to: TODAY }], figures: FIGURES });
    assert.ok(snapshot, `nothing of ${project}`);
    return snapshot;
  };

  it('makes series of the days, and the overview of today', async () => {
    const project = 'series';
    await insert('project_days', [
      dayOf(project, '2026-10-31', { active: 7, new_sites: 7, spreads: spread('php', { 8.1: 7 }) }),
      dayOf(project, THROUGH, {
        active: 9,
        new_sites: 4,
        left_sites: 1,
        went_silent: 1,
        deactivations: 2,
        first_refusals: 3,
        spreads: [
          ...spread('php', { 8.1: 2, 8.3: 4 }, { other: 1, unknown: 2 }),
          ...spread('plugin', { woo: 5, akismet: 6 }, { unknown: 1 }),
          ...spread('reason', { other: 2 }),
          ...spread('field:plan', { pro: 3 }, { unknown: 6 }),
        ],
      }),
      dayOf(project, TODAY, {
        active: 8,
        left_sites: 1,
        staging: 2,
        local: 3,
        ephemeral: 4,
        copies: 5,
        spreads: spread('php', { 8.3: 8 }),
      }),
    ]);
    await run({ days: ['2026-10-31', THROUGH, TODAY] });
    const php = await read(project, 'php', '2026-10-01');
    assert.deepEqual(php.series[0], {
      dimension: 'php',
      names: ['8.1', '8.3'],
      days: [
        { day: '2026-10-31', total: 7, unknown: 0, other: 0, counts: [[0, 7]] },
        {
          day: THROUGH,
          total: 9,
          unknown: 2,
          other: 1,
          counts: [
            [1, 4],
            [0, 2],
          ],
        },
        { day: TODAY, total: 8, unknown: 0, other: 0, counts: [[1, 8]] },
      ],
    });
    const { analytics } = php;
    const { rebuiltAt, basis: _, ...overview } = analytics;
    assert.deepEqual(overview, {
      _id: project,
      generation,
      through: THROUGH,
      today: TODAY,
      firstDay: '2026-10-31',
      dimensions: ['active', 'field:plan', 'flows', 'php', 'plugin', 'reason'],
      active: 9,
      activeToday: 8,
      notCounted: { staging: 2, local: 3, ephemeral: 4, copies: 5 },
      unsure: null,
    });
    assert.deepEqual(rebuiltAt, NOW);
    const daysOf = async (dimension: Dimension) => (await read(project, dimension)).series[0]?.days;
    assert.deepEqual(await daysOf('active'), [
      { day: THROUGH, total: 9, unknown: 0, other: 0, counts: [] },
      { day: TODAY, total: 8, unknown: 0, other: 0, counts: [] },
    ]);
    const flows = (await read(project, 'flows')).series[0];
    assert.deepEqual(
      flows?.days.map(({ total, counts }) => [
        total,
        Object.fromEntries(counts.map(([index, count]) => [flows.names[index], count])),
      ]),
      [
        [2, { new: 4, left: 1, wentSilent: 1, deactivations: 2, firstRefusals: 3 }],
        [-1, { left: 1 }],
      ],
    );
    assert.deepEqual(await daysOf('plugin'), [
      {
        day: THROUGH,
        total: 9,
        unknown: 1,
        other: 0,
        counts: [
          [0, 6],
          [1, 5],
        ],
      },
    ]);
    assert.deepEqual(await daysOf('reason'), [{ day: THROUGH, total: 2, unknown: 0, other: 0, counts: [[0, 2]] }]);
    assert.deepEqual(await daysOf('field:plan'), [{ day: THROUGH, total: 9, unknown: 6, other: 0, counts: [[0, 3]] }]);
  });

  it('takes away what is gone: a dimension, a month, a project', async () => {
    const project = 'shrinking';
    const rows = [
      dayOf(project, '2026-10-31', { active: 1, spreads: spread('php', { 8.1: 1 }) }),
      dayOf(project, TODAY, {
        active: 2,
        spreads: [...spread('php', { 8.3: 2 }), ...spread('field:plan', { pro: 2 })],
      }),
    ];
    await insert('project_days', rows);
    await run({ days: ['2026-10-31', TODAY] });
    const remove = (condition: string) =>
      dataset.query(
        `DELETE FROM \`${dataset.id}.project_days\` WHERE day >= DATE '2020-01-01' AND project_hash = '${project}' AND ${condition}`,
      );
    await remove('TRUE');
    await insert('project_days', [dayOf(project, TODAY, { active: 2, spreads: spread('php', { 8.3: 2 }) })]);
    await run({ days: ['2026-10-31', TODAY] });
    assert.deepEqual((await read(project, 'php', '2026-10-01')).series[0]?.names, ['8.3']);
    assert.deepEqual((await read(project, 'field:plan')).series[0]?.days, []);
    await remove('TRUE');
    await run();
    assert.equal(await figures.overview(project), undefined);
    for (const name of ['series', 'figures'])
      assert.equal(await latest.db.collection<{ _id: string }>(name).countDocuments({ _id: /^shrinking:/ }), 0);
  });

  it('keeps a project of which nothing was told lately, with no active site', async () => {
    const project = 'quiet';
    await insert('project_days', [dayOf(project, '2026-08-03', { active: 1, new_sites: 1 })]);
    await run({ full: true });
    await run();
    const { analytics, series } = await read(project, 'active', '2026-08-01');
    assert.deepEqual([analytics.active, analytics.activeToday, analytics.firstDay], [0, 0, '2026-08-03']);
    assert.deepEqual(
      series[0]?.days.map(({ day }) => day),
      ['2026-08-03'],
    );
  });
});
