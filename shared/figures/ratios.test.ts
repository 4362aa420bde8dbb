import assert from 'node:assert/strict';
import fc from 'fast-check';
import { binomial, falseFindings, rateRatio, type Stratum } from './ratios.ts';

const strataOf = (rows: number[][]): Stratum[] =>
  rows.map(
    ([left, siteDays, othersLeft, othersSiteDays]) => ({ left, siteDays, othersLeft, othersSiteDays }) as Stratum,
  );

const near = (found: number | null, wanted: number, within: number) =>
  assert.ok(found !== null && Math.abs(found - wanted) <= within, `${found} is not ${wanted}`);

/** British doctors, smokers and not, by age: Doll and Hill (1966). */
const DOCTORS = strataOf([
  [32, 52407, 2, 18790],
  [104, 43248, 12, 10673],
  [206, 28612, 28, 5710],
  [186, 12663, 28, 2585],
  [102, 5317, 31, 1462],
]);

describe('rateRatio', () => {
  it('is that of the smoking doctors, published as 1.424682 (1.154703 to 1.757784) in the Stata manual, epitab', () => {
    const { ratio, low, high, left, othersLeft } = rateRatio(DOCTORS);
    near(ratio, 1.424682, 1e-6);
    near(low, 1.154703, 1e-6);
    near(high, 1.757784, 1e-6);
    assert.deepEqual([left, othersLeft], [630, 101]);
  });

  it('has the mid-p of fluoroscopy and breast cancer, 0.0177 (Boice and Monson 1977, in the same manual)', () => {
    const { ratio, p } = rateRatio(strataOf([[41, 28010, 15, 19017]]));
    near(ratio, 1.855759, 1e-6);
    near(p, 0.0177, 5e-5);
  });

  it('finds nothing where only the ages differ', () => {
    const { ratio, p } = rateRatio(
      strataOf([
        [50, 1000, 5, 100],
        [1, 100, 10, 1000],
      ]),
    );
    near(ratio, 1, 1e-12);
    near(p, 0.5, 0.02);
  });

  it('leaves out ages that only one side has', () =>
    assert.deepEqual(
      rateRatio([
        ...DOCTORS,
        ...strataOf([
          [900, 10, 0, 0],
          [0, 0, 900, 10],
        ]),
      ]),
      rateRatio(DOCTORS),
    ));

  it('has no ratio where none of the others left, but a chance', () => {
    const { ratio, low, p } = rateRatio(strataOf([[10, 1000, 0, 1000]]));
    assert.deepEqual([ratio, low], [null, null]);
    near(p, 0.5 ** 11, 1e-9);
  });

  it('has nothing to say of nothing', () =>
    assert.deepEqual(rateRatio([]), { ratio: null, low: null, high: null, p: 1, left: 0, othersLeft: 0 }));

  it('reckons many leaves about as it does few', () => {
    const exact = rateRatio(
      strataOf([
        [150, 1000, 100, 1000],
        [140, 500, 110, 500],
      ]),
    );
    const many = rateRatio(
      strataOf([
        [150, 1000, 100, 1000],
        [140, 500, 110, 500],
        [1, 1, 0, 1],
      ]),
    );
    near(Math.log(many.p) / Math.log(exact.p), 1, 0.03);
  });

  const stratum = fc.record({
    left: fc.nat(30),
    siteDays: fc.integer({ min: 30, max: 9000 }),
    othersLeft: fc.nat(30),
    othersSiteDays: fc.integer({ min: 30, max: 9000 }),
  });

  it('is mirrored when the sides change places', () =>
    fc.assert(
      fc.property(fc.array(stratum, { minLength: 1, maxLength: 4 }), (strata) => {
        const one = rateRatio(strata);
        const other = rateRatio(
          strata.map((s) => ({
            left: s.othersLeft,
            siteDays: s.othersSiteDays,
            othersLeft: s.left,
            othersSiteDays: s.siteDays,
          })),
        );
        if (one.left + one.othersLeft > 0) near(one.p + other.p, 1, 1e-9);
        if (one.ratio && other.ratio) near(one.ratio * other.ratio, 1, 1e-9);
        if (one.low !== null && one.high !== null) assert.ok(one.low < (one.ratio ?? 0) && (one.ratio ?? 0) < one.high);
      }),
    ));
});

describe('binomial', () => {
  it('has the tails of the tables (n = 20, p = 0.5: 0.0207 up to 5; n = 10, p = 0.1: 0.0702 from 3 on)', () => {
    const sum = (chances: number[]) => chances.reduce((all, chance) => all + chance, 0);
    near(sum(binomial(20, 0.5).slice(0, 6)), 0.0207, 5e-5);
    near(sum(binomial(10, 0.1).slice(3)), 0.0702, 5e-5);
    near(sum(binomial(500, 0.999999)), 1, 1e-9);
  });
});

describe('falseFindings', () => {
  it('finds four of the fifteen of Benjamini and Hochberg (1995) at 0.05', () => {
    const ps = [
      0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1,
    ];
    assert.equal(falseFindings(ps).filter((share) => share <= 0.05).length, 4);
    near(falseFindings(ps)[3] as number, 0.035625, 1e-12);
  });

  it('keeps the order of chances, and does not hang on the order they come in', () =>
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 }), (ps) => {
        const shares = falseFindings(ps);
        for (const [index, p] of ps.entries()) {
          assert.ok((shares[index] as number) >= p * (1 - 1e-12) && (shares[index] as number) <= 1);
          for (const [other, q] of ps.entries())
            if (p < q) assert.ok((shares[index] as number) <= (shares[other] as number));
        }
        assert.deepEqual(falseFindings([...ps].reverse()).reverse(), shares);
      }),
    ));
});
