import { EXACT_LEAVES, NEIGHBOURS, RATE, SURE_SITES } from '../../../shared/figures/definitions.ts';

/** Two-sided 95 % of the normal distribution. */
const Z = 1.959963984540054;

/** Those in question and the others, of one age. */
export interface Pair {
  left: number;
  siteDays: number;
  othersLeft: number;
  othersSiteDays: number;
}

/** Wilson's interval, by solving (p - sites/base)² = z² p (1 - p) / base for p. */
export function countShare(sites: number, base: number) {
  if (base === 0) return { share: null, sites, base, low: null, high: null };
  if (base >= SURE_SITES) return { share: sites / base, sites, base, low: null, high: null };
  const [a, b, c] = [1 + Z ** 2 / base, -(2 * sites + Z ** 2) / base, (sites / base) ** 2];
  const root = Math.sqrt(Math.max(0, b ** 2 - 4 * a * c));
  return { share: sites / base, sites, base, low: (-b - root) / (2 * a), high: (-b + root) / (2 * a) };
}

/** Leaves per `RATE.sites` sites in `RATE.days` days, with Byar's interval of the count. */
export function countRateOf(count: number, siteDays: number, mostDays: number) {
  const sites = Math.ceil(siteDays / mostDays);
  if (count < RATE.leastLeaves || sites < RATE.leastSites) return { rate: null, low: null, high: null, count, sites };
  const perLeave = (RATE.sites * RATE.days) / siteDays;
  const byar = (events: number, z: number) => events * (1 - 1 / (9 * events) + z / (3 * Math.sqrt(events))) ** 3;
  return {
    rate: count * perLeave,
    low: byar(count, -Z) * perLeave,
    high: byar(count + 1, Z) * perLeave,
    count,
    sites,
  };
}

/** Mantel and Haenszel's ratio over the ages that both have, its interval, and the chance of so many leaves or more. */
export function countRatio(pairs: Pair[]) {
  const both = pairs.filter(({ siteDays, othersSiteDays }) => siteDays > 0 && othersSiteDays > 0);
  let [ours, theirs, variance, left, othersLeft] = [0, 0, 0, 0, 0];
  for (const pair of both) {
    const all = pair.siteDays + pair.othersSiteDays;
    ours += (pair.left * pair.othersSiteDays) / all;
    theirs += (pair.othersLeft * pair.siteDays) / all;
    variance += ((pair.left + pair.othersLeft) * pair.siteDays * pair.othersSiteDays) / all ** 2;
    left += pair.left;
    othersLeft += pair.othersLeft;
  }
  const ratio = theirs === 0 ? null : ours / theirs;
  const spread = ratio === null || ratio === 0 ? null : Math.exp(Z * Math.sqrt(variance / (ours * theirs)));
  const bounds =
    ratio === null || spread === null ? { low: null, high: null } : { low: ratio / spread, high: ratio * spread };
  return { ratio, ...bounds, p: chanceOfMore(both, left, variance), left, othersLeft };
}

/** Half the chance of exactly so many, and that of each greater number: leave by leave, as if each were a toss of its age's coin. */
function chanceOfMore(pairs: Pair[], left: number, variance: number): number {
  const tosses = pairs.flatMap((pair) => {
    const chance = pair.siteDays / (pair.siteDays + pair.othersSiteDays);
    return Array.from({ length: pair.left + pair.othersLeft }, () => chance);
  });
  if (tosses.length === 0) return 1;
  if (tosses.length > EXACT_LEAVES) {
    return upperTail((left - tosses.reduce((sum, chance) => sum + chance, 0)) / Math.sqrt(variance));
  }
  let chances = [1];
  for (const chance of tosses) {
    chances = [...chances, 0].map((same, hits) => same * (1 - chance) + (chances[hits - 1] ?? 0) * chance);
  }
  return chances.reduce((sum, chance, hits) => sum + (hits > left ? chance : hits === left ? chance / 2 : 0), 0);
}

/** Of the normal distribution above `z`, by Simpson's rule. */
function upperTail(z: number): number {
  if (z < 0) return 1 - upperTail(-z);
  const [steps, width] = [20_000, 20 / 20_000];
  const density = (step: number) => Math.exp(-((z + step * width) ** 2) / 2) / Math.sqrt(2 * Math.PI);
  let sum = density(0) + density(steps);
  for (let step = 1; step < steps; step += 1) sum += density(step) * (step % 2 === 1 ? 4 : 2);
  return (sum * width) / 3;
}

/** Benjamini and Hochberg's share of false findings up to each: the least over all p that are as great or greater. */
export function countFalseFindings(ps: number[]): number[] {
  const shares = ps.map((p) => (p * ps.length) / ps.filter((other) => other <= p).length);
  return ps.map((p) => Math.min(1, ...shares.filter((_, index) => (ps[index] as number) >= p)));
}

export function isFinding(falseFindings: number): boolean {
  return falseFindings <= NEIGHBOURS.falseFindings;
}
