/** Two-sided bounds of the normal distribution: 95 % and 80 %. */
export const Z95 = 1.959963984540054;
export const Z80 = 1.2815515655446004;

/**
 * The chance that a standard normal value is above `z`, to 12 digits. The series and the continued fraction are those of
 * Abramowitz and Stegun, 26.2.11 and 26.2.14.
 */
export function normalTail(z: number): number {
  if (z < 0) return 1 - normalTail(-z);
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z > 3) {
    let fraction = z;
    for (let level = 60; level > 0; level -= 1) fraction = z + level / fraction;
    return density / fraction;
  }
  let [term, sum] = [z, z];
  for (let odd = 3; term > sum * 1e-16; odd += 2) {
    term *= (z * z) / odd;
    sum += term;
  }
  return 0.5 - density * sum;
}

/**
 * Student's bound for the normal bound `z` (1.96: 95 % two-sided) at so many degrees of freedom, to 0.5 % from 6 degrees on.
 * Source: Abramowitz and Stegun, 26.7.5.
 */
export function studentBound(z: number, degrees: number): number {
  const terms = [
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
  ];
  return terms.reduce((bound, term, index) => bound + term / degrees ** (index + 1), z);
}
