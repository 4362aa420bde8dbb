import { isDeepStrictEqual } from 'node:util';
import type { DayCounts } from './count-day.ts';
import type { LifeRow } from './count-lives.ts';
import type { Counts } from './count-values.ts';

/** A row as BigQuery's client gives it. */
export type TableRow = Record<string, unknown>;

export interface Difference {
  what: string;
  recounted: unknown;
  rebuilt: unknown;
}

/** What rows of `project_days` say otherwise than a recount, figure by figure and day by day. */
export function compareDays(recounted: DayCounts[], rows: TableRow[]): Difference[] {
  const rebuilt = new Map(rows.map((row) => [textOf(row.day), row]));
  const days = new Set([...recounted.map(({ day }) => day), ...(rebuilt.keys() as Iterable<string>)]);
  const counted = new Map(recounted.map((one) => [one.day, one]));
  return [...days].sort().flatMap((day) => {
    const [expected, row] = [counted.get(day), rebuilt.get(day)];
    // a day on which nothing was heard, and nobody is there, has no row
    if (!row && expected && Object.values(expected).every((value) => typeof value !== 'number' || value === 0))
      return [];
    if (!expected || !row) return [{ what: day, recounted: expected?.active ?? null, rebuilt: row?.active ?? null }];
    const actual: Record<string, unknown> = { ...row, day, ...listsOf(row) };
    return Object.entries(expected).flatMap(([figure, value]) =>
      differences(`${day} ${figure}`, value, actual[figure]),
    );
  });
}

/** The same of `site_lives`. */
export function compareLives(recounted: LifeRow[], rows: TableRow[]): Difference[] {
  const key = ({ site, number }: TableRow | LifeRow) => `life ${number} of ${site}`;
  const rebuilt = new Map(rows.map((row) => [key(row), row]));
  const expected = new Map(recounted.map((life) => [key(life), life]));
  return [...new Set([...expected.keys(), ...rebuilt.keys()])].sort().flatMap((life) => {
    const [one, other] = [expected.get(life), rebuilt.get(life)];
    if (!one || !other) return [{ what: life, recounted: one ?? null, rebuilt: other ?? null }];
    return Object.entries(one).flatMap(([column, value]) =>
      differences(`${life} ${column}`, value, column.endsWith('_at') ? timeOf(other[column]) : textOf(other[column])),
    );
  });
}

/** Of two maps, only where they differ. */
function differences(what: string, recounted: unknown, rebuilt: unknown): Difference[] {
  if (isDeepStrictEqual(recounted, rebuilt)) return [];
  if (typeof recounted !== 'object' || recounted === null) return [{ what, recounted, rebuilt }];
  const [one, other] = [recounted as TableRow, (rebuilt ?? {}) as TableRow];
  return [...new Set([...Object.keys(one), ...Object.keys(other)])]
    .filter((name) => !isDeepStrictEqual(one[name], other[name]))
    .map((name) => ({ what: `${what}: ${name}`, recounted: one[name], rebuilt: other[name] }));
}

function listsOf(row: TableRow): Pick<DayCounts, 'spreads' | 'exposure' | 'reports' | 'neighbours'> {
  const list = (name: string) => (row[name] ?? []) as TableRow[];
  return {
    spreads: asCounts(list('spreads'), ({ dimension, value, rest }) =>
      rest === null ? `${dimension}=${value}` : `${dimension} ${rest}`,
    ),
    exposure: asCounts(list('exposure'), ({ version, age }) => `${version ?? ''} at ${age}`),
    reports: asCounts(list('reports'), ({ version, age_days: days }) => `${version ?? ''} at ${days}`),
    neighbours: asCounts(list('neighbours'), ({ kind, key, value, age }) => `${kind} ${key ?? ''}=${value} at ${age}`),
  };
}

const HEADINGS = ['sites', 'at_risk', 'left_sites'] as const;

function asCounts(rows: TableRow[], nameOf: (row: TableRow) => string): Counts<(typeof HEADINGS)[number]> {
  const counts: Counts<(typeof HEADINGS)[number]> = {};
  for (const row of rows) {
    const stated = HEADINGS.filter((heading) => Number(row[heading] ?? 0) !== 0);
    if (stated.length > 0) counts[nameOf(row)] = Object.fromEntries(stated.map((name) => [name, Number(row[name])]));
  }
  return counts;
}

/** Dates and times are objects with a value. */
function textOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'value' in value ? value.value : value;
}

function timeOf(value: unknown): string {
  return new Date(String(textOf(value))).toISOString();
}
