import type { AnalyticsDocument } from '../../shared/stores/analytics.ts';
import type { SiteDocument } from '../../shared/stores/sites.ts';
import type { HistoryLine, Totals } from './totals.ts';

/** What notify-mail asks of the mail API. */
export interface MailRequest {
  provider: string;
  list: string;
  email: string;
  site: string;
}

export interface DemoResult extends Totals {
  /** Requests that were answered 200. */
  accepted: number;
  /** The site of the captured requests. */
  site: SiteDocument | null;
  siteHistory: HistoryLine[];
  analytics: AnalyticsDocument | null;
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
    ...(result.analytics ? renderAnalytics(result.analytics) : []),
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

function renderAnalytics({
  daily,
  breakdowns,
  plugins,
  customFields,
  unknownFields,
  reasons,
  optIn,
}: AnalyticsDocument): string[] {
  const today = daily.at(-1);
  const rate = optIn.rate === null ? '' : ` (${Math.round(optIn.rate * 100)} %)`;
  const spreads = [
    ...Object.entries(breakdowns),
    ['plugins beside it', plugins] as const,
    ...Object.entries(customFields).map(([key, spread]) => [`custom field ${key}`, spread] as const),
    ...(unknownFields.length > 0 ? [['fields that no column takes', unknownFields] as const] : []),
  ];
  return [
    heading('Charts, as the dashboard reads them'),
    `  ${today?.day}: ${today?.activeSites} active sites, ${today?.installs} installs, ${today?.deactivations} deactivations`,
    `  ${optIn.optedIn} sites opted in, ${optIn.optedOut} out${rate}`,
    ...spreads.map(([title, spread]) =>
      plot(
        `Active sites by ${title}`,
        spread.map(({ value, sites }) => [value ?? 'other', sites]),
      ),
    ),
    plot(
      'Deactivations by reason',
      reasons.map(({ reason, deactivations }) => [reason ?? '(none given)', deactivations]),
    ),
  ];
}

const SHOWN_MAIL = 3;

function renderMail(requests: MailRequest[]): string[] {
  const shown = requests.slice(0, SHOWN_MAIL);
  return [
    heading(`Requests to the mail API: ${requests.length} so far`),
    ...shown.map(({ provider, list, email, site }) => `  ${provider} list ${list}: ${email} of ${site}`),
  ];
}

const BAR_WIDTH = 40;
const MAX_BARS = 6;

function plot(title: string, values: [string, number][]): string {
  const shown = values.slice(0, MAX_BARS);
  const most = Math.max(...shown.map(([, count]) => count));
  const width = Math.max(...shown.map(([label]) => label.length));
  const bars = shown.map(
    ([label, count]) =>
      `  ${label.padEnd(width)}  ${'█'.repeat(Math.max(1, Math.round((count / most) * BAR_WIDTH)))} ${count}`,
  );
  return [`\n  ${title}`, ...bars].join('\n');
}

function heading(text: string): string {
  return `\n${text}`;
}
