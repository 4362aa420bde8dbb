import type { ValueRate } from '../../../shared/figures/documents.ts';
import type { Project } from '../../../shared/project/project.ts';
import type {
  AdvisoriesAnswer,
  OverviewAnswer,
  RatesAnswer,
  ReleasesAnswer,
  RetentionAnswer,
  SeriesAnswer,
  StatusAnswer,
  SupportAnswer,
} from '../../dashboard/api.ts';
import { DROPPED, type Figures, FLOW_COLUMNS, type ShownDays, SPREADS, shownDays } from './figure-names.ts';

/** What the API says of a project, with what the pages ask of it when nothing is chosen. */
export interface Answers {
  status: StatusAnswer;
  overview: OverviewAnswer;
  /** From the first of the days that are compared until today. */
  flows: SeriesAnswer;
  active: SeriesAnswer;
  reasons: SeriesAnswer;
  versions: SeriesAnswer;
  spreads: SeriesAnswer[];
  releases: ReleasesAnswer;
  advisories: AdvisoriesAnswer;
  support: SupportAnswer;
  rates: RatesAnswer;
  retention: RetentionAnswer;
}

/** More values than a page shows. */
const TOP = 20;

export async function askAll(get: <Answer>(path: string) => Promise<Answer>, project: Project): Promise<Answers> {
  const status = await get<StatusAnswer>('/status');
  const { period, compared, today, through } = shownDays(String(status.through));
  const of = <Answer>(path: string) => get<Answer>(`/projects/${project.slug}${path}`);
  const series = (dimension: string, from: string, to = today) =>
    of<SeriesAnswer>(`/series/${encodeURIComponent(dimension)}?from=${from}&to=${to}&top=${TOP}`);
  const dimensions = [...SPREADS, ...project.customFields.map(({ key }) => `field:${key}`)];
  return {
    status,
    overview: await of('/overview'),
    active: await series('active', compared.from),
    flows: await series('flows', compared.from),
    reasons: await series('reason', compared.from, through),
    versions: await series('version', period.from),
    spreads: await Promise.all(dimensions.map((dimension) => series(dimension, period.from))),
    releases: await of('/releases'),
    advisories: await of('/advisories'),
    support: await of(`/support?dimension=${DROPPED.dimension}&below=${DROPPED.below}`),
    rates: await of('/rates'),
    retention: await of('/retention'),
  };
}

type Put = (name: string, value: number | null) => void;

/** Figures by their names, as the API says them: where two answers say one, both have to be the same. */
export function answeredFigures(answers: Answers): { figures: Figures; contradictions: string[] } {
  const figures: Figures = new Map();
  const contradictions: string[] = [];
  const put: Put = (name, value) => {
    const before = figures.get(name);
    if (before !== undefined && before !== value) contradictions.push(`${name}: ${before} and ${value}`);
    figures.set(name, value);
  };
  const shown = shownDays(answers.overview.through);
  putOverview(put, answers.overview);
  putSeries(put, answers, shown);
  putReleases(put, answers.releases);
  for (const { id, sites, days } of answers.advisories.advisories) {
    put(`affected by ${id} on ${shown.through}`, sites.sites);
    for (const one of days) put(`affected by ${id} on ${one.day}`, one.sites);
  }
  for (const one of answers.overview.attention) {
    if (one.kind === 'advisory') put(`affected by ${one.id} on ${shown.through}`, one.sites);
  }
  putSupport(put, answers.support);
  putRates(put, answers.rates);
  for (const { from, sites, kept } of answers.retention.cohorts) {
    put(`cohort of ${from}`, sites);
    for (const [place, age] of answers.retention.ages.entries())
      put(`cohort of ${from} at ${age}`, kept[place] ?? null);
  }
  return { figures, contradictions };
}

const COLUMNS = { new: ['new'], back: ['reactivated', 'resumed'], left: ['left'], silent: ['wentSilent'] } as const;
type Flow = keyof typeof FLOW_COLUMNS;
const FLOWS = Object.keys(FLOW_COLUMNS) as Flow[];

function putOverview(put: Put, { figures, chart, period, notCounted, versions, through }: OverviewAnswer): void {
  const { active, new: fresh, left, optIn } = figures;
  put(`active on ${period.to}`, active.value);
  if (period.compared) put(`active on ${period.compared.to}`, active.before);
  for (const [name, headline] of [
    ['new', fresh],
    ['left', left],
  ] as const) {
    put(`${name} in period`, headline.value);
    if (period.compared) put(`${name} in compared`, headline.before);
  }
  put('opt-in yes in period', optIn.of.sites);
  put('opt-in answers in period', optIn.of.base);
  for (const [index, day] of chart.days.entries()) {
    const value = chart.active[index];
    if (value == null) continue;
    put(`active on ${day}`, value);
    for (const flow of FLOWS)
      put(
        `${flow} on ${day}`,
        COLUMNS[flow].reduce((sum, name) => sum + (chart.flows[name][index] ?? 0), 0),
      );
  }
  for (const [name, sites] of Object.entries(notCounted)) put(`not counted ${name}`, sites);
  for (const { version, sites } of versions.spread) if (sites > 0) put(`version ${version} on ${through}`, sites);
  put(`version unknown on ${through}`, versions.unknown);
}

/** What a series says of a day. */
function* cellsOf({ days, series, total, unknown }: SeriesAnswer) {
  for (const [index, day] of days.entries()) {
    const all = total[index];
    if (all == null) continue;
    const values = series.map(({ name, values: own }): [string, number] => [name, own[index] ?? 0]);
    yield { day, all, unknown: unknown[index] ?? 0, values: new Map(values) };
  }
}

function putSeries(put: Put, { active, flows, reasons, versions, spreads }: Answers, shown: ShownDays): void {
  const { period, compared } = shown;
  for (const { day, all } of cellsOf(active)) put(`active on ${day}`, all);
  const sums = new Map<string, number>();
  const add = (name: string, count: number) => sums.set(name, (sums.get(name) ?? 0) + count);
  const rangesOf = (day: string) => [
    ...(day >= period.from && day <= period.to ? ['period'] : []),
    ...(day >= compared.from && day <= compared.to ? ['compared'] : []),
  ];
  const hasCompared = active.days[0] === compared.from && active.total[0] != null;
  for (const { day, values } of cellsOf(flows)) {
    for (const flow of FLOWS) {
      const count = COLUMNS[flow].reduce((sum, name) => sum + (values.get(name) ?? 0), 0);
      put(`${flow} on ${day}`, count);
      for (const range of rangesOf(day)) if (range === 'period' || hasCompared) add(`${flow} in ${range}`, count);
    }
  }
  for (const { day, all, values } of cellsOf(reasons)) {
    for (const range of rangesOf(day)) {
      add(`deactivations in ${range}`, all);
      for (const [id, count] of values) add(`reason ${id} in ${range}`, count);
    }
  }
  for (const [name, count] of sums) put(name, count);
  for (const { day, all, unknown, values } of cellsOf(versions)) {
    put(`version unknown on ${day}`, unknown);
    put(`version known on ${day}`, all - unknown);
    for (const [version, sites] of values) put(`version ${version} on ${day}`, sites);
  }
  for (const series of spreads) {
    for (const { day, all, unknown, values } of cellsOf(series)) {
      if (day !== period.from && day !== shown.through) continue;
      put(`${series.dimension} unknown on ${day}`, unknown);
      put(`${series.dimension} known on ${day}`, all - unknown);
      for (const [value, sites] of values) put(`${series.dimension} ${value} on ${day}`, sites);
    }
  }
}

function putReleases(put: Put, { releases }: ReleasesAnswer): void {
  for (const { version, adoption, daysToHalf } of releases) {
    for (const [since, { now, known }] of adoption.entries()) {
      put(`${version} now on day ${since}`, now.sites);
      put(`${version} now of on day ${since}`, now.base);
      put(`${version} known on day ${since}`, known.sites);
      put(`${version} known of on day ${since}`, known.base);
    }
    put(`${version} days to half`, daysToHalf);
  }
}

function putSupport(put: Put, { now, newest, weeks }: SupportAnswer): void {
  put('below', now.below.sites);
  put('below of', now.below.base);
  put('below unknown', now.unknown);
  if (newest) {
    put('below on the newest', newest.below.sites);
    put('below of on the newest', newest.below.base);
  }
  for (const { day, below, of } of weeks) {
    put(`below in week to ${day}`, below);
    put(`below of in week to ${day}`, of);
  }
}

function putRates(put: Put, rates: RatesAnswer): void {
  const rate = (name: string, { rate: value, count, sites }: ValueRate) => {
    put(`rate ${name}`, value);
    put(`left ${name}`, count);
    put(`sites ${name}`, sites);
  };
  rate('of all', rates.overall);
  rate('going silent', rates.silent);
  for (const one of rates.byAge) rate(`of age ${one.value}`, one);
  for (const one of rates.byVersion) rate(`of version ${one.value}`, one);
  for (const one of rates.byTheme) rate(`of theme ${one.value}`, one);
  for (const one of rates.byPlugin) rate(`of plugin ${one.value}`, one);
  for (const { key, rates: own } of rates.byField) for (const one of own) rate(`of field:${key} ${one.value}`, one);
  const { histogram, left, median, early } = rates.ageAtLeaving;
  for (const { fromDay, left: count } of histogram) put(`left at ${fromDay} days`, count);
  put('left with an age', left);
  put('median age at leaving', median);
  put('early share of those that left', early);
}
