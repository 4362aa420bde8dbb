import assert from 'node:assert/strict';
import { TEST_PROJECT } from '../../../shared/testing/events.ts';
import { compareDocuments } from './compare-documents.ts';
import { countFigures } from './count-documents.ts';
import { countOverview, countSeries } from './count-series.ts';
import { historyEvents } from './history-events.ts';
import { recount } from './recount.ts';

type Shown = Parameters<typeof compareDocuments>[1];

describe('compare-documents', () => {
  const [through, today] = ['2026-01-19', '2026-01-20'];
  const lines = ['a', 'b', 'c'].flatMap((site) => [
    ['01-01', 'track', site, { project_version: '1.0' }] as const,
    ['01-02', 'track', site, { project_version: '1.0' }] as const,
    ['01-15', 'track', site, { project_version: site === 'a' ? '2.0' : '1.0' }] as const,
  ]);
  const recounted = recount(historyEvents([...lines, ['01-18', 'deactivate', 'b']].map((line) => [...line] as never)), {
    project: TEST_PROJECT,
    until: today,
  });
  /** As a rebuild would have published it, had it counted the same. */
  const shown = (): Shown => {
    const series = [...countSeries(recounted.days)].map(([dimension, days]) => {
      const names = [...new Set([...days.values()].flatMap(({ counts }) => Object.keys(counts)))];
      return {
        ...{ dimension, names },
        days: [...days].map(([day, { counts, ...rest }]) => ({
          ...{ day, other: 0, ...rest },
          counts: Object.entries(counts).map(([name, count]) => [names.indexOf(name), count]),
        })),
      };
    });
    const analytics = { generation: 1, ...countOverview(recounted, { through, today }) };
    return structuredClone({ analytics, series, figures: countFigures(recounted, through) }) as never;
  };

  it('finds nothing where both counted the same', () => {
    const { figures, series } = shown();
    assert.ok(series.length > 5);
    assert.equal(figures.releases?.releases[0]?.adoption.length, 18);
    assert.deepEqual(compareDocuments(recounted, shown()), []);
  });

  for (const { title, change, what } of [
    {
      title: 'in the overview',
      change: ({ analytics }: Shown) => Object.assign(analytics, { firstDay: '2026-01-02' }),
      what: 'overview.firstDay',
    },
    {
      title: 'on a day of a series',
      change: ({ series }: Shown) => series.find(({ dimension }) => dimension === 'php')?.days.pop(),
      what: 'series php 2026-01-20.total',
    },
    {
      title: 'in a share of a figure',
      change: ({ figures }: Shown) =>
        Object.assign(figures.releases?.releases[0]?.adoption[14]?.known ?? {}, { low: 0.5 }),
      what: 'figures.releases.releases.0.adoption.14.known.low',
    },
    {
      title: 'in a figure that is missing',
      change: ({ figures }: Shown) => Object.assign(figures, { rates: undefined }),
      what: 'figures.rates',
    },
  ])
    it(`says where they differ: ${title}`, () => {
      const changed = shown();
      change(changed);
      assert.equal(compareDocuments(recounted, changed)[0]?.what, what);
    });
});
