import type { Day } from '../../../shared/figures/days.ts';
import { DROP, RETENTION_AGES } from '../../../shared/figures/definitions.ts';
import { reasonLabel } from '../../dashboard/page/reasons.ts';
import { countShare } from '../recount/count-ratios.ts';
import { unknownNote } from './expected-adoption.ts';
import { wordsTexts } from './expected-sites.ts';
import { countOf, type Expected, has, type Told, tableOf } from './expected-texts.ts';
import { DROPPED, SPREADS } from './figure-names.ts';
import { say, sayCourse } from './words.ts';

const TITLES: Record<string, string> = {
  php: 'PHP',
  wordpress: 'WordPress',
  database: 'Database',
  'web-server': 'Web server',
  locale: 'Locale',
  country: 'Country',
  theme: 'Theme',
  plugin: 'Plugins beside it',
  multisite: 'Multisite',
};
const SHOWN = 8;

export function environmentTexts(told: Told): Expected {
  const fields = told.project.customFields.map(({ key, label }) => ({ dimension: `field:${key}`, title: label }));
  const spreads = [...SPREADS.map((dimension) => ({ dimension, title: TITLES[dimension] ?? '' })), ...fields];
  return [...belowTexts(told), ...spreads.flatMap((one) => spreadTexts(told, one))];
}

function belowTexts(told: Told): Expected {
  const [below, of] = [countOf(told, 'below'), countOf(told, 'below of')];
  const [newest, newestOf] = [countOf(told, 'below on the newest'), countOf(told, 'below of on the newest')];
  const onNewest =
    newestOf === 0
      ? ''
      : `; on the newest release, ${told.published.support.newest}, it is ${say.share(newest / newestOf)}`;
  const title = `Below PHP ${DROPPED.below}`;
  const weeks = weeksOf(told);
  const course = weeks.map(({ day, share }) => ({ when: `in the week to ${say.day(day)}`, value: share }));
  const { low, high } = countShare(below, of);
  return [
    [
      'page > answer',
      `${of === 0 ? 'No site' : say.share(below / of)} (${say.sites(below)}) ${below === 1 ? 'is' : 'are'} below PHP ${DROPPED.below}${onNewest}. ${forecastText(told)}`,
    ],
    [`${title} (i) > base`, `Base: ${say.sites(of)}.`],
    ...unknownNote(title, countOf(told, 'below unknown')),
    [`${title} > summary`, sayCourse(course, say.share)],
    ...(low !== null && high !== null
      ? [
          [
            `${title} > small`,
            `${say.count(below)} of ${say.count(of)} are few: the true share may be anywhere in ${say.range(low, high)}.`,
          ] as [string, string],
        ]
      : []),
    ...tableOf(
      `${title}, days in UTC`,
      weeks.map(({ day, sites, known, share }) => ({
        name: `Week to ${say.day(day)}`,
        cells: { 'Share below': share, 'Sites below': sites, 'Sites known': known },
      })),
      (value, column) => (column === 'Share below' ? say.share(value) : say.count(value)),
    ),
  ];
}

function weeksOf(told: Told) {
  const days = [...told.figures.keys()].flatMap((name) => /^below in week to (.*)$/.exec(name)?.[1] ?? []);
  return days.map((day) => {
    const [sites, known] = [countOf(told, `below in week to ${day}`), countOf(told, `below of in week to ${day}`)];
    return { day, sites, known, share: sites / known };
  });
}

function forecastText({ forecast }: Told): string {
  const under = say.share(DROP.threshold.usual);
  const month = (day: Day) =>
    new Date(day).toLocaleDateString('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' });
  switch (forecast.kind) {
    case 'below-now':
      return `That is under ${under} now.`;
    case 'not-falling':
      return `The share is not surely falling, so there is no date for ${under}.`;
    case 'not-within-years':
      return `At this pace it is not under ${under} within three years.`;
    case 'too-few':
      return forecast.weeks < DROP.leastWeeks
        ? `There is no date yet: it takes ${DROP.leastWeeks} complete weeks, and there ${forecast.weeks === 1 ? 'is' : 'are'} ${say.count(forecast.weeks)} so far.`
        : `There is no date: it takes ${say.count(DROP.leastSites)} sites, and the last week had ${say.count(forecast.sites)}.`;
    case 'dates': {
      const [from, to] = [month(forecast.from), month(forecast.to)];
      if (forecast.isOpen) return `Under ${under} in ${from} at the earliest; how late cannot be told.`;
      return from === to ? `Under ${under} about ${from}.` : `Under ${under} between ${from} and ${to}.`;
    }
  }
}

function spreadTexts(told: Told, { dimension, title }: { dimension: string; title: string }): Expected {
  const { through, period } = told.shown;
  const series = told.answers.spreads.find((one) => one.dimension === dimension);
  const known = countOf(told, `${dimension} known on ${through}`);
  const unknown = countOf(told, `${dimension} unknown on ${through}`);
  const first = has(told, `${dimension} known on ${period.from}`) ? period.from : undefined;
  const names = (series?.series ?? []).slice(0, SHOWN).map(({ name }) => name);
  const sitesOn = (day: Day, name: string) => countOf(told, `${dimension} ${name} on ${day}`);
  const restOn = (day: Day) =>
    countOf(told, `${dimension} known on ${day}`) - sum(names.map((name) => sitesOn(day, name)));
  const row = (label: string, on: (day: Day) => number): Expected => {
    const place = (column: string) => `${title} on ${say.day(through)} > ${label} > ${column}`;
    const shareOn = (day: Day) => {
      const base = countOf(told, `${dimension} known on ${day}`);
      return base === 0 ? null : on(day) / base;
    };
    const [before, now] = [first === undefined ? null : shareOn(first), shareOn(through)];
    return [
      [place('Share'), now === null ? '–' : say.share(now)],
      [place('Sites'), say.count(on(through))],
      [place('In 28 days'), before === null || now === null ? '–' : say.points(before, now)],
    ];
  };
  // of what nobody states there is nothing to be a share of
  const base = names.length === 0 && unknown === 0 ? 0 : known;
  const notes: Expected = [[`${title} (i) > base`, `Base: ${say.sites(base)}.`], ...unknownNote(title, unknown)];
  if (names.length === 0) return notes;
  return [
    ...notes,
    [`${title} > small`, `Of ${say.count(known)} sites; ${say.count(unknown)} unknown.`],
    ...names.flatMap((name) => row(dimension === 'country' ? say.country(name) : name, (day) => sitesOn(day, name))),
    // a site has several plugins, and what is left over is no part of a whole
    ...(dimension !== 'plugin' && restOn(through) > 0 ? row('other', restOn) : []),
  ];
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

export function deactivationsTexts(told: Told): Expected {
  const { rates } = told.published;
  const tables = [
    { title: 'by version', of: 'version', rates: rates.byVersion },
    { title: 'by theme', of: 'theme', rates: rates.byTheme },
    ...rates.byField.map(({ key, rates: own }) => {
      const label = told.project.customFields.find((field) => field.key === key)?.label ?? key;
      return { title: `by ${label.toLowerCase()}`, of: `field:${key}`, rates: own };
    }),
  ];
  return [
    ['page > answer', ratesSentence(told)],
    ...reasonsTexts(told),
    ...tables.flatMap(({ title, of, rates: own }) =>
      own.slice(0, SHOWN).flatMap((rate) =>
        rateRow(told, {
          caption: `Of 100 sites, how many leave in 30 days, ${title}`,
          name: `of ${of} ${rate.value}`,
          rate,
        }),
      ),
    ),
    ...agesTexts(told),
    ...neighboursTexts(told),
    ...retentionTexts(told),
    ...wordsTexts(told),
  ];
}

function ratesSentence(told: Told): string {
  const of = (name: string) => told.figures.get(name) ?? null;
  const [rate, silent] = [of('rate of all'), of('rate going silent')];
  const [median, early] = [of('median age at leaving'), of('early share of those that left')];
  const left =
    rate === null
      ? `Too few left to tell a rate: ${say.sites(countOf(told, 'left of all'))} in 28 days.`
      : `${say.decimal(rate)} of 100 sites say in 30 days that they leave${silent === null ? '' : `; ${say.decimal(silent)} go silent`}.`;
  if (median === null || early === null) return left;
  return `${left} Half of those that leave do it within ${say.days(Math.round(median))} of their first report, ${say.share(early)} on the first two.`;
}

function reasonsTexts(told: Told): Expected {
  const all = countOf(told, 'deactivations in period');
  const caption = `Reasons of ${say.count(all)} deactivations`;
  const isCompared = (told.answers.reasons.days[0] ?? '') <= told.shown.compared.from;
  const ids = [...told.figures].flatMap(([name, count]) =>
    count ? (/^reason (.*) in period$/s.exec(name)?.[1] ?? []) : [],
  );
  return [
    ['What they said > small', `Of ${say.count(all)} deactivations, those of sites that never reported included.`],
    ...ids.flatMap((id): Expected => {
      const count = countOf(told, `reason ${id} in period`);
      const place = (column: string) => `${caption} > ${reasonLabel(id, told.project)} > ${column}`;
      return [
        [place('Share'), say.share(count / all)],
        [place('Count'), say.count(count)],
        [place('Change'), isCompared ? say.change(count - countOf(told, `reason ${id} in compared`)) : '–'],
      ];
    }),
  ];
}

type Rate = Told['published']['rates']['byVersion'][number];

function rateRow(
  told: Told,
  { caption, name, rate: { value, low, high } }: { caption: string; name: string; rate: Rate },
): Expected {
  const rate = told.figures.get(`rate ${name}`) ?? null;
  const [left, sites] = [countOf(told, `left ${name}`), countOf(told, `sites ${name}`)].map(say.count);
  const text =
    rate === null || low === null || high === null
      ? `too few to tell (${left} left)`
      : `${say.decimal(rate)} (${say.decimal(low)}–${say.decimal(high)})`;
  return [
    [`${caption} > ${value} > Of 100 sites`, text],
    [`${caption} > ${value} > Left`, String(left)],
    [`${caption} > ${value} > Sites on average`, String(sites)],
  ];
}

function agesTexts(told: Told): Expected {
  const title = 'Days since the first report when they left';
  const left = countOf(told, 'left with an age');
  const [median, early] = [
    told.figures.get('median age at leaving'),
    told.figures.get('early share of those that left'),
  ];
  const { histogram } = told.published.rates.ageAtLeaving;
  const nameOf = (place: number) => {
    const [from = 0, next] = [histogram[place]?.fromDay, histogram[place + 1]?.fromDay];
    if (next === undefined) return `day ${from} or later`;
    return next - 1 === from ? `day ${from}` : `days ${from}–${next - 1}`;
  };
  return [
    [`${title} (i) > base`, `Base: ${say.sites(left)}.`],
    [
      `${title} > summary`,
      median == null || early == null
        ? `Too few to tell: ${say.sites(left)} left; it takes 5.`
        : `Half of ${say.sites(left)} left by day ${say.count(median)}; ${say.share(early)} on day 0 or 1.`,
    ],
    ...tableOf(
      `${title}, days in UTC`,
      histogram.map(({ fromDay }, place) => ({
        name: nameOf(place),
        cells: { 'Sites that left': countOf(told, `left at ${fromDay} days`) },
      })),
      say.count,
    ),
  ];
}

function neighboursTexts({ project, published }: Told): Expected {
  const { found, from, to } = published.neighbours;
  if (found.length === 0) {
    const text = `No plugin, theme or field stands out in the 90 days to ${say.day(to)}. It takes 5 leaves and 30 sites, and more than chance.`;
    return [['What goes with leaving > soft', text]];
  }
  return found.flatMap(({ kind, key, value, ratio, low, left, sites, falseFindings }): Expected => {
    const label = kind === 'field' ? (project.customFields.find((field) => field.key === key)?.label ?? key) : kind;
    const place = (column: string) =>
      `Sites with it against the others, ${say.day(from)} to ${say.day(to)} > ${label} ${value} > ${column}`;
    return [
      [
        place('left'),
        ratio === null
          ? 'while no other did'
          : `${say.decimal(ratio)} times as often${low === null ? '' : ` (at least ${say.decimal(low)})`}`,
      ],
      [place('Left'), say.count(left)],
      [place('Sites'), say.count(sites)],
      [place('By chance'), say.share(falseFindings)],
    ];
  });
}

const COHORTS_SHOWN = 32;

function retentionTexts(told: Told): Expected {
  const { cohorts } = told.published.retention;
  return cohorts.slice(-COHORTS_SHOWN).flatMap(({ from, to }): Expected => {
    const name = `cohort of ${from}`;
    const place = (column: string) =>
      `Share of the sites that were seen at this age or later, or are still active > ${say.day(from)} – ${say.day(to)} > ${column}`;
    const sites = countOf(told, name);
    return [
      [place('Sites'), say.count(sites)],
      ...RETENTION_AGES.map((age): [string, string] => {
        const kept = told.figures.get(`${name} at ${age}`) ?? null;
        return [place(`day ${age}`), sites === 0 ? '–' : kept === null ? 'too early' : say.share(kept / sites)];
      }),
    ];
  });
}
