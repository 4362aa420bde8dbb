import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ageAtLeaving, rateOf } from './rates.ts';

describe('rateOf', () => {
  it('is per 100 sites in 30 days, whatever the period', () => {
    assert.equal(rateOf(21, 1000 * 30, 30).rate, 2.1);
    assert.equal(rateOf(42, 1000 * 60, 60).rate, 2.1);
  });

  it('carries the interval of what was counted', () => {
    const { low, high } = rateOf(10, 1000 * 30, 30);
    assert.equal(low?.toFixed(2), '0.48');
    assert.equal(high?.toFixed(2), '1.84');
  });

  it('is too few to tell below 5 leaves or 30 sites, and says how many there are', () => {
    assert.deepEqual(rateOf(4, 12 * 28, 28), { rate: null, low: null, high: null, count: 4, sites: 12 });
    assert.equal(rateOf(5, 29 * 28, 28).rate, null);
    assert.notEqual(rateOf(5, 29 * 28 + 1, 28).rate, null);
  });

  it('counts no more sites than there are: those that stay as long as they can', () =>
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 28 }), { minLength: 1, maxLength: 50 }), (daysOfSites) => {
        const siteDays = daysOfSites.reduce((sum, days) => sum + days, 0);
        assert.ok(rateOf(9, siteDays, 28).sites <= daysOfSites.length);
      }),
    ));
});

describe('ageAtLeaving', () => {
  it('is the median and the share of the first two days', () =>
    assert.deepEqual(
      ageAtLeaving([
        { ageDays: 40, left: 2 },
        { ageDays: 0, left: 1 },
        { ageDays: 1, left: 2 },
        { ageDays: 7, left: 1 },
      ]),
      { median: 4, early: 0.5, left: 6 },
    ));

  it('is none of fewer than 5', () =>
    assert.deepEqual(ageAtLeaving([{ ageDays: 0, left: 4 }]), { median: null, early: null, left: 4 }));

  it('is the median of the sites one by one', () =>
    fc.assert(
      fc.property(fc.array(fc.record({ ageDays: fc.nat(9), left: fc.nat(4) }), { maxLength: 12 }), (rows) => {
        const ages = rows.flatMap(({ ageDays, left }) => Array<number>(left).fill(ageDays)).sort((a, b) => a - b);
        const middle = ages.length / 2;
        const median =
          ages.length < 5 ? null : ((ages[Math.ceil(middle) - 1] as number) + (ages[Math.floor(middle)] as number)) / 2;
        assert.equal(ageAtLeaving(rows).median, median);
      }),
    ));
});
