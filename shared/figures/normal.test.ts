import assert from 'node:assert/strict';
import { normalTail, studentBound, Z80, Z95 } from './normal.ts';

const near = (found: number, wanted: number, relative: number) =>
  assert.ok(Math.abs(found - wanted) <= relative * Math.abs(wanted), `${found} is not ${wanted}`);

describe('normalTail', () => {
  // Abramowitz and Stegun, tables 26.1 and 26.2
  for (const [z, chance] of [
    [0, 0.5],
    [1, 0.15865525393],
    [2, 0.02275013195],
    [3, 0.0013498980316],
    [4, 3.1671241833e-5],
    [5, 2.8665157187e-7],
    [6, 9.8658764504e-10],
    [-1, 0.84134474607],
  ] as const)
    it(`above ${z} is ${chance}`, () => near(normalTail(z), chance, 1e-9));

  it('goes on smoothly where its two ways of reckoning meet', () =>
    near(normalTail(3 + 1e-9) / normalTail(3 - 1e-9), 1, 1e-8));

  it('is half of what the bounds leave out', () => {
    near(normalTail(Z95), 0.025, 1e-9);
    near(normalTail(Z80), 0.1, 1e-9);
  });
});

describe('studentBound', () => {
  // Fisher and Yates, Statistical Tables, table III
  for (const [z, degrees, bound] of [
    [Z95, 6, 2.447],
    [Z95, 10, 2.228],
    [Z95, 24, 2.064],
    [Z80, 6, 1.44],
    [Z80, 24, 1.318],
  ] as const)
    it(`at ${degrees} degrees of freedom ${z.toFixed(2)} becomes ${bound}`, () =>
      near(studentBound(z, degrees), bound, 0.001));
});
