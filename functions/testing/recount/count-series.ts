import type { DayCounts } from './count-day.ts';
import type { Recount } from './recount.ts';

/** A day of a series; who states nothing, or nothing that is shown by name, is `unknown`. */
export interface SeriesDayCounts {
  total: number;
  unknown: number;
  /** None is zero. */
  counts: Record<string, number>;
}

const FLOWS: Record<string, keyof DayCounts> = {
  new: 'new_sites',
  reactivated: 'reactivated',
  resumed: 'resumed',
  left: 'left_sites',
  wentSilent: 'went_silent',
  copiesCountedAgain: 'copies_counted_again',
  copiesSetAside: 'copies_set_aside',
  deactivations: 'deactivations',
  deactivationsUnreported: 'deactivations_unreported',
  firstRefusals: 'first_refusals',
  withdrawn: 'withdrawn',
  unfamiliarReports: 'unfamiliar_reports',
  unfamiliarDeactivations: 'unfamiliar_deactivations',
};
const MANY_VALUED = ['plugin', 'unknown-field'];

/** The name of a row of `spreads` is `<dimension>=<value>` or `<dimension> unknown`. */
const ROW = /^(?<dimension>[^=]*?)(?:=(?<value>.*)| unknown)$/s;

/** Every series of a project, day by day. */
export function countSeries(days: DayCounts[]): Map<string, Map<string, SeriesDayCounts>> {
  const series = new Map<string, Map<string, SeriesDayCounts>>();
  const put = (dimension: string, day: string, counted: SeriesDayCounts) => {
    const own = series.get(dimension) ?? new Map<string, SeriesDayCounts>();
    series.set(dimension, own.set(day, counted));
  };
  let before = 0;
  for (const day of days) {
    put('active', day.day, { total: day.active, unknown: 0, counts: {} });
    const flows = Object.entries(FLOWS).map(([flow, column]): [string, number] => [flow, day[column] as number]);
    put('flows', day.day, {
      ...{ total: day.active - before, unknown: 0 },
      counts: Object.fromEntries(flows.filter(([, count]) => count > 0)),
    });
    before = day.active;
    for (const [dimension, counted] of spreadsOf(day)) put(dimension, day.day, counted);
  }
  return series;
}

function spreadsOf(day: DayCounts): Map<string, SeriesDayCounts> {
  const spreads = new Map<string, SeriesDayCounts>();
  for (const [name, { sites = 0 }] of Object.entries(day.spreads)) {
    const { dimension = '', value } = ROW.exec(name)?.groups ?? {};
    const spread = spreads.get(dimension) ?? { total: 0, unknown: 0, counts: {} };
    spreads.set(dimension, spread);
    if (value === undefined) spread.unknown += sites;
    else if (sites > 0) spread.counts[value] = sites;
    spread.total += sites;
  }
  for (const dimension of MANY_VALUED) {
    const spread = spreads.get(dimension);
    if (spread) spread.total = day.active;
  }
  return spreads;
}

/** The overview: as of the last complete day, and of the one that has begun. */
export function countOverview({ days }: Recount, { through, today }: { through: string; today: string }) {
  const on = (wanted: string) => days.find(({ day }) => day === wanted);
  const { staging = 0, local = 0, ephemeral = 0, copies = 0, active: activeToday = 0 } = on(today) ?? {};
  return {
    ...{ through, today, firstDay: days[0]?.day },
    dimensions: [...countSeries(days).keys()].sort(),
    ...{ active: on(through)?.active ?? 0, activeToday },
    notCounted: { staging, local, ephemeral, copies },
  };
}
