import assert from 'node:assert/strict';
import type { Series } from '../../shared/figures/documents.ts';
import { seriesBySteps, stepStart, type Wanted } from './series-steps.ts';

/** Monday 2026-03-02 to Tuesday 2026-03-10; of the 4th nothing is known. */
const DAYS = ['02', '03', '05', '06', '07', '08', '09', '10'].map((day) => `2026-03-${day}`);
const series = (dimension: Series['dimension']): Series => ({
  dimension,
  names: ['few', 'many', 'gone', 'never'],
  days: DAYS.map((day, index) => ({
    ...{ day, total: 20, unknown: 2, other: 3 },
    counts: [
      [1, 10],
      [0, index === 0 ? 1 : 2],
      [2, index === 0 ? 4 : 0],
    ],
  })),
});
const wanted = (changes: Partial<Wanted> = {}): Wanted => ({
  ...{ from: '2026-03-02', to: '2026-03-10', step: 'week', top: 10, through: '2026-03-09' },
  ...changes,
});

describe('seriesBySteps', () => {
  it('takes the last known day of a week for what is', () => {
    assert.deepEqual(seriesBySteps(series('php'), wanted()), {
      days: ['2026-03-02', '2026-03-09'],
      partialFrom: 1,
      ...{ total: [20, 20], unknown: [2, 2], other: [3, 3] },
      series: [
        { name: 'many', values: [10, 10] },
        { name: 'few', values: [2, 2] },
      ],
    });
  });

  it('adds up over a week what happens', () => {
    const { total, other, series: named } = seriesBySteps(series('reason'), wanted({ top: 1 }));
    assert.deepEqual([total, named], [[120, 40], [{ name: 'many', values: [60, 20] }]]);
    assert.deepEqual(other, [18 + 11 + 4, 6 + 4]);
  });

  it('says of a day of which nothing is known that it is not known', () => {
    const { days, total, series: named } = seriesBySteps(series('php'), wanted({ step: 'day', to: '2026-03-04' }));
    assert.deepEqual(days, ['2026-03-02', '2026-03-03', '2026-03-04']);
    assert.deepEqual(total, [20, 20, null]);
    assert.deepEqual(named[1], { name: 'gone', values: [4, 0, null] });
  });

  it('chooses those that were highest on any step, and counts the others together', () => {
    const { series: named, other } = seriesBySteps(series('php'), wanted({ step: 'day', top: 2, to: '2026-03-03' }));
    assert.deepEqual(
      named.map(({ name }) => name),
      ['many', 'gone'],
    );
    assert.deepEqual(other, [4, 5]);
  });

  it('adds nothing up where a site has several values', () => {
    assert.deepEqual(seriesBySteps(series('plugin'), wanted({ top: 1 })).other, [3, 3]);
  });

  it('names every flow, also one that never was', () => {
    const flows = seriesBySteps({ ...series('flows'), names: ['new', 'left', 'resumed'] }, wanted());
    assert.deepEqual(flows.series.find(({ name }) => name === 'left')?.values, [60, 20]);
    assert.deepEqual(flows.series.find(({ name }) => name === 'withdrawn')?.values, [0, 0]);
  });

  it('is complete when the last step is', () => {
    assert.equal(seriesBySteps(series('php'), wanted({ to: '2026-03-08' })).partialFrom, 1);
    assert.equal(seriesBySteps(series('php'), wanted({ step: 'month' })).partialFrom, 0);
  });

  it('begins weeks on Mondays and months on the first', () => {
    assert.equal(stepStart('2026-03-08', 'week'), '2026-03-02');
    assert.equal(stepStart('2026-03-02', 'week'), '2026-03-02');
    assert.equal(stepStart('2026-03-31', 'month'), '2026-03-01');
    assert.equal(stepStart('2026-03-31', 'day'), '2026-03-31');
  });
});
