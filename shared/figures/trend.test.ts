import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fitTrend, logOdds } from './trend.ts';

const near = (found: number, wanted: number, within: number) =>
  assert.ok(Math.abs(found - wanted) <= within, `${found} is not ${wanted}`);

/** The line on which the log odds of a share rise from `start` by `slope`. */
const shareAt = (start: number, slope: number, at: number) => 1 / (1 + Math.exp(-(start + slope * at)));

describe('fitTrend', () => {
  it('is the line of Anscombe (1973) when all weights are alike: 3.00 + 0.500 x, its slope known to 0.118', () => {
    const [x, y] = [
      [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5],
      [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68],
    ] as const;
    const trend = fitTrend(
      x.map((at, index) => {
        const share = shareAt(y[index] as number, 0, 0);
        return { at, share, sites: 1e6 / (share * (1 - share)) };
      }),
    );
    near(trend.slope, 0.5, 5e-4);
    near(trend.logOdds(0), 3, 5e-3);
    assert.equal(trend.degrees, 9);
    near(trend.slopeError, 0.118, 5e-4);
  });

  it('finds the line that shares lie on, whatever the sites, and is surest in its middle', () =>
    fc.assert(
      fc.property(
        fc.double({ min: -3, max: 1, noNaN: true }),
        fc.double({ min: -0.1, max: 0.1, noNaN: true }),
        fc.array(fc.integer({ min: 500, max: 90_000 }), { minLength: 8, maxLength: 26 }),
        (start, slope, sites) => {
          const trend = fitTrend(sites.map((of, at) => ({ at, share: shareAt(start, slope, at), sites: of })));
          near(trend.slope, slope, 1e-6);
          near(trend.logOdds(100), start + slope * 100, 1e-4);
          assert.ok(trend.error(100) > trend.error(sites.length));
        },
      ),
    ));

  it('is as sure as chance allows, and less where points lie apart or go together', () => {
    const errorOf = (noise: (week: number) => number) =>
      fitTrend(
        Array.from({ length: 26 }, (_, at) => ({ at, share: shareAt(-2 + noise(at), -0.02, at), sites: 50_000 })),
      ).slopeError;
    const onTheLine = errorOf(() => 0);
    const apart = errorOf((week) => (week % 2 === 0 ? 0.1 : -0.1));
    const pairs = errorOf((week) => (week % 4 < 2 ? 0.1 : -0.1));
    const together = errorOf((week) => (week % 13 < 6 ? 0.1 : -0.1));
    assert.ok(apart > 2 * onTheLine, `${apart} ${onTheLine}`);
    near(pairs / apart, 1.1, 0.1);
    near(together / apart, Math.sqrt(7), 0.3);
  });

  it('takes none or all for half a site of difference', () => {
    const point = { sites: 1000 };
    const { logOdds: none } = fitTrend([0, 1, 2].map((at) => ({ ...point, at, share: 0 })));
    const { logOdds: all } = fitTrend([0, 1, 2].map((at) => ({ ...point, at, share: 1 })));
    near(none(1), logOdds(0.0005), 1e-9);
    near(all(1), logOdds(0.9995), 1e-9);
  });
});
