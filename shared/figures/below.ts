import { compareVersions } from '../report/versions.ts';
import { type Day, daysBetween } from './days.ts';
import { HALF } from './definitions.ts';
import { type Share, shareOf } from './intervals.ts';

/** How many active sites have which value; null: unknown, or one of those that are counted together. */
export interface SpreadRow {
  value: string | null;
  sites: number;
}

export interface Below extends Share {
  unknown: number;
}

/** The sites below a version, of those whose version is known. */
export function below(spread: readonly SpreadRow[], version: string): Below {
  const sum = (rows: readonly SpreadRow[]) => rows.reduce((sites, row) => sites + row.sites, 0);
  const known = spread.filter(({ value }) => value !== null);
  const lower = known.filter(({ value }) => compareVersions(value as string, version) < 0);
  return { ...shareOf(sum(lower), sum(known)), unknown: sum(spread) - sum(known) };
}

/** The versions of one database product: each has a scale of its own. Those of the other one are left out. */
export function ofProduct(spread: readonly SpreadRow[], product: 'MySQL' | 'MariaDB'): SpreadRow[] {
  return spread.flatMap(({ value, sites }): SpreadRow[] => {
    if (value === null) return [{ value, sites }];
    return value.startsWith(`${product} `) ? [{ value: value.slice(product.length + 1), sites }] : [];
  });
}

/** Days from when an advisory was published until half of the sites it affected were fixed; null until then. In the order of days. */
export function daysToHalfFixed(days: readonly { day: Day; affected: number }[], publishedDay: Day): number | null {
  const since = days.filter(({ day }) => day >= publishedDay);
  const [first] = since;
  if (first === undefined || first.affected === 0) return null;
  const half = since.find(({ affected }) => affected <= first.affected * HALF);
  return half === undefined ? null : daysBetween(publishedDay, half.day);
}
