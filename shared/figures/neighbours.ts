import { type AgeBand, NEIGHBOURS } from './definitions.ts';
import { isEnough } from './rates.ts';
import { falseFindings, type RateRatio, rateRatio } from './ratios.ts';

/**
 * Sites of an age that have a plugin, a theme or a value of a field, over the days looked at; `value` null: all that state
 * that dimension.
 */
export interface NeighbourRow {
  dimension: string;
  value: string | null;
  age: AgeBand;
  siteDays: number;
  left: number;
}

export interface Neighbour extends RateRatio {
  dimension: string;
  value: string;
  /** The share of findings up to this one that chance may have made. */
  falseFindings: number;
}

/**
 * What goes with leaving, surest first: sites with it against those of the same age that state the same and are without. Only
 * what chance does not explain; all that had enough leaves and sites count as tried.
 */
export function neighbours(rows: readonly NeighbourRow[]): Neighbour[] {
  const byValue = new Map<string, NeighbourRow[]>();
  for (const row of rows) {
    const key = JSON.stringify([row.dimension, row.value]);
    byValue.set(key, [...(byValue.get(key) ?? []), row]);
  }
  const tried = [...byValue.values()].flatMap((own) => {
    const { dimension, value } = own[0] as NeighbourRow;
    const siteDays = own.reduce((sum, row) => sum + row.siteDays, 0);
    const left = own.reduce((sum, row) => sum + row.left, 0);
    if (value === null || !isEnough(left, Math.ceil(siteDays / NEIGHBOURS.days))) return [];
    const stated = byValue.get(JSON.stringify([dimension, null])) ?? [];
    const strata = stated.map((all) =>
      without(
        all,
        own.find(({ age }) => age === all.age),
      ),
    );
    return [{ dimension, value, ...rateRatio(strata) }];
  });
  const shares = falseFindings(tried.map(({ p }) => p));
  return tried
    .map((one, index) => ({ ...one, falseFindings: shares[index] as number }))
    .filter((one) => one.falseFindings <= NEIGHBOURS.falseFindings)
    .sort((a, b) => (b.low ?? 0) - (a.low ?? 0) || (a.value < b.value ? -1 : 1));
}

function without(all: NeighbourRow, { siteDays, left }: { siteDays: number; left: number } = { siteDays: 0, left: 0 }) {
  return { left, siteDays, othersLeft: all.left - left, othersSiteDays: all.siteDays - siteDays };
}
