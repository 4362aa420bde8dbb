import { addDays, type Day, daysBetween } from '../../../shared/figures/days.ts';
import { AGE_BANDS, DROP, HALF, RATE, RELEASES, RETENTION_AGES } from '../../../shared/figures/definitions.ts';
import type { Advisory } from '../../../shared/project/advisories.ts';
import type { Project } from '../../../shared/project/project.ts';
import { compareVersions } from '../../../shared/report/versions.ts';
import type { DayCounts } from '../recount/count-day.ts';
import {
  countAdoption,
  countBelow,
  countOptIn,
  countRate,
  countRetention,
  productionOf,
} from '../recount/count-figures.ts';
import { sitesOfDay } from '../recount/day-of-sites.ts';
import { dayNumber } from '../recount/read-histories.ts';
import type { Recount } from '../recount/recount.ts';
import { firstReport, lastReportOn } from '../recount/site-states.ts';
import {
  DROPPED,
  daysBetweenBoth,
  type Figures,
  FLOW_COLUMNS,
  type ShownDays,
  SPREADS,
  shownDays,
} from './figure-names.ts';

interface Range {
  from: Day;
  to: Day;
}

/** A release as it is announced: no recount tells its day. */
export interface Announced {
  version: string;
  releasedOn: Day;
}

/** Every figure that a page shows, by its name, from the recount alone; and the rate of so many of so many site days. */
export function recountedFigures(
  recounted: Recount,
  { project, through, releases }: { project: Project; through: Day; releases: readonly Announced[] },
): Figures {
  const { days } = recounted;
  const shown = shownDays(through);
  const byDay = new Map(days.map((day) => [day.day, day]));
  const figures: Figures = new Map();
  const put = (name: string, value: number | null) => void figures.set(name, value);
  putDays(put, byDay, shown);
  putNotCounted(put, byDay.get(shown.today));
  putReasons(put, days, shown);
  putSpreads(put, byDay, { shown, keys: project.customFields.map(({ key }) => key) });
  putVersions(put, byDay, shown);
  for (const advisory of project.advisories) putAdvisory(put, byDay, { advisory, shown });
  putBelow(put, byDay, through);
  putNewest(put, recounted, { through, newest: releases[0]?.version });
  putRates(put, days, { shown, keys: project.customFields.map(({ key }) => key) });
  putAges(put, recounted, shown);
  putRetention(put, recounted, through);
  for (const release of releases) putRelease(put, recounted, { release, through });
  return figures;
}

type Put = (name: string, value: number | null) => void;
type ByDay = ReadonlyMap<Day, DayCounts>;

const sumOf = (numbers: Iterable<number>): number => [...numbers].reduce((sum, one) => sum + one, 0);
const within = (days: Iterable<DayCounts>, { from, to }: Range) =>
  [...days].filter(({ day }) => day >= from && day <= to);

type Flow = keyof typeof FLOW_COLUMNS;
const flowOf = (day: DayCounts, flow: Flow) => sumOf(FLOW_COLUMNS[flow].map((column) => day[column]));

function putDays(put: Put, byDay: ByDay, { period, compared, today }: ShownDays): void {
  const flows = Object.keys(FLOW_COLUMNS) as Flow[];
  for (const day of daysBetweenBoth(compared.from, today)) {
    const counts = byDay.get(day);
    if (counts === undefined) continue;
    put(`active on ${day}`, counts.active);
    for (const flow of flows) put(`${flow} on ${day}`, flowOf(counts, flow));
  }
  const all = [...byDay.values()];
  for (const [name, range] of [
    ['period', period],
    ['compared', compared],
  ] as const) {
    // a young project's period has the days that there are; nothing is compared with days of which some are missing
    if (name === 'compared' && !byDay.has(range.from)) continue;
    for (const flow of flows) put(`${flow} in ${name}`, sumOf(within(all, range).map((day) => flowOf(day, flow))));
    const { sites, of } = countOptIn(all, range.from, range.to);
    put(`opt-in yes in ${name}`, sites);
    put(`opt-in answers in ${name}`, of);
  }
}

function putNotCounted(put: Put, today: DayCounts | undefined): void {
  for (const name of ['staging', 'local', 'ephemeral', 'copies'] as const)
    put(`not counted ${name}`, today?.[name] ?? 0);
}

function putReasons(put: Put, days: DayCounts[], { period, compared }: ShownDays): void {
  for (const [name, range] of [
    ['period', period],
    ['compared', compared],
  ] as const) {
    const own = within(days, range);
    put(`deactivations in ${name}`, sumOf(own.map(({ deactivations }) => deactivations)));
    const counts = new Map<string, number>();
    for (const { spreads } of own) {
      for (const [each, { sites = 0 }] of Object.entries(spreads)) {
        const id = each === 'reason unknown' ? 'none' : /^reason=(.*)$/s.exec(each)?.[1];
        if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + sites);
      }
    }
    for (const [id, count] of counts) put(`reason ${id} in ${name}`, count);
  }
}

function spreadOf({ spreads }: DayCounts, dimension: string): Map<string, number> {
  const prefix = `${dimension}=`;
  return new Map(
    Object.entries(spreads).flatMap(([name, { sites = 0 }]): [string, number][] =>
      name.startsWith(prefix) && sites > 0 ? [[name.slice(prefix.length), sites]] : [],
    ),
  );
}

function putSpreads(put: Put, byDay: ByDay, { shown, keys }: { shown: ShownDays; keys: string[] }): void {
  for (const day of [shown.period.from, shown.through]) {
    const counts = byDay.get(day);
    if (counts === undefined) continue;
    for (const dimension of [...SPREADS, ...keys.map((key) => `field:${key}`)]) {
      const unknown = counts.spreads[`${dimension} unknown`]?.sites ?? 0;
      put(`${dimension} unknown on ${day}`, unknown);
      put(`${dimension} known on ${day}`, counts.active - unknown);
      for (const [value, sites] of spreadOf(counts, dimension)) put(`${dimension} ${value} on ${day}`, sites);
    }
  }
}

function putVersions(put: Put, byDay: ByDay, { period, today }: ShownDays): void {
  for (const day of daysBetweenBoth(period.from, today)) {
    const counts = byDay.get(day);
    if (counts === undefined) continue;
    const unknown = counts.spreads['version unknown']?.sites ?? 0;
    put(`version unknown on ${day}`, unknown);
    put(`version known on ${day}`, counts.active - unknown);
    for (const [version, sites] of spreadOf(counts, 'version')) put(`version ${version} on ${day}`, sites);
  }
}

/** Of this recount an advisory is one of the versions up to another. */
function putAdvisory(put: Put, byDay: ByDay, { advisory, shown }: { advisory: Advisory; shown: ShownDays }): void {
  const [, bound = ''] = /^<=(\S+)$/.exec(advisory.affected) ?? [];
  for (const day of daysBetweenBoth(advisory.publishedAt, shown.today)) {
    const counts = byDay.get(day);
    if (counts === undefined) continue;
    const those = [...spreadOf(counts, 'version')].filter(([version]) => compareVersions(version, bound) <= 0);
    put(`affected by ${advisory.id} on ${day}`, sumOf(those.map(([, sites]) => sites)));
  }
}

const WEEK_DAYS = 7;

function putBelow(put: Put, byDay: ByDay, through: Day): void {
  const { dimension, below } = DROPPED;
  const last = byDay.get(through);
  if (last !== undefined) {
    const { sites, of, unknown } = countBelow(last, dimension, below);
    put('below', sites);
    put('below of', of);
    put('below unknown', unknown);
  }
  for (let week = DROP.weeks - 1; week >= 0; week -= 1) {
    const end = addDays(through, -week * WEEK_DAYS);
    const own = within(byDay.values(), { from: addDays(end, 1 - WEEK_DAYS), to: end });
    const counts = own.map((day) => countBelow(day, dimension, below));
    const known = sumOf(counts.map(({ of }) => of));
    if (own.length < WEEK_DAYS || known === 0) continue;
    put(`below in week to ${end}`, Math.round(sumOf(counts.map(({ sites }) => sites)) / WEEK_DAYS));
    put(`below of in week to ${end}`, Math.round(known / WEEK_DAYS));
  }
}

function putNewest(
  put: Put,
  { histories }: Recount,
  { through, newest }: { through: Day; newest: string | undefined },
) {
  if (newest === undefined) return;
  const day = dayNumber(through);
  const on = sitesOfDay(histories, day)
    .filter(({ after, isCopy }) => after === 'active' && !isCopy)
    .map(({ history }) => lastReportOn(history, day)?.values ?? {})
    .filter(({ project_version: version }) => version === newest);
  const known = on.flatMap(({ php_minor: php }) => (typeof php === 'string' ? [php] : []));
  put('below on the newest', known.filter((php) => compareVersions(php, DROPPED.below) < 0).length);
  put('below of on the newest', known.length);
}

/** A rate, of which there is none when too few left, or were there. */
function putRate(put: Put, name: string, { siteDays, leaves }: { siteDays: number; leaves: number }, mostDays: number) {
  const sites = Math.ceil(siteDays / mostDays);
  const isEnough = leaves >= RATE.leastLeaves && sites >= RATE.leastSites;
  put(`rate ${name}`, isEnough ? (leaves * RATE.sites * RATE.days) / siteDays : null);
  put(`left ${name}`, leaves);
  put(`sites ${name}`, sites);
}

function putRates(put: Put, days: DayCounts[], { shown: { period }, keys }: { shown: ShownDays; keys: string[] }) {
  const own = within(days, period);
  const most = daysBetween(period.from, period.to) + 1;
  const rate = (name: string, fits: RegExp, mostDays = most) =>
    putRate(put, name, countRate(days, { ...period, name: fits }), Math.min(most, mostDays));
  rate('of all', /./);
  const { siteDays } = countRate(days, { ...period, name: /./ });
  putRate(put, 'going silent', { siteDays, leaves: sumOf(own.map((day) => day.went_silent)) }, most);
  for (const { name, fromDay, toDay } of AGE_BANDS)
    rate(`of age ${name}`, new RegExp(` at ${name.replace('+', '\\+')}$`), toDay === null ? most : toDay - fromDay + 1);
  const values = new Map<string, { siteDays: number; leaves: number }>();
  const add = (
    name: string,
    { at_risk: atRisk = 0, left_sites: left = 0 }: { at_risk?: number; left_sites?: number },
  ) => {
    const { siteDays: before, leaves } = values.get(name) ?? { siteDays: 0, leaves: 0 };
    values.set(name, { siteDays: before + atRisk, leaves: leaves + left });
  };
  for (const { exposure, neighbours } of own) {
    for (const [name, row] of Object.entries(exposure)) add(`of version ${name.replace(/ at \S+$/, '')}`, row);
    for (const [name, row] of Object.entries(neighbours)) {
      const [, kind, key, value] = /^(theme|plugin|field) (.*?)=(.*) at \S+$/s.exec(name) ?? [];
      if (value === '*') continue;
      if (kind === 'theme' || kind === 'plugin') add(`of ${kind} ${value}`, row);
      if (kind === 'field' && keys.includes(key ?? '')) add(`of field:${key} ${value}`, row);
    }
  }
  for (const [name, counts] of values) putRate(put, name, counts, most);
}

/** From one of these days to the next. */
const HISTOGRAM_DAYS = [0, 1, 2, 7, 14, 30, 60, 90, 180, 365];

function putAges(put: Put, { lives, histories }: Recount, { period, through }: ShownDays): void {
  const first = new Map(productionOf(histories).map((history) => [history.site, firstReport(history)?.day ?? 0]));
  const ages = lives
    .flatMap(({ site, left_day: day }) =>
      day !== null && day >= period.from && day <= through ? [dayNumber(day) - (first.get(site) ?? 0)] : [],
    )
    .sort((one, other) => one - other);
  for (const [place, from] of HISTOGRAM_DAYS.entries()) {
    const next = HISTOGRAM_DAYS[place + 1] ?? Number.POSITIVE_INFINITY;
    put(`left at ${from} days`, ages.filter((age) => age >= from && age < next).length);
  }
  const isEnough = ages.length >= RATE.leastLeaves;
  const at = (place: number) => ages[place - 1] ?? Number.NaN;
  const median = (at(Math.ceil(ages.length / 2)) + at(Math.ceil((ages.length + 1) / 2))) / 2;
  put('left with an age', ages.length);
  put('median age at leaving', isEnough ? median : null);
  put('early share of those that left', isEnough ? ages.filter((age) => age <= 1).length / ages.length : null);
}

function putRetention(put: Put, { histories }: Recount, through: Day): void {
  for (const { from, sites, kept } of countRetention(histories, through)) {
    put(`cohort of ${from}`, sites);
    for (const [place, age] of RETENTION_AGES.entries()) put(`cohort of ${from} at ${age}`, kept[place] ?? null);
  }
}

function putRelease(
  put: Put,
  { histories }: Recount,
  { release: { version, releasedOn }, through }: { release: Announced; through: Day },
): void {
  let half: number | null = null;
  const last = Math.min(RELEASES.followedDays - 1, daysBetween(releasedOn, through));
  for (let since = 0; since <= last; since += 1) {
    const day = addDays(releasedOn, since);
    const { now, known } = countAdoption(histories, { version, releasedOn }, day);
    put(`${version} now on day ${since}`, now.sites);
    put(`${version} now of on day ${since}`, now.of);
    put(`${version} known on day ${since}`, known.sites);
    put(`${version} known of on day ${since}`, known.of);
    if (half === null && now.of > 0 && now.sites / now.of >= HALF) half = since;
  }
  put(`${version} days to half`, half);
}
