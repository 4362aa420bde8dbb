import { NEIGHBOURS } from '../../../shared/figures/definitions.ts';
import type { NeighbourFound } from '../../../shared/figures/documents.ts';
import { neighbours } from '../../../shared/figures/neighbours.ts';
import { ALL_THAT_STATE_IT, type NeighbourRow } from './figure-rows.ts';
import { groupBy, sumOf } from './group-by.ts';

const FOUND_SHOWN = 50;

/** What goes with leaving, over plugins, themes and custom fields together. */
export function neighboursFound(rows: readonly NeighbourRow[]): NeighbourFound[] {
  const found = neighbours(
    rows.map(({ list, value, age, at_risk: siteDays, left_sites: left }) => ({
      dimension: list,
      value: value === ALL_THAT_STATE_IT ? null : value,
      age,
      siteDays,
      left,
    })),
  ).slice(0, FOUND_SHOWN);
  const rowsOf = groupBy(rows, ({ list, value }) => `${list} ${value}`);
  return found.map(({ dimension: list, ...one }) => {
    const [kind, key] = list.startsWith('field:') ? (['field', list.slice('field:'.length)] as const) : [list, null];
    const siteDays = sumOf(rowsOf.get(`${list} ${one.value}`) ?? [], (row) => row.at_risk);
    return { ...one, kind: kind as NeighbourFound['kind'], key, sites: Math.ceil(siteDays / NEIGHBOURS.days) };
  });
}
