/** A share of so many sites at a moment, in any unit of time. */
export interface TrendPoint {
  at: number;
  share: number;
  sites: number;
}

/** A line through the log odds of a share. */
export interface Trend {
  slope: number;
  /** Standard error of the slope. */
  slopeError: number;
  degrees: number;
  logOdds(at: number): number;
  /** Standard error of the line there. */
  error(at: number): number;
}

/**
 * Weighted least squares on the log odds, each weighted by n p (1 - p); errors widen when points lie further from the line
 * than chance puts them, and never narrow. At least 3 points, at different moments. Sources: Berkson's minimum logit
 * chi-square, JASA 48 (1953), 565-599; Finney's heterogeneity factor, Probit Analysis (1971).
 */
export function fitTrend(points: readonly TrendPoint[]): Trend {
  const weighted = points.map(({ at, share, sites }) => {
    // log odds of 0 and 1 are infinite: half a site stands for none
    const odds = Math.min(Math.max(share, 0.5 / sites), 1 - 0.5 / sites);
    return { at, logOdds: logOdds(odds), weight: sites * odds * (1 - odds) };
  });
  const sum = (term: (point: (typeof weighted)[number]) => number) =>
    weighted.reduce((all, point) => all + point.weight * term(point), 0);
  const weight = sum(() => 1);
  const middle = sum(({ at }) => at) / weight;
  const mean = sum((point) => point.logOdds) / weight;
  const width = sum(({ at }) => (at - middle) ** 2);
  const slope = sum((point) => (point.at - middle) * (point.logOdds - mean)) / width;
  const degrees = points.length - 2;
  const line = (at: number) => mean + slope * (at - middle);
  const residuals = weighted.map(({ at, logOdds, weight }) => Math.sqrt(weight) * (logOdds - line(at)));
  const square = residuals.reduce((all, residual) => all + residual ** 2, 0);
  const heterogeneity = Math.max(1, square / degrees) * serialFactor(residuals, square);
  return {
    slope,
    slopeError: Math.sqrt(heterogeneity / width),
    degrees,
    logOdds: line,
    error: (at) => Math.sqrt(heterogeneity / weight + ((at - middle) ** 2 * heterogeneity) / width),
  };
}

/** Beyond this correlation a line of half a year cannot tell more from less. */
const MOST_CORRELATION = 0.75;

/** Points that lie on the line but for rounding say nothing of how they go together. */
const ROUNDING = 1e-12;

/**
 * By how much a variance grows since neighbouring points go the same way: the same sites are in both. The first correlation,
 * corrected for what the fit takes from it. Source: Marriott and Pope, Biometrika 41 (1954), 390-402.
 */
function serialFactor(residuals: readonly number[], square: number): number {
  if (square < ROUNDING) return 1;
  const count = residuals.length;
  const product = residuals.reduce((all, residual, index) => all + residual * (residuals[index + 1] ?? 0), 0);
  const corrected = ((count * product) / square + 2) / Math.max(1, count - 4);
  const correlation = Math.min(Math.max(corrected, 0), MOST_CORRELATION);
  return (1 + correlation) / (1 - correlation);
}

export function logOdds(share: number): number {
  return Math.log(share / (1 - share));
}
