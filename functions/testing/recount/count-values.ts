import { AGE_BANDS, KEPT, RELEASES } from '../../../shared/figures/definitions.ts';
import type { Deactivation, SiteReport } from '../../../shared/report/interpret.ts';
import { countsAsEnd, isAtRisk, isReporting, type SiteOnDay } from './day-of-sites.ts';
import type { DayNumber } from './read-histories.ts';
import { firstReport, lastReportOn } from './site-states.ts';

/** How many of each, by a name. */
export type Counts<Heading extends string> = Record<string, Partial<Record<Heading, number>>>;

function add<Heading extends string>(counts: Counts<Heading>, name: string, heading: Heading): void {
  const row: Partial<Record<Heading, number>> = counts[name] ?? {};
  row[heading] = (row[heading] ?? 0) + 1;
  counts[name] = row;
}

const COLUMNS: Record<string, string> = {
  version: 'project_version',
  php: 'php_minor',
  wordpress: 'wp_minor',
  database: 'database',
  'web-server': 'web_server',
  locale: 'locale',
  country: 'country',
  theme: 'theme_slug',
  multisite: 'multisite',
};

/** A site has several values of these; who leaves is not counted by them. */
const MANY_VALUED = new Set(['plugin', 'unknown-field']);

/** What a report says, by dimension: its values, undefined where it does not say. */
function statedBy(
  { values, customFields, cleared, additional }: SiteReport,
  keys: string[],
): [string, string[] | undefined][] {
  const plugins = cleared.includes('plugins') ? [] : (values.plugins as { slug: string }[] | undefined);
  return [
    ...Object.entries(COLUMNS).map(([dimension, column]): [string, string[] | undefined] => {
      const value = values[column];
      if (value === undefined || value === null) return [dimension, undefined];
      return [dimension, [typeof value === 'boolean' ? (value ? 'yes' : 'no') : cut(value)]];
    }),
    ['plugin', plugins && [...new Set(plugins.map(({ slug }) => cut(slug)))]],
    // who sends nothing unheard-of is not unknown
    ['unknown-field', Object.keys(additional ?? {}).map(cut)],
    ...keys.map((key): [string, string[] | undefined] => {
      const value = customFields[key];
      return [`field:${key}`, value === undefined || value === null ? undefined : [cut(value)]];
    }),
  ];
}

function cut(value: unknown): string {
  return [...String(value)].slice(0, KEPT.valueCharacters).join('');
}

/** By `<dimension>=<value>`, or `<dimension> unknown`; who leaves is counted by what a site has one of. A field that nobody states is none. */
export function countSpreads(counted: SiteOnDay[], leaving: SiteOnDay[], day: DayNumber, keys: string[]) {
  const counts: Counts<'sites' | 'left_sites'> = {};
  const fields = new Set<string>();
  for (const { sites, heading } of [
    { sites: counted, heading: 'sites' },
    { sites: leaving, heading: 'left_sites' },
  ] as const) {
    for (const { history } of sites) {
      for (const [dimension, values] of statedBy(lastReportOn(history, day) as SiteReport, keys)) {
        if (heading === 'left_sites' && MANY_VALUED.has(dimension)) continue;
        if (values) fields.add(dimension);
        const names = values?.map((value) => `${dimension}=${value}`) ?? [`${dimension} unknown`];
        for (const name of names) add(counts, name, heading);
      }
    }
  }
  for (const key of keys) if (!fields.has(`field:${key}`)) delete counts[`field:${key} unknown`];
  return counts;
}

export function countReasons(left: Deactivation[]) {
  const counts: Counts<'sites'> = {};
  for (const { reasonId } of left) add(counts, reasonId === null ? 'reason unknown' : `reason=${reasonId}`, 'sites');
  return counts;
}

/** By `<version or nothing> at <age>`. */
export function countExposure(sites: SiteOnDay[], day: DayNumber) {
  const counts: Counts<'at_risk' | 'left_sites'> = {};
  for (const site of sites.filter(isAtRisk)) {
    const name = `${versionOf(site, day)} at ${ageBand(site, day)}`;
    add(counts, name, 'at_risk');
    if (site.end === 'left' && countsAsEnd(site)) add(counts, name, 'left_sites');
  }
  return counts;
}

/** By `<version or nothing> at <age in days>`. */
export function countReports(sites: SiteOnDay[], day: DayNumber) {
  const counts: Counts<'sites'> = {};
  for (const site of sites) {
    if (!isReporting(site, day)) continue;
    add(counts, `${versionOf(site, day)} at ${Math.min(ageOn(site, day), RELEASES.followedDays)}`, 'sites');
  }
  return counts;
}

/** By `<kind> <key or nothing>=<value or *> at <age>`; `*` is all that state the list or the field. */
export function countNeighbours(sites: SiteOnDay[], day: DayNumber, keys: string[]) {
  const counts: Counts<'at_risk' | 'left_sites'> = {};
  for (const site of sites.filter(isAtRisk)) {
    const age = ageBand(site, day);
    for (const [dimension, values] of statedBy(lastReportOn(site.history, day) as SiteReport, keys)) {
      const kind = dimension.startsWith('field:') ? `field ${dimension.slice(6)}` : `${dimension} `;
      if (values === undefined || !/^(?:plugin|theme|field)/.test(kind)) continue;
      for (const value of [...values, '*']) {
        add(counts, `${kind}=${value} at ${age}`, 'at_risk');
        if (site.end === 'left' && countsAsEnd(site)) add(counts, `${kind}=${value} at ${age}`, 'left_sites');
      }
    }
  }
  return counts;
}

function versionOf({ history }: SiteOnDay, day: DayNumber): string {
  return cut(lastReportOn(history, day)?.values.project_version ?? '');
}

function ageOn({ history }: SiteOnDay, day: DayNumber): number {
  return day - (firstReport(history)?.day as DayNumber);
}

function ageBand(site: SiteOnDay, day: DayNumber): string {
  const age = ageOn(site, day);
  return AGE_BANDS.find(({ fromDay, toDay }) => age >= fromDay && age <= (toDay ?? age))?.name as string;
}
