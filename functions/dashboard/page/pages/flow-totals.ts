import type { ChartedFlow } from '../../../../shared/figures/overview.ts';
import type { OverviewAnswer } from '../../api.ts';

/** What a column of the flows is of. */
export const SHOWN_FLOWS = {
  new: ['new'],
  back: ['reactivated', 'resumed'],
  left: ['left'],
  silent: ['wentSilent'],
} as const satisfies Record<string, readonly ChartedFlow[]>;
export type ShownFlow = keyof typeof SHOWN_FLOWS;

type Chart = Pick<OverviewAnswer['chart'], 'days' | 'flows' | 'partialFrom'>;

/** By day; null where nothing is known of it. */
export function dailyFlow({ days, flows }: Chart, name: ShownFlow): (number | null)[] {
  return days.map((_, index) => sumOf(SHOWN_FLOWS[name].map((flow) => flows[flow][index] ?? null)));
}

/** Of the complete days together. */
export function flowTotals(chart: Chart): Record<ShownFlow, number> {
  const total = (name: ShownFlow) => sumOf(dailyFlow(chart, name).slice(0, chart.partialFrom)) ?? 0;
  return { new: total('new'), back: total('back'), left: total('left'), silent: total('silent') };
}

function sumOf(values: (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
}
