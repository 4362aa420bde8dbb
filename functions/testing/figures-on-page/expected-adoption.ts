import { addDays, type Day, daysBetween } from '../../../shared/figures/days.ts';
import { HALF } from '../../../shared/figures/definitions.ts';
import type { Advisory } from '../../../shared/project/advisories.ts';
import {
  countOf,
  courseOf,
  type Expected,
  has,
  newestNow,
  runsOn,
  soFar,
  type Told,
  tableOf,
} from './expected-texts.ts';
import { daysBetweenBoth } from './figure-names.ts';
import { say, sayCourse } from './words.ts';

/** A share of two figures; null: there is nothing that it could be one of. */
function shareIn(told: Told, name: string, of: string): number | null {
  const base = countOf(told, of);
  return base === 0 ? null : countOf(told, name) / base;
}

const nowOf = (told: Told, version: string, since: number) =>
  shareIn(told, `${version} now on day ${since}`, `${version} now of on day ${since}`);
const knownOf = (told: Told, version: string, since: number) =>
  shareIn(told, `${version} known on day ${since}`, `${version} known of on day ${since}`);

export function adoptionTexts(told: Told): Expected {
  const now = newestNow(told);
  return [
    ...(now ? releasesTexts(told, now) : []),
    ...told.project.advisories.flatMap((one) => advisoryTexts(told, one)),
    ...versionsTexts(told),
  ];
}

type Now = NonNullable<ReturnType<typeof newestNow>>;

function releasesTexts(told: Told, now: Now): Expected {
  const { releases } = told.published.releases;
  const { newest } = now;
  const { version, releasedOn } = newest;
  const followed = Array.from({ length: now.since + 1 }, (_, since) => ({ since, day: addDays(releasedOn, since) }));
  const shares = followed.map(({ since, day }) => ({ day, value: nowOf(told, version, since) }));
  const five = releases.slice(0, 5);
  const longest = Math.max(...five.map(({ adoption }) => adoption.length));
  const halves = five.flatMap((one) => {
    const half = told.figures.get(`${one.version} days to half`);
    return half == null ? [] : [`${one.version} on day ${half}`];
  });
  return [
    ['page > answer', adoptionSentence(told, now)],
    [`${version} since its release (i) > base`, `Base: ${say.sites(now.of)}.`],
    [`${version} since its release > summary`, hasAdopters(told, newest) ? sayCourse(courseOf(shares), say.share) : ''],
    ...tableOf(
      `${version} since its release, days in UTC`,
      followed.map(({ since, day }) => ({
        name: say.day(day),
        cells: { Now: nowOf(told, version, since), Known: knownOf(told, version, since) },
      })),
      say.share,
    ),
    [
      `The last ${five.length} releases > summary`,
      halves.length === 0 ? '' : `Half was reached by ${halves.join(', ')}.`,
    ],
    ...tableOf(
      `The last ${five.length} releases, days in UTC`,
      Array.from({ length: longest }, (_, since) => ({
        name: String(since),
        cells: Object.fromEntries(
          five.map((one) => [one.version, since < one.adoption.length ? nowOf(told, one.version, since) : null]),
        ),
      })),
      say.share,
    ),
    ...releases.flatMap((release) => releaseRow(told, release)),
  ];
}

function adoptionSentence(told: Told, { newest, since, days, share }: Now): string {
  const known = knownOf(told, newest.version, since);
  const { releases, medianDaysToHalf } = told.published.releases;
  const [, former] = releases;
  const before = former && days < former.adoption.length ? nowOf(told, former.version, days) : null;
  const half = told.figures.get(`${newest.version} days to half`) ?? null;
  const usually = medianDaysToHalf.days === null ? undefined : say.count(medianDaysToHalf.days);
  const reached = half === null ? '' : half === 0 ? 'on the day of its release' : `after ${say.days(half)}`;
  const end =
    half === null
      ? usually && `Half is usually reached after ${usually} days.`
      : `Half was reached ${reached}${usually ? `, usually after ${usually}` : ''}.`;
  return [
    `${newest.version}, out for ${say.days(days)}, ${runsOn({ days, since })} `,
    share === null
      ? `${known === null ? 'no active site' : `${say.share(known)} of all active sites`}; none from before its release has reported lately`
      : `${say.share(share)} of the sites that reported lately`,
    before === null ? '. ' : `; ${former?.version} was at ${say.share(before)} on that day. `,
    end ?? '',
  ]
    .join('')
    .trim();
}

type Release = Told['published']['releases']['releases'][number];

/** Whether a site from before it has reported since. */
const hasAdopters = (told: Told, { version, adoption }: Release): boolean =>
  adoption.some((_, since) => countOf(told, `${version} now of on day ${since}`) > 0);

function releaseRow(told: Told, { version, releasedOn, adoption, alert }: Release): Expected {
  const last = adoption.length - 1;
  const place = (column: string) => `Releases, newest first > ${version} > ${column}`;
  const half = told.figures.get(`${version} days to half`) ?? null;
  const [now, known] = [adoption.at(-1)?.now, adoption.at(-1)?.known];
  const withRange = (share: number | null, range: { low: number | null; high: number | null } | undefined) =>
    share === null ? '–' : `${say.share(share)}${rangeText(range)}`;
  const look = alert?.looks.at(-1);
  const leaving = !look
    ? 'no look yet'
    : look.ratio === null || look.low === null || look.high === null
      ? `too few to tell (${say.count(look.left)} left)`
      : `${say.decimal(look.ratio)} times (${say.decimal(look.low)}–${say.decimal(look.high)}) in ${look.days} days${look.weak ? ', a weak test: few sites' : ''}`;
  return [
    [place('Released (UTC)'), `${say.day(releasedOn)} by first reports`],
    [place('Days to half'), half === null ? 'not yet' : say.count(half)],
    [place('Adopted now'), withRange(nowOf(told, version, last), now)],
    [place('Known'), withRange(knownOf(told, version, last), known)],
    [place('Leaving, against the one before'), leaving],
  ];
}

/** " (24–29%)": of few sites alone. */
export function rangeText(range: { low: number | null; high: number | null } | undefined): string {
  if (range === undefined || range.low === null || range.high === null) return '';
  return ` (${say.range(range.low, range.high)})`;
}

function advisoryTexts(told: Told, { id, title, affected, fixedIn, publishedAt }: Advisory): Expected {
  const name = `${id}: ${title}`;
  const { through, today } = told.shown;
  const days = daysBetweenBoth(publishedAt, today).filter((day) => has(told, `affected by ${id} on ${day}`));
  const on = (day: Day) => countOf(told, `affected by ${id} on ${day}`);
  const now = on(through);
  const first = on(days[0] ?? through);
  const half = first === 0 ? undefined : days.find((day) => day <= through && on(day) <= first * HALF);
  const fixed =
    half === undefined
      ? 'Half of them are not fixed yet'
      : `Half were fixed within ${say.days(daysBetween(publishedAt, half))}`;
  return [
    [`${name} (i) > base`, `Base: ${say.sites(countOf(told, `version known on ${told.shown.through}`))}.`],
    [
      `${name} > summary`,
      `${say.sites(now)} ${now === 1 ? 'runs' : 'run'} ${affected}. ${fixed}. Published on ${say.day(publishedAt)}, fixed in ${fixedIn}.`,
    ],
    [`${name} > p`, `The sites below ${fixedIn}`],
    ...tableOf(
      `${name}, days in UTC`,
      days.map((day) => ({ name: soFar(told, day), cells: { 'Affected sites': on(day) } })),
      say.count,
    ),
  ];
}

const VERSIONS_SHOWN = 7;

function versionsTexts(told: Told): Expected {
  const { period, through, today } = told.shown;
  const days = daysBetweenBoth(period.from, today).filter((day) => has(told, `version known on ${day}`));
  const on = (version: string, day: Day) => countOf(told, `version ${version} on ${day}`);
  const versions = [
    ...new Set(
      [...told.figures.keys()].flatMap((name) => /^version (?!known |unknown )(.*) on \S+$/s.exec(name)?.[1] ?? []),
    ),
  ];
  const peak = (version: string) => Math.max(...days.map((day) => on(version, day)));
  const sorted = versions
    .filter((one) => peak(one) > 0)
    .sort((one, other) => peak(other) - peak(one) || (one < other ? -1 : 1));
  const [shown, rest] = [sorted.slice(0, VERSIONS_SHOWN), sorted.slice(VERSIONS_SHOWN)];
  const known = countOf(told, `version known on ${through}`);
  const [most] = shown.toSorted((one, other) => on(other, through) - on(one, through));
  return [
    ['Versions over time (i) > base', `Base: ${say.sites(known)}.`],
    ...unknownNote('Versions over time', countOf(told, `version unknown on ${through}`)),
    [
      'Versions over time > summary',
      most === undefined
        ? ''
        : `${most} has the most sites: ${say.share(on(most, through) / known)} of ${say.count(known)} on ${say.day(through)}.`,
    ],
    ...tableOf(
      'Versions over time, days in UTC',
      days.map((day) => ({
        name: soFar(told, day),
        cells: {
          ...Object.fromEntries(shown.map((version) => [version, on(version, day)])),
          Other: rest.reduce((sum, version) => sum + on(version, day), 0),
          Unknown: countOf(told, `version unknown on ${day}`),
        },
      })),
      say.count,
    ),
  ];
}

/** (i) says it only where there are such. */
export function unknownNote(title: string, unknown: number): Expected {
  return unknown === 0
    ? []
    : [[`${title} (i) > unknown`, `${say.count(unknown)} did not say; they are in the total and in no share.`]];
}
