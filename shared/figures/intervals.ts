import { SURE_SITES } from './definitions.ts';
import { Z95 } from './normal.ts';

export interface Interval {
  low: number;
  high: number;
}

/** Sites of a base; `low` and `high` are null where the base is large enough to do without, all three where it is empty. */
export interface Share {
  share: number | null;
  sites: number;
  base: number;
  low: number | null;
  high: number | null;
}

/** From 0 to 1, with its 95 % interval when the base is small. */
export function shareOf(sites: number, base: number): Share {
  const { low, high } = base === 0 || base >= SURE_SITES ? { low: null, high: null } : wilson(sites, base);
  return { share: base === 0 ? null : sites / base, sites, base, low, high };
}

/** The score interval of a share. Source: E. B. Wilson, JASA 22 (1927), 209-212. */
export function wilson(sites: number, base: number, z = Z95): Interval {
  const share = sites / base;
  const square = (z * z) / base;
  const middle = share + square / 2;
  const half = z * Math.sqrt((share * (1 - share) + square / 4) / base);
  return {
    low: sites === 0 ? 0 : (middle - half) / (1 + square),
    high: sites === base ? 1 : (middle + half) / (1 + square),
  };
}

/**
 * The 95 % interval of the mean of what was counted once, to 1 % of the exact one from 5 on. Source: Byar's approximation,
 * Breslow and Day, Statistical Methods in Cancer Research II (IARC 1987), page 69.
 */
export function countInterval(count: number): Interval {
  const edge = (events: number, z: number) => events * (1 - 1 / (9 * events) + z / (3 * Math.sqrt(events))) ** 3;
  return { low: count === 0 ? 0 : edge(count, -Z95), high: edge(count + 1, Z95) };
}
