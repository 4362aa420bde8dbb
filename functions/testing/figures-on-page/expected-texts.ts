import type { StoredEvent } from '../../../shared/event/envelope.ts';
import { type Day, daysBetween } from '../../../shared/figures/days.ts';
import type { Attention } from '../../../shared/figures/overview.ts';
import { attentionText } from '../../../shared/figures/sentence.ts';
import type { Project } from '../../../shared/project/project.ts';
import type { SupportAnswer } from '../../dashboard/api.ts';
import { reasonLabel } from '../../dashboard/page/reasons.ts';
import type { countFigures } from '../recount/count-documents.ts';
import type { SiteHistory } from '../recount/read-histories.ts';
import type { Answers } from './answered-figures.ts';
import { daysBetweenBoth, type Figures, type ShownDays } from './figure-names.ts';
import { type Point, say, sayCourse } from './words.ts';

/** What a page has to say at each place; what no recount tells (which of many are shown, and their order) is the API's. */
export interface Told {
  project: Project;
  /** Recounted, as is `published`: with ranges and ratios. */
  figures: Figures;
  published: Published;
  forecast: SupportAnswer['forecast'];
  /** Of all that the link opens. */
  projects: { name: string; active: number }[];
  /** All that the list has. */
  listed: Listed[];
  answers: Answers;
  shown: ShownDays;
}

export type Published = ReturnType<typeof countFigures>;
/** A site of which the stores know all that it sent, and nothing else of others. */
export interface Listed {
  history: SiteHistory;
  /** In their order, each once. */
  events: StoredEvent[];
}

export type Expected = [place: string, text: string][];

/** A figure that is counted; what nobody has is 0. */
export const countOf = ({ figures }: Told, name: string): number => figures.get(name) ?? 0;
export const has = ({ figures }: Told, name: string): boolean => figures.get(name) != null;

export const soFar = ({ shown }: Told, day: Day): string => `${say.day(day)}${day > shown.through ? ', so far' : ''}`;

/** A table of a chart, whose columns are figures. */
export function tableOf(
  caption: string,
  rows: readonly { name: string; cells: Record<string, number | null> }[],
  format: (value: number, column: string) => string,
): Expected {
  return rows.flatMap(({ name, cells }) =>
    Object.entries(cells).map(([column, value]): [string, string] => [
      `${caption} > ${name} > ${column}`,
      value === null ? '–' : format(value, column),
    ]),
  );
}

const FLOWS = { new: 'New', back: 'Back', left: 'Left', silent: 'Went silent' } as const;

export function overviewTexts(told: Told): Expected {
  const { through, today, period } = told.shown;
  const days = daysBetweenBoth(period.from, today).filter((day) => has(told, `active on ${day}`));
  const count = (name: string) => countOf(told, name);
  const optIn = (range: string) => count(`opt-in yes in ${range}`) / count(`opt-in answers in ${range}`);
  const flows = Object.entries(FLOWS);
  const isCompared = has(told, 'new in compared');
  const change = (now: number, before: number) =>
    `${say.change(now - before)}${before > 0 ? ` (${now > before ? '+' : ''}${say.share((now - before) / before)})` : ''}`;
  const tile = (name: string, value: string, compared: () => string): Expected => [
    [`${name} tile > value`, value],
    [`${name} tile > change`, isCompared ? compared() : 'nothing to compare with'],
  ];
  const before = `active on ${told.shown.compared.to}`;
  const course = days
    .filter((day) => day <= through)
    .map((day) => ({ when: `on ${say.day(day)}`, value: count(`active on ${day}`) }));
  const flowIn = (flow: string) => say.count(count(`${flow} in period`));
  return [
    ['page > answer', overviewSentence(told)],
    ...tile('Active sites', say.count(count(`active on ${through}`)), () =>
      change(count(`active on ${through}`), count(before)),
    ),
    ...tile('New', flowIn('new'), () => change(count('new in period'), count('new in compared'))),
    ...tile('Left', flowIn('left'), () => change(count('left in period'), count('left in compared'))),
    ...tile('Opt-in', count('opt-in answers in period') === 0 ? '–' : say.share(optIn('period')), () =>
      say.points(optIn('compared'), optIn('period')),
    ),
    ['Opt-in (i) > base', `Base: ${say.sites(count('opt-in answers in period'))}.`],
    ['Active sites > summary', sayCourse(course, say.sites)],
    ...tableOf(
      'Active sites, days in UTC',
      days.map((day) => ({ name: soFar(told, day), cells: { 'Active sites': count(`active on ${day}`) } })),
      say.count,
    ),
    [
      'Who came and who went > summary',
      `${flowIn('new')} new and ${flowIn('back')} back; ${flowIn('left')} left and ${flowIn('silent')} went silent.`,
    ],
    ...tableOf(
      'Who came and who went, days in UTC',
      days.map((day) => ({
        name: soFar(told, day),
        cells: Object.fromEntries(flows.map(([flow, column]) => [column, count(`${flow} on ${day}`)])),
      })),
      say.count,
    ),
    ...attentionTexts(told),
    ...Object.entries({ Staging: 'staging', Local: 'local', Previews: 'ephemeral', Copies: 'copies' }).map(
      ([label, name]): [string, string] => [`Not counted > ${label}`, say.count(count(`not counted ${name}`))],
    ),
  ];
}

function attentionTexts(told: Told): Expected {
  const words = { name: '', reasonLabel: String, number: say.count, percent: say.share };
  return told.answers.overview.attention.map((one, place): [string, string] => [
    `Needs attention > ${place + 1}`,
    attentionText(recountedAttention(told, one), words),
  ]);
}

function recountedAttention(told: Told, one: Attention): Attention {
  const { through, today } = told.shown;
  const { releases, neighbours } = told.published;
  if (one.kind === 'release') {
    const look = releases.releases.find(({ version }) => version === one.version)?.alert?.looks.at(-1);
    return look ? { ...one, ratio: look.ratio, low: look.low, high: look.high } : one;
  }
  if (one.kind === 'neighbour') {
    const own = neighbours.found.find(
      ({ kind, key, value }) => kind === one.of && key === one.key && value === one.value,
    );
    return own ? { ...one, ratio: own.ratio, low: own.low } : one;
  }
  if (one.kind === 'advisory') return { ...one, sites: countOf(told, `affected by ${one.id} on ${through}`) };
  return one.kind === 'unsure' ? { ...one, charts: countOf(told, `active on ${today}`) } : one;
}

function overviewSentence(told: Told): string {
  const { project, shown } = told;
  const active = countOf(told, `active on ${shown.through}`);
  const before = `active on ${shown.compared.to}`;
  const change = active - countOf(told, before);
  const ago = `${say.count(daysBetween(shown.period.from, shown.through) + 1)} days ago`;
  const compared = !has(told, 'new in compared')
    ? ''
    : change === 0
      ? `, as many as ${ago}`
      : `, ${say.count(Math.abs(change))} ${change > 0 ? 'more' : 'fewer'} than ${ago}`;
  const reason = mainReason(told);
  return [
    `${say.sites(active)} ${active === 1 ? 'uses' : 'use'} ${project.name}${compared}.`,
    ...releaseSentence(told),
    `${say.count(countOf(told, 'left in period'))} left${reason === undefined ? '' : `; ${reason}`}.`,
  ].join(' ');
}

/** Of the newest release: since when, and the share of who reported lately. */
export function newestNow({ figures, published, shown }: Told) {
  const [newest] = published.releases.releases;
  const since = (newest?.adoption.length ?? 0) - 1;
  const [sites, of] = ['', ' of'].map((part) => figures.get(`${newest?.version} now${part} on day ${since}`) ?? 0) as [
    number,
    number,
  ];
  return (
    newest && {
      newest,
      days: Math.max(0, daysBetween(newest.releasedOn, shown.through)),
      since,
      of,
      share: of === 0 ? null : sites / of,
    }
  );
}

function releaseSentence(told: Told): string[] {
  const now = newestNow(told);
  if (now === undefined || now.share === null) return [];
  const out = now.days === 0 ? 'just out' : `out for ${say.days(now.days)}`;
  return [`${now.newest.version}, ${out}, ${runsOn(now)} ${say.share(now.share)} of the sites that reported lately.`];
}

/** Of a release that is followed no longer, the last share that there is. */
export function runsOn({ days, since }: { days: number; since: number }): string {
  return since < days ? `on day ${since} ran on` : 'runs on';
}

function mainReason(told: Told): string | undefined {
  const stated = [...told.figures].flatMap(([name, count]) => {
    const id = /^reason (.*) in period$/s.exec(name)?.[1];
    return id === undefined || id === 'none' || id === 'unlisted' || !count ? [] : [{ id, count }];
  });
  const [most] = stated.sort((one, other) => other.count - one.count || (one.id < other.id ? -1 : 1));
  if (most === undefined) return undefined;
  const isMost = most.count > stated.reduce((sum, { count }) => sum + count, 0) / 2;
  return `${isMost ? 'most said' : 'the most frequent reason was'} "${reasonLabel(most.id, told.project)}"`;
}

export function sitesTexts(told: Told): Expected {
  const count = (name: string) => say.count(countOf(told, name));
  const active = countOf(told, `active on ${told.shown.through}`);
  const flows = `${count('new in period')} were new and ${count('back in period')} came back; ${count('left in period')} left and ${count('silent in period')} went silent.`;
  return [
    ['page > answer', `${say.sites(active)} ${active === 1 ? 'is' : 'are'} active. In the last 28 days ${flows}`],
  ];
}

/** The points of shares over days, those of which nothing is known left out. */
export const courseOf = (days: readonly { day: Day; value: number | null }[]): Point[] =>
  days.flatMap(({ day, value }) => (value === null ? [] : [{ when: `on ${say.day(day)}`, value }]));
