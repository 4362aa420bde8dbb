import assert from 'node:assert/strict';
import { calculateObjectSize } from 'bson';
import type { Dimension } from '../../shared/figures/documents.ts';
import { IS_PROOF } from '../../shared/testing/in-proof.ts';
import { dayOf, NOW, type OwnPublishing, openOwnPublishing, spread, THROUGH, TODAY } from './testing/own-publishing.ts';

/** Days of names that come no second time: of a few there are already more than a document has room for. */
const HOSTILE_DAYS = IS_PROOF ? 12 : 5;

describe('publish', () => {
  let own: OwnPublishing;
  before(async () => {
    own = await openOwnPublishing();
  });
  after(() => own.close());

  it('makes series of the days, and the overview of today', async () => {
    const project = 'series';
    await own.insert('project_days', [
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
    await own.run({ days: ['2026-10-31', THROUGH, TODAY] });
    const php = await own.read(project, 'php', '2026-10-01');
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
      generation: own.generation,
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
    const daysOf = async (dimension: Dimension) => (await own.read(project, dimension)).series[0]?.days;
    assert.deepEqual(await daysOf('active'), [
      { day: THROUGH, total: 9, unknown: 0, other: 0, counts: [] },
      { day: TODAY, total: 8, unknown: 0, other: 0, counts: [] },
    ]);
    const flows = (await own.read(project, 'flows')).series[0];
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
    await own.insert('project_days', rows);
    await own.run({ days: ['2026-10-31', TODAY] });
    await own.remove(project);
    await own.insert('project_days', [dayOf(project, TODAY, { active: 2, spreads: spread('php', { 8.3: 2 }) })]);
    await own.run({ days: ['2026-10-31', TODAY] });
    assert.deepEqual((await own.read(project, 'php', '2026-10-01')).series[0]?.names, ['8.3']);
    assert.deepEqual((await own.read(project, 'field:plan')).series[0]?.days, []);
    const { firstDay, dimensions } = (await own.read(project, 'php')).analytics;
    assert.deepEqual([firstDay, dimensions], [TODAY, ['active', 'flows', 'php']]);
    await own.remove(project);
    await own.run();
    assert.equal(await own.figures.overview(project), undefined);
    for (const name of ['series', 'figures'])
      assert.equal(await own.db.collection<{ _id: string }>(name).countDocuments({ _id: /^shrinking:/ }), 0);
  });

  it('keeps a project of which nothing was told lately, with no active site', async () => {
    const project = 'quiet';
    await own.insert('project_days', [dayOf(project, '2026-08-03', { active: 1, new_sites: 1 })]);
    await own.run({ full: true });
    await own.run();
    const { analytics, series } = await own.read(project, 'active', '2026-08-01');
    assert.deepEqual([analytics.active, analytics.activeToday, analytics.firstDay], [0, 0, '2026-08-03']);
    assert.deepEqual(
      series[0]?.days.map(({ day }) => day),
      ['2026-08-03'],
    );
  });

  it('checks itself against the sites: unsure of a project when the counts are apart', async () => {
    const project = 'unsure';
    const site = (n: number, columns: object = {}) => ({
      _id: `${project}:${n}`,
      project,
      environment: 'production',
      cloneOf: null,
      lastSeenAt: new Date('2026-11-20T10:00:00Z'),
      state: 'active',
      ...columns,
    });
    const notActive = [
      { environment: 'staging' },
      { cloneOf: 'a.example' },
      { state: 'left' },
      { state: 'silent' },
      { lastSeenAt: new Date('2026-10-31T23:59:59.999Z') },
      { project: 'another' },
    ];
    const firstCounted = { lastSeenAt: new Date('2026-11-01T00:00:00Z') };
    const sites = [...Array(1020).fill({}), ...notActive, firstCounted].map((columns, n) => site(n, columns));
    await own.db.collection<{ _id: string }>('sites').insertMany(sites);
    const published = async (activeToday: number) => {
      await own.remove(project, TODAY);
      await own.insert('project_days', [dayOf(project, TODAY, { active: activeToday })]);
      own.lines.length = 0;
      await own.run();
      const { unsure } = (await own.read(project, 'active')).analytics;
      return [unsure, own.lines.filter((line) => line.project === project)];
    };
    assert.deepEqual(await published(1041), [null, []]);
    assert.deepEqual(await published(998), [
      { charts: 998, latest: 1021 },
      [{ severity: 'WARNING', message: 'figures unsure', project }],
    ]);
  });

  it('keeps each document below a megabyte, and every day adding up, whatever is posted', async () => {
    const project = 'hostile';
    const long = (day: number, n: number) => `${day}-${n}-`.padEnd(100, '商');
    const dimensions = ['version', 'theme'] as const;
    const days = Array.from({ length: HOSTILE_DAYS }, (_, day) =>
      dayOf(project, `2026-11-${String(day + 1).padStart(2, '0')}`, {
        active: 201,
        spreads: dimensions.flatMap((dimension) => [
          ...Array.from({ length: 200 }, (_, n) => ({ dimension, value: n === 0 ? 'same' : long(day, n), sites: 1 })),
          { dimension, rest: 'unknown', sites: 1 },
        ]),
        ...(day < 3 && {
          reports: Array.from({ length: 50 }, (_, n) => ({ version: long(day, n), age_days: 60, sites: 3 })),
          exposure: Array.from({ length: 200 }, (_, n) => ({
            version: long(day, n),
            age: '90+',
            at_risk: 1,
            left_sites: 1,
          })),
          neighbours: ['plugin', 'theme'].flatMap((kind) => [
            { kind, value: '*', age: '90+', at_risk: 900_000, left_sites: 2000 },
            ...Array.from({ length: 200 }, (_, n) => ({
              kind,
              value: long(0, n),
              age: '90+',
              at_risk: 1000,
              left_sites: n < 100 ? 5 : 0,
            })),
          ]),
        }),
      }),
    );
    for (const part of [days.slice(0, 4), days.slice(4)]) await own.insert('project_days', part);
    await own.run();
    await own.db.collection<{ _id: string }>('series').updateMany({ _id: /^hostile:/ }, { $set: { names: [] } });
    await own.run();
    for (const name of ['series', 'figures']) {
      for (const document of await own.db
        .collection<{ _id: string }>(name)
        .find({ _id: /^hostile:/ })
        .toArray())
        assert.ok(calculateObjectSize(document) < 1_000_000, `${document._id}: ${calculateObjectSize(document)} bytes`);
    }
    const { series, figures: made } = await own.read(project, 'theme');
    for (const { day, total, unknown, other, counts } of series[0]?.days ?? [])
      assert.equal(
        counts.reduce((sum, [, count]) => sum + count, unknown + other),
        total,
        day,
      );
    assert.deepEqual(
      series[0]?.days.map(({ counts }) => counts.some(([index]) => series[0]?.names[index] === 'same')),
      Array(HOSTILE_DAYS).fill(true),
    );
    const cut = series[0]?.days.filter(({ other }) => other > 0) ?? [];
    assert.ok(cut.length > 0, 'no more names than a document has room for');
    assert.deepEqual([made.releases?.releases.length, made.releases?.others.length], [0, 150]);
    assert.equal(made.neighbours?.found.length, 50);
  });
});
