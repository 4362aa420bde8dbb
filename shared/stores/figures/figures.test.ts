import assert from 'node:assert/strict';
import type { AnalyticsDocument, SeriesDocument, SupportDocument } from '../../figures/documents.ts';
import { ownDatabase } from '../../testing/stores.ts';
import type { Latest } from '../mongodb.ts';
import { type Figures, figureId, monthsOf, openFigures, seriesId } from './figures.ts';
import { type FiguresWriter, openFiguresWriter } from './figures-writer.ts';

const MONTHS = ['2026-10', '2026-11'];

describe('figures', () => {
  let latest: Latest;
  let writer: FiguresWriter;
  let figures: Figures;

  before(() => {
    latest = ownDatabase();
    writer = openFiguresWriter(latest.db);
    figures = openFigures(latest.db);
  });
  after(async () => {
    await latest.db.dropDatabase();
    await latest.close();
  });

  const analytics = (project: string, generation: number): AnalyticsDocument => ({
    _id: project,
    generation,
    rebuiltAt: new Date(generation),
    through: '2026-11-29',
    today: '2026-11-30',
    firstDay: '2026-10-01',
    dimensions: ['active', 'php'],
    active: generation,
    activeToday: generation,
    notCounted: { staging: 0, local: 0, ephemeral: 0, copies: 0 },
    unsure: null,
    basis: null,
  });
  /** Every count is the generation. */
  const series = (project: string, generation: number, name = '8.2'): SeriesDocument[] =>
    MONTHS.map((month) => ({
      _id: seriesId(project, 'php', month),
      generation,
      names: [name],
      days: [{ day: `${month}-30`, total: generation, unknown: 0, other: 0, counts: [[0, generation]] }],
    }));
  const support = (project: string, generation: number): SupportDocument => ({
    _id: figureId(project, 'support'),
    generation,
    newest: String(generation),
    php: { spread: [], unknown: generation },
    wordpress: { spread: [], unknown: 0 },
    database: { spread: [], unknown: 0 },
  });
  const wanted = {
    series: [{ dimension: 'php' as const, from: '2026-10-01', to: '2026-11-30' }],
    figures: ['support' as const],
  };
  const generationsIn = async (project: string) => {
    const read = await figures.read(project, wanted);
    return (
      read && [
        read.analytics.active,
        ...(read.series[0]?.days.map(({ total }) => total) ?? []),
        read.figures.support?.php.unknown,
      ]
    );
  };
  const publish = async (project: string, generation: number, published: number) => {
    await writer.putSeries(series(project, generation), published);
    await writer.putFigures([support(project, generation)], published);
    await writer.publish(analytics(project, generation));
  };

  it('shows nothing of a project of which nothing is published', async () => {
    await writer.putSeries(series('new', 1), 0);
    assert.equal(await figures.read('new', wanted), undefined);
  });

  it('shows readers in a loop, during 20 rebuilds, no two of them together', async () => {
    await publish('busy', 1, 0);
    let isDone = false;
    const seen = new Set<number>();
    const reader = async () => {
      while (!isDone) {
        const generations = new Set(await generationsIn('busy'));
        assert.equal(generations.size, 1, [...generations].join());
        for (const generation of generations) seen.add(Number(generation));
      }
    };
    const rebuilds = async () => {
      for (let generation = 2; generation <= 21; generation += 1) await publish('busy', generation, generation - 1);
      isDone = true;
    };
    await Promise.all([reader(), reader(), rebuilds()]);
    assert.deepEqual(await generationsIn('busy'), [21, 21, 21, 21]);
    assert.ok(seen.size > 5, `${seen.size} of 21 seen`);
  });

  for (const { title, kill } of [
    { title: 'its first series', kill: (project: string) => writer.putSeries(series(project, 2).slice(0, 1), 1) },
    { title: 'its series', kill: (project: string) => writer.putSeries(series(project, 2), 1) },
    {
      title: 'its figures',
      kill: async (project: string) => {
        await writer.putSeries(series(project, 2), 1);
        await writer.putFigures([support(project, 2)], 1);
      },
    },
  ])
    it(`keeps what was published when a rebuild is killed after ${title}, and goes on with the next one`, async () => {
      const project = `killed after ${title}`;
      await publish(project, 1, 0);
      await kill(project);
      assert.deepEqual(await generationsIn(project), [1, 1, 1, 1]);
      await writer.putSeries(series(project, 3).slice(0, 1), 1);
      assert.deepEqual(await generationsIn(project), [1, 1, 1, 1]);
      await publish(project, 3, 1);
      assert.deepEqual(await generationsIn(project), [3, 3, 3, 3]);
    });

  it('writes nothing that did not change', async () => {
    await publish('same', 1, 0);
    const [first, second] = series('same', 1);
    assert.ok(first && second);
    await writer.putSeries(
      [
        { ...first, generation: 2 },
        { ...second, generation: 2, names: ['8.3'] },
      ],
      1,
    );
    const stored = await latest.db
      .collection<SeriesDocument>('series')
      .find({ _id: /^same:/ })
      .sort({ _id: 1 })
      .toArray();
    assert.deepEqual(
      stored.map(({ generation, names }) => [generation, names]),
      [
        [1, ['8.2']],
        [2, ['8.3']],
      ],
    );
  });

  it('joins months under one table of names, and gives the days that are wanted', async () => {
    const [october, november] = [series('joined', 1, '8.1')[0], series('joined', 1, '8.2')[1]];
    assert.ok(october && november);
    await writer.putSeries([october, { ...november, names: ['8.2', '8.1'] }], 0);
    await writer.publish(analytics('joined', 1));
    const read = async (from: string, to: string) => {
      const { series } = (await figures.read('joined', { series: [{ dimension: 'php', from, to }] })) ?? {};
      return series?.map(({ names, days }) => ({ names, days: days.map(({ day, counts }) => [day, ...counts]) }));
    };
    assert.deepEqual(await read('2026-09-15', '2026-12-31'), [
      {
        names: ['8.1', '8.2'],
        days: [
          ['2026-10-30', [0, 1]],
          ['2026-11-30', [1, 1]],
        ],
      },
    ]);
    assert.deepEqual(await read('2026-11-30', '2026-11-30'), [{ names: ['8.2'], days: [['2026-11-30', [0, 1]]] }]);
    assert.deepEqual(await read('2026-10-31', '2026-11-29'), [{ names: [], days: [] }]);
  });

  it('removes all of a project, and nothing of another', async () => {
    await publish('gone', 1, 0);
    await publish('gone2', 1, 0);
    await writer.remove('gone');
    for (const name of ['analytics', 'series', 'figures'])
      assert.equal(await latest.db.collection<{ _id: string }>(name).countDocuments({ _id: /^gone(?::|$)/ }), 0);
    assert.deepEqual(await generationsIn('gone2'), [1, 1, 1, 1]);
  });
});

describe('monthsOf', () => {
  it('goes over the end of a year', () =>
    assert.deepEqual(monthsOf('2025-12-31', '2026-02-01'), ['2025-12', '2026-01', '2026-02']));
  it('is none when the end is before the beginning', () => assert.deepEqual(monthsOf('2026-02-01', '2026-01-31'), []));
});
