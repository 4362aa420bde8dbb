import { addDays, type Day } from '../../../shared/figures/days.ts';
import type { Project } from '../../../shared/project/project.ts';
import { type Deactivation, interpret, payloadHash } from '../../../shared/report/interpret.ts';
import { reasonLabel } from '../../dashboard/page/reasons.ts';
import { dayText } from '../recount/read-histories.ts';
import { type Expected, type Listed, sitesTexts, type Told } from './expected-texts.ts';
import { say } from './words.ts';

/** What a site said last of each thing, of its events alone. */
interface LatestWord {
  values: Record<string, unknown>;
  customFields: Record<string, unknown>;
  deactivation: Deactivation | undefined;
  /** How many deactivations came with words. */
  words: number;
  first: string;
  last: string;
}

function latestOf({ history: { site }, events }: Listed, project: Project): LatestWord {
  const latest: LatestWord = { values: {}, customFields: {}, deactivation: undefined, words: 0, first: '', last: '' };
  for (const event of events) {
    const hasName = payloadHash(event.payload) !== null;
    const { report, deactivation } = interpret(event, hasName ? { project } : { project, site });
    // a refusal is no word of the site's
    if (!report && !deactivation) continue;
    for (const column of report?.cleared ?? []) delete latest.values[column];
    Object.assign(latest.values, report?.values);
    if (report && Object.keys(report.customFields).length > 0) latest.customFields = report.customFields;
    latest.deactivation = deactivation ?? latest.deactivation;
    if (deactivation?.reasonInfo) latest.words += 1;
    latest.first ||= event.receivedAt;
    latest.last = event.receivedAt;
  }
  return latest;
}

const stated = (value: unknown): string => (value == null ? 'unknown' : String(value));

/** The numbers of a site's row, and of its facts. */
function factsOf({ values }: LatestWord): Record<'Version' | 'PHP' | 'WordPress' | 'Database', string> {
  return {
    Version: stated(values.project_version),
    PHP: stated(values.php_version ?? values.php_minor),
    WordPress: stated(values.wp_version ?? values.wp_minor),
    Database: stated(values.database),
  };
}

function allOfThem(title: string, count: number): Expected {
  const text = count === 1 ? 'This is the only one.' : `These are all ${say.count(count)} of them.`;
  return count === 0 ? [] : [[`${title} > small`, text]];
}

/** Of the deactivations that have words, how many there are. */
export function wordsTexts(told: Told): Expected {
  const words = told.listed.map((listed) => latestOf(listed, told.project).words);
  return allOfThem(
    'Newest words',
    words.reduce((sum, one) => sum + one, 0),
  );
}

/** The list, with one row a site. */
export function sitesListTexts(told: Told): Expected {
  return [
    ...sitesTexts(told),
    ...allOfThem('Sites', told.listed.length),
    ...told.listed.flatMap((listed) => {
      const latest = latestOf(listed, told.project);
      const name = latest.values.name;
      const head = name == null ? listed.history.site : `${listed.history.site} ${name}`;
      return Object.entries(factsOf(latest)).map(([column, text]): [string, string] => [
        `Sites > ${head} > ${column}`,
        text,
      ]);
    }),
  ];
}

export function siteTexts(told: Told, listed: Listed): Expected {
  const latest = latestOf(listed, told.project);
  const { values, customFields, first, last } = latest;
  const facts = factsOf(latest);
  const isKnown = (name: keyof typeof facts) => facts[name] !== 'unknown';
  const runs = isKnown('Version') ? `Runs ${facts.Version}` : 'Runs a version that it did not say';
  const php = isKnown('PHP') ? ` on PHP ${facts.PHP}` : '';
  const wordpress = isKnown('WordPress') ? ` ${php === '' ? 'on' : 'and'} WordPress ${facts.WordPress}` : '';
  const fields = told.project.customFields.flatMap(({ key, label }): Expected => {
    const value = customFields[key];
    return value === undefined ? [] : [[`What it runs > ${label}`, String(value)]];
  });
  return [
    ['page > site-title', stated(values.name)],
    ['page > answer', `${runs}${php}${wordpress}. First heard of on ${say.day(first)}, last on ${say.day(last)}.`],
    ...Object.entries(facts).map(([name, text]): [string, string] => [`What it runs > ${name}`, text]),
    ['What it runs > Address', stated(values.url)],
    ['What it runs > Web server', stated(values.web_server)],
    ['What it runs > Users', values.users_total == null ? 'unknown' : say.count(Number(values.users_total))],
    ...fields,
    ...daysTexts(told, listed),
    ...leftTexts(told, latest),
  ];
}

/** As wide as the strip is: whole weeks from Monday on. */
const WEEKS = 57;

function daysTexts({ shown: { today } }: Told, { history: { said } }: Listed): Expected {
  const byDay = new Map<Day, { kind: 'report' | 'left'; version: string | null }>();
  for (const one of said) {
    const day = dayText(one.day);
    const version = one.kind === 'report' ? one.report.values.project_version : byDay.get(day)?.version;
    byDay.set(day, { kind: one.kind, version: typeof version === 'string' ? version : null });
  }
  const days = [...byDay].map(([day, word]) => ({ day, ...word }));
  const weekday = (new Date(today).getUTCDay() + 6) % 7;
  const first = addDays(today, -weekday - 7 * (WEEKS - 1));
  const reports = days.filter(({ day, kind }) => kind === 'report' && day >= first);
  const last = reports.at(-1) ?? days.at(-1);
  const changes = days.filter(({ version }, place) => version !== null && version !== days[place - 1]?.version);
  return [
    [
      'Its days > summary',
      `${say.days(reports.length)} with a report from ${say.day(first)} to ${say.day(today)}; the last was on ${say.day(last?.day ?? '')}.`,
    ],
    ...changes
      .reverse()
      .map(({ day, version }, place): [string, string] => [`Its days > ${place + 1}`, `${say.day(day)} ${version}`]),
  ];
}

function leftTexts({ project }: Told, { deactivation }: LatestWord): Expected {
  if (deactivation === undefined) return [];
  const { reasonId, projectVersion, receivedAt, reasonInfo } = deactivation;
  const version = projectVersion ? [projectVersion] : [];
  return [
    ['Its last deactivation > small', [reasonLabel(reasonId, project), ...version, say.moment(receivedAt)].join(' · ')],
    ['Its last deactivation > bdi', reasonInfo ?? ''],
  ];
}

/** The page before all: of each project how many are active. */
export function projectsTexts({ projects }: Told): Expected {
  return projects.map(({ name, active }): [string, string] => [
    `${name} > tile-value`,
    `${say.count(active)} active ${active === 1 ? 'site' : 'sites'}`,
  ]);
}
