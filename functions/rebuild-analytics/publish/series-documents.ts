import type { Day } from '../../../shared/figures/days.ts';
import {
  type Dimension,
  FLOWS,
  type Flow,
  MANY_VALUED,
  type SeriesDay,
  type SeriesDocument,
} from '../../../shared/figures/documents.ts';
import { net } from '../../../shared/figures/flows.ts';
import { seriesId } from '../../../shared/stores/figures/figures.ts';
import { groupBy } from './group-by.ts';

/** A project's day, as sql/figures-months.sql gives it. */
export interface DayRow {
  day: Day;
  active: number;
  new_sites: number;
  reactivated: number;
  resumed: number;
  left_sites: number;
  went_silent: number;
  copies_counted_again: number;
  copies_set_aside: number;
  deactivations: number;
  deactivations_unreported: number;
  first_refusals: number;
  withdrawn: number;
  staging: number;
  local: number;
  ephemeral: number;
  copies: number;
  unfamiliar_reports: number;
  unfamiliar_deactivations: number;
  spreads: SpreadRow[];
}

interface SpreadRow {
  dimension: Dimension;
  value: string | null;
  rest: 'other' | 'unknown' | null;
  sites: number;
}

const FLOW_COLUMNS: Record<Flow, keyof DayRow> = {
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

/** What the names of a document may take in all; with the counts of 31 days, and what the document was before, it stays below a megabyte. */
const MOST_NAME_BYTES = 150_000;
const MOST_NAMES = 2000;

/**
 * The series of a project's month, of its days in their order; those of `dimensions` that it has nothing of are empty, so that
 * they take the place of what there was.
 */
export function seriesDocuments(
  { project, month, generation }: { project: string; month: string; generation: number },
  rows: readonly DayRow[],
  dimensions: Iterable<Dimension>,
): SeriesDocument[] {
  const days = new Map<Dimension, NamedDay[]>([
    ['active', rows.map(({ day, active }) => ({ day, total: active, unknown: 0, other: 0, counts: [] }))],
    ['flows', rows.map(flowsOf)],
  ]);
  for (const row of rows) {
    for (const [dimension, spread] of groupBy(row.spreads, (one) => one.dimension)) {
      const known = days.get(dimension) ?? [];
      known.push(spreadOf(row, dimension, spread));
      days.set(dimension, known);
    }
  }
  for (const dimension of dimensions) if (!days.has(dimension)) days.set(dimension, []);
  return [...days].map(([dimension, named]) => ({
    _id: seriesId(project, dimension, month),
    generation,
    ...withNames(named, MANY_VALUED.includes(dimension)),
  }));
}

/** A day with its values' names in the place of their indexes. */
interface NamedDay extends Omit<SeriesDay, 'counts'> {
  counts: [string, number][];
}

function flowsOf(row: DayRow): NamedDay {
  const counts = FLOWS.map((flow): [string, number] => [flow, row[FLOW_COLUMNS[flow]] as number]);
  const total = net({
    new: row.new_sites,
    reactivated: row.reactivated,
    resumed: row.resumed,
    left: row.left_sites,
    silent: row.went_silent,
    copiesCounted: row.copies_counted_again,
    copiesSetAside: row.copies_set_aside,
  });
  return { day: row.day, total, unknown: 0, other: 0, counts: counts.filter(([, count]) => count !== 0) };
}

function spreadOf(row: DayRow, dimension: Dimension, spread: readonly SpreadRow[]): NamedDay {
  const sumOf = (rest: SpreadRow['rest']) =>
    spread.filter((one) => one.rest === rest).reduce((sum, { sites }) => sum + sites, 0);
  const counts = spread
    .filter(({ rest }) => rest === null)
    .map(({ value, sites }): [string, number] => [value ?? '', sites]);
  const [unknown, other] = [sumOf('unknown'), sumOf('other')];
  const total = MANY_VALUED.includes(dimension) ? row.active : sumOf(null) + unknown + other;
  return { day: row.day, total, unknown, other, counts: counts.sort(mostFirst) };
}

function mostFirst([one, many]: [string, number], [other, more]: [string, number]): number {
  return more - many || (one < other ? -1 : 1);
}

/** One table of names for all days: of the most frequent, as many as a document may have; the others are counted together. */
function withNames(days: readonly NamedDay[], isManyValued: boolean): Pick<SeriesDocument, 'names' | 'days'> {
  const sums = new Map<string, number>();
  for (const { counts } of days) for (const [name, count] of counts) sums.set(name, (sums.get(name) ?? 0) + count);
  const places = new Map<string, number>();
  let bytes = 0;
  for (const [name] of [...sums].sort(mostFirst).slice(0, MOST_NAMES)) {
    bytes += Buffer.byteLength(name);
    if (bytes > MOST_NAME_BYTES) break;
    places.set(name, places.size);
  }
  return {
    names: [...places.keys()],
    days: days.map(({ counts, ...day }) => {
      const kept = counts.filter(([name]) => places.has(name));
      const left = counts.filter(([name]) => !places.has(name)).reduce((sum, [, count]) => sum + count, 0);
      return {
        ...day,
        other: isManyValued ? day.other : day.other + left,
        counts: kept.map(([name, count]): [number, number] => [places.get(name) as number, count]),
      };
    }),
  };
}
