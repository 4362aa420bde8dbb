import type { Series } from '../../../shared/figures/documents.ts';
import type { Snapshot } from '../../../shared/stores/figures/figures.ts';
import type { Difference } from './compare-tables.ts';
import { countFigures } from './count-documents.ts';
import { countOverview, countSeries, type SeriesDayCounts } from './count-series.ts';
import type { Recount } from './recount.ts';

const NOTHING: SeriesDayCounts = { total: 0, unknown: 0, counts: {} };
/** Two ways to the same share differ by this at most. */
const ROUNDING = 1e-9;

/** What readers are shown of a project otherwise than a recount says: its overview, every day of every series, and its figures. */
export function compareDocuments(recounted: Recount, { analytics, series, figures }: Snapshot): Difference[] {
  const { through, today } = analytics;
  return [
    ...differences('overview', countOverview(recounted, { through, today }), analytics),
    ...compareSeries(recounted, series),
    ...differences('figures', countFigures(recounted, through), figures),
  ];
}

function compareSeries({ days }: Recount, series: Series[]): Difference[] {
  const counted = countSeries(days);
  const shown = new Map(series.map((one) => [one.dimension as string, shownDays(one)]));
  return [...new Set([...counted.keys(), ...shown.keys()])].flatMap((dimension) => {
    const [one, other] = [counted.get(dimension), shown.get(dimension)];
    const named = new Set([...(one?.keys() ?? []), ...(other?.keys() ?? [])]);
    // of a day of which nothing is known there is none
    return [...named]
      .sort()
      .flatMap((day) =>
        differences(`series ${dimension} ${day}`, one?.get(day) ?? NOTHING, other?.get(day) ?? NOTHING, true),
      );
  });
}

function shownDays({ names, days }: Series): Map<string, SeriesDayCounts> {
  return new Map(
    days.map(({ day, total, unknown, other, counts }) => {
      const stated = counts.map(([place, count]): [string, number] => [names[place] as string, count]);
      const rest = other > 0 ? [['in others', other]] : [];
      return [
        day,
        { total, unknown, counts: Object.fromEntries([...stated.filter(([, count]) => count > 0), ...rest]) },
      ];
    }),
  );
}

/** Of two values, place by place; `exact`: the second has nothing that the first has not. */
function differences(what: string, recounted: unknown, rebuilt: unknown, exact = false): Difference[] {
  if (typeof recounted === 'number' && typeof rebuilt === 'number') {
    const isSame = Math.abs(recounted - rebuilt) <= ROUNDING * Math.max(1, Math.abs(recounted));
    return isSame ? [] : [{ what, recounted, rebuilt }];
  }
  const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
  if (!isObject(recounted) || !isObject(rebuilt))
    return Object.is(recounted, rebuilt) ? [] : [{ what, recounted, rebuilt }];
  const isWhole = exact || Array.isArray(recounted);
  const names = new Set([...Object.keys(recounted), ...(isWhole ? Object.keys(rebuilt) : [])]);
  return [...names].flatMap((name) => differences(`${what}.${name}`, recounted[name], rebuilt[name], exact));
}
