import { overviewText } from '../../functions/commands/charts/overview-text.ts';
import { bars } from '../../functions/commands/charts/plots.ts';
import type { Series } from '../../shared/figures/documents.ts';
import type { Overview } from '../../shared/figures/overview.ts';
import type { SiteDocument } from '../../shared/stores/sites/sites.ts';
import { DEMO_PROJECT } from './provision.ts';
import type { HistoryLine, Totals } from './totals.ts';

/** What notify-mail asks of the mail API. */
export interface MailRequest {
  provider: string;
  list: string;
  email: string;
  site: string;
}

/** The charts of today, as the dashboard shows them. */
export interface Charts {
  overview: Overview;
  /** The day's values by dimension, most first. */
  spreads: Record<string, [string, number][]>;
}

/** The day's values of a series, most first. */
export function spreadOf({ names, days }: Series): [string, number][] {
  const day = days.at(-1);
  const counts = (day?.counts ?? []).map(([index, count]): [string, number] => [names[index] as string, count]);
  return day === undefined || day.other === 0 ? counts : [...counts, ['other', day.other]];
}

export interface DemoResult extends Totals {
  /** Requests that were answered 200. */
  accepted: number;
  /** The site of the captured requests. */
  site: SiteDocument | null;
  siteHistory: HistoryLine[];
  charts: Charts | null;
  /** undefined when a real mail API was asked. */
  mail: MailRequest[] | undefined;
  /** From a request's start until its event is in every store. */
  latencyMs: { p50: number; p99: number };
  timings: { startMs: number; postMs: number; processMs: number };
}

/** What a person wants to see of a demo. */
export function renderDemo(result: DemoResult): string {
  const { accepted, objects, sites, history, rejections, latencyMs, timings } = result;
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  return [
    ...(result.site ? renderSite(result.site, result.siteHistory) : []),
    ...(result.charts ? renderCharts(result.charts) : []),
    ...(result.mail ? renderMail(result.mail) : []),
    heading('Nothing is lost'),
    `  ${accepted} accepted = ${objects} objects = ${history} in the history + ${rejections} rejections; ${sites} sites`,
    heading('Timings'),
    `  start ${seconds(timings.startMs)}, posting ${seconds(timings.postMs)}, until all was processed ${seconds(timings.processMs)}`,
    `  from a POST until it is in every store: half within ${latencyMs.p50} ms, 99 % within ${latencyMs.p99} ms`,
    '',
  ].join('\n');
}

function renderSite(site: SiteDocument, history: HistoryLine[]): string[] {
  const { name, state, optedOut, environment, phpVersion, database, projectVersion, deactivation, customFields } = site;
  return [
    heading('One site, as MongoDB has it'),
    `  ${name} (${site.site}, ${environment})`,
    `  ${state}${deactivation ? ` because of "${deactivation.reasonId}"` : ''}${optedOut ? ', opted out' : ''}`,
    `  plugin ${projectVersion}, PHP ${phpVersion}, ${database}; custom fields ${JSON.stringify(customFields)}`,
    heading('Its history, as BigQuery has it'),
    ...history.map(
      (row) => `  ${row.received_at}  ${row.kind.padEnd(10)}  plugin ${row.project_version}, PHP ${row.php_version}`,
    ),
  ];
}

function renderCharts({ overview, spreads }: Charts): string[] {
  const titled = Object.entries(spreads).filter(([, spread]) => spread.length > 0);
  return [
    heading('Charts, as the dashboard shows them'),
    ...overviewText(overview, DEMO_PROJECT, new Date())
      .split('\n')
      .map((line) => (line === '' ? '' : `  ${line}`)),
    ...titled.map(([dimension, spread]) =>
      [`\n  ${TITLES[dimension] ?? `Active sites by ${dimension}`}`, ...bars(spread.slice(0, MAX_BARS))].join('\n'),
    ),
  ];
}

const MAX_BARS = 6;
const TITLES: Record<string, string> = {
  reason: 'Deactivations by reason',
  plugin: 'Plugins beside it',
  'unknown-field': 'Fields that no column takes',
};

const SHOWN_MAIL = 3;

function renderMail(requests: MailRequest[]): string[] {
  const shown = requests.slice(0, SHOWN_MAIL);
  return [
    heading(`Requests to the mail API: ${requests.length} so far`),
    ...shown.map(({ provider, list, email, site }) => `  ${provider} list ${list}: ${email} of ${site}`),
  ];
}

function heading(text: string): string {
  return `\n${text}`;
}
