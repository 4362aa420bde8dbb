import { EXACT_LEAVES } from './definitions.ts';
import { normalTail, Z95 } from './normal.ts';

/** Sites of one age: leaves and days at risk of those in question, and of those they are held against. */
export interface Stratum {
  left: number;
  siteDays: number;
  othersLeft: number;
  othersSiteDays: number;
}

export interface RateRatio {
  /** Null when none of the others left. */
  ratio: number | null;
  /** 95 % bounds; null with the ratio, and when none left. */
  low: number | null;
  high: number | null;
  /** The chance of so many leaves or more if both left alike; 1 where nothing can be compared. */
  p: number;
  /** Only of ages that both have. */
  left: number;
  othersLeft: number;
}

/**
 * How many times as often sites left, held against others of the same age. Sources: Mantel-Haenszel for person-time and its
 * variance, Greenland and Robins, Biometrics 41 (1985), 55-68; mid-p, Lancaster, JASA 56 (1961), 223-234.
 */
export function rateRatio(strata: readonly Stratum[]): RateRatio {
  const both = strata.filter(({ siteDays, othersSiteDays }) => siteDays > 0 && othersSiteDays > 0);
  const sum = (term: (stratum: Stratum, total: number) => number) =>
    both.reduce((all, stratum) => all + term(stratum, stratum.siteDays + stratum.othersSiteDays), 0);
  const ours = sum(({ left, othersSiteDays }, total) => (left * othersSiteDays) / total);
  const theirs = sum(({ othersLeft, siteDays }, total) => (othersLeft * siteDays) / total);
  const spread = sum(
    ({ left, othersLeft, siteDays, othersSiteDays }, total) =>
      ((left + othersLeft) * siteDays * othersSiteDays) / total ** 2,
  );
  const ratio = theirs === 0 ? null : ours / theirs;
  const factor = ratio === null || ratio === 0 ? null : Math.exp(Z95 * Math.sqrt(spread / (ours * theirs)));
  return {
    ratio,
    low: ratio === null || factor === null ? null : ratio / factor,
    high: ratio === null || factor === null ? null : ratio * factor,
    p: chanceOfMore(both, spread),
    left: sum(({ left }) => left),
    othersLeft: sum(({ othersLeft }) => othersLeft),
  };
}

function chanceOfMore(strata: readonly Stratum[], variance: number): number {
  const withLeaves = strata.filter(({ left, othersLeft }) => left + othersLeft > 0);
  const left = withLeaves.reduce((sum, stratum) => sum + stratum.left, 0);
  const all = withLeaves.reduce((sum, stratum) => sum + stratum.left + stratum.othersLeft, 0);
  if (all === 0) return 1;
  const partOf = ({ siteDays, othersSiteDays }: Stratum) => siteDays / (siteDays + othersSiteDays);
  if (all > EXACT_LEAVES) {
    const expected = withLeaves.reduce((sum, one) => sum + (one.left + one.othersLeft) * partOf(one), 0);
    return normalTail((left - expected) / Math.sqrt(variance));
  }
  const chances = withLeaves
    .map((stratum) => binomial(stratum.left + stratum.othersLeft, partOf(stratum)))
    .reduce(convolve);
  return chances.slice(left + 1).reduce((sum, chance) => sum + chance, (chances[left] as number) / 2);
}

/** The chances of 0 … `trials` successes, `chance` being neither 0 nor 1. */
export function binomial(trials: number, chance: number): number[] {
  let logWays = 0;
  return Array.from({ length: trials + 1 }, (_, successes) => {
    if (successes > 0) logWays += Math.log((trials - successes + 1) / successes);
    return Math.exp(logWays + successes * Math.log(chance) + (trials - successes) * Math.log1p(-chance));
  });
}

function convolve(some: number[], others: number[]): number[] {
  const sums = new Array<number>(some.length + others.length - 1).fill(0);
  for (const [first, chance] of some.entries())
    for (const [second, other] of others.entries())
      sums[first + second] = (sums[first + second] as number) + chance * other;
  return sums;
}

/**
 * For each p the least share of false findings at which it would be among the findings. Source: Benjamini and Hochberg, JRSS B
 * 57 (1995), 289-300.
 */
export function falseFindings(ps: readonly number[]): number[] {
  const falling = ps.map((p, index) => ({ p, index })).sort((a, b) => b.p - a.p);
  const shares = new Array<number>(ps.length);
  let least = 1;
  for (const [place, { p, index }] of falling.entries()) {
    least = Math.min(least, (p * ps.length) / (ps.length - place));
    shares[index] = least;
  }
  return shares;
}
