import assert from 'node:assert/strict';
import fc from 'fast-check';
import { countInterval, shareOf, wilson } from './intervals.ts';

describe('wilson', () => {
  // Newcombe, Statistics in Medicine 17 (1998), 857-872, table I, method 3
  for (const [sites, base, low, high] of [
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ] as const)
    it(`${sites} of ${base} is ${low} to ${high}`, () => {
      const interval = wilson(sites, base);
      assert.equal(Number(interval.low.toFixed(4)), low);
      assert.equal(Number(interval.high.toFixed(4)), high);
    });

  it('holds the share, lies within 0 and 1, and is mirrored', () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.nat(5000), (base, any) => {
        const sites = any % (base + 1);
        const { low, high } = wilson(sites, base);
        assert.ok(0 <= low && low <= sites / base && sites / base <= high && high <= 1);
        assert.ok(Math.abs(wilson(base - sites, base).low - (1 - high)) < 1e-12);
      }),
    ));
});

describe('shareOf', () => {
  it('carries an interval below 1,000 sites only', () => {
    assert.notEqual(shareOf(12, 999).low, null);
    assert.deepEqual(shareOf(250, 1000), { share: 0.25, sites: 250, base: 1000, low: null, high: null });
  });

  it('is no share, not 0, of no sites', () =>
    assert.deepEqual(shareOf(0, 0), { share: null, sites: 0, base: 0, low: null, high: null }));
});

describe('countInterval', () => {
  // the exact ones: Garwood, Biometrika 28 (1936), 437-442
  for (const [count, low, high] of [
    [5, 1.62, 11.67],
    [10, 4.8, 18.39],
    [20, 12.22, 30.89],
    [50, 37.11, 65.92],
    [100, 81.36, 121.63],
  ] as const)
    it(`${count} is ${low} to ${high}, within 1 %`, () => {
      const interval = countInterval(count);
      assert.ok(Math.abs(interval.low / low - 1) < 0.01, `${interval.low}`);
      assert.ok(Math.abs(interval.high / high - 1) < 0.01, `${interval.high}`);
    });
});
