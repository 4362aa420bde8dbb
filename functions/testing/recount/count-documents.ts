import { AGE_BANDS, COHORT_DAYS, NEIGHBOURS, RATE, RETENTION_AGES } from '../../../shared/figures/definitions.ts';
import type { DayCounts } from './count-day.ts';
import { countRetention } from './count-figures.ts';
import { countFalseFindings, countRateOf, countRatio, isFinding } from './count-ratios.ts';
import { countReleases } from './count-releases.ts';
import { sitesOfDay } from './day-of-sites.ts';
import { dayNumber, dayText } from './read-histories.ts';
import type { Recount } from './recount.ts';
import { lastReportOn } from './site-states.ts';

const RATE_DAYS = 28;
const SHOWN = { versions: 20, values: 50, fieldValues: 600, found: 50 };
/** The ages at leaving, each up to the next. */
const HISTOGRAM = [0, 1, 2, 7, 14, 30, 60, 90, 180, 365];

/** What is published of a project as of a complete day, beside its series and its overview. */
export function countFigures(recounted: Recount, through: string) {
  const releases = countReleases(recounted, through);
  const newest = releases.releases[0]?.version ?? null;
  return {
    releases,
    retention: {
      ages: [...RETENTION_AGES],
      cohorts: countRetention(recounted.histories, through).map(({ from, sites, kept }) => ({
        ...{ from, to: dayText(dayNumber(from) + COHORT_DAYS - 1), sites, kept },
      })),
    },
    rates: countRates(
      recounted,
      through,
      releases.releases.map(({ version }) => version),
    ),
    neighbours: countFound(recounted.days, through),
    support: { newest, ...countSupport(recounted, newest, through) },
  };
}

/** At risk and left, of one list and value, by age. */
interface Stated {
  list: string;
  value: string;
  ages: Map<string, { atRisk: number; left: number }>;
}

const sum = (numbers: Iterable<number>) => [...numbers].reduce((all, one) => all + one, 0);

/** Some days' worth of a list of DayCounts, whose names `pattern` takes apart. */
function gathered(days: DayCounts[], of: 'exposure' | 'neighbours', pattern: RegExp): Stated[] {
  const all = new Map<string, Stated>();
  for (const day of days) {
    for (const [name, { at_risk: atRisk = 0, left_sites: left = 0 }] of Object.entries(day[of])) {
      const { kind = '', key = '', value = '', age = '' } = pattern.exec(name)?.groups ?? {};
      const list = key === '' ? kind : `${kind}:${key}`;
      const stated = all.get(`${list}=${value}`) ?? { list, value, ages: new Map() };
      const known = stated.ages.get(age) ?? { atRisk: 0, left: 0 };
      stated.ages.set(age, { atRisk: known.atRisk + atRisk, left: known.left + left });
      all.set(`${list}=${value}`, stated);
    }
  }
  return [...all.values()];
}

const EXPOSURE = /^(?<value>.*) at (?<age>\S+)$/s;
const NEIGHBOUR = /^(?<kind>\w+) (?<key>.*?)=(?<value>.*) at (?<age>\S+)$/s;

const lastDays = (days: DayCounts[], through: string, count: number) =>
  days.filter(({ day }) => day <= through && dayNumber(day) > dayNumber(through) - count);

const siteDaysOf = ({ ages }: Stated) => sum([...ages.values()].map(({ atRisk }) => atRisk));
const leftOf = ({ ages }: Stated) => sum([...ages.values()].map(({ left }) => left));
const mostFirst = (one: Stated, other: Stated) =>
  siteDaysOf(other) - siteDaysOf(one) || (one.value < other.value ? -1 : 1);

function countRates({ days, lives }: Recount, through: string, releases: string[]) {
  const period = lastDays(days, through, RATE_DAYS);
  const versions = gathered(period, 'exposure', EXPOSURE);
  const beside = gathered(period, 'neighbours', NEIGHBOUR).filter(({ value }) => value !== '*');
  const rate = (value: string, siteDays: number, left: number, most = RATE_DAYS) => ({
    ...{ value, siteDays },
    ...countRateOf(left, siteDays, Math.min(RATE_DAYS, most)),
  });
  const rateOf = (stated: Stated) => rate(stated.value, siteDaysOf(stated), leftOf(stated));
  const siteDays = sum(versions.map(siteDaysOf));
  const lists = gathered(lastDays(days, through, NEIGHBOURS.days), 'neighbours', NEIGHBOUR).map(({ list }) => list);
  const fields = [...new Set(lists)].filter((list) => list.startsWith('field:')).sort();
  const ofField = Math.min(SHOWN.values, Math.floor(SHOWN.fieldValues / Math.max(1, fields.length)));
  const largest = (list: string, most: number) =>
    beside
      .filter((one) => one.list === list)
      .sort(mostFirst)
      .slice(0, most)
      .map(rateOf);
  return {
    from: dayText(dayNumber(through) - RATE_DAYS + 1),
    to: through,
    overall: rate('', siteDays, sum(versions.map(leftOf))),
    silent: rate('', siteDays, sum(period.map(({ went_silent: silent }) => silent))),
    byAge: AGE_BANDS.map(({ name, fromDay, toDay }) => {
      const those = versions.flatMap(({ ages }) => ages.get(name) ?? []);
      const most = toDay === null ? RATE_DAYS : toDay - fromDay + 1;
      return rate(name, sum(those.map(({ atRisk }) => atRisk)), sum(those.map(({ left }) => left)), most);
    }),
    byVersion: [
      ...releases.flatMap((version) => versions.find(({ value }) => value === version) ?? []),
      ...versions.filter(({ value }) => value !== '' && !releases.includes(value)).sort(mostFirst),
    ]
      .slice(0, SHOWN.versions)
      .map(rateOf),
    byTheme: largest('theme', SHOWN.values),
    byPlugin: largest('plugin', SHOWN.values),
    byField: fields.map((list) => ({ key: list.slice('field:'.length), rates: largest(list, ofField) })),
    ageAtLeaving: countAges(lives, dayText(dayNumber(through) - RATE_DAYS + 1), through),
  };
}

/** How many days after its first report each site left that left in a period. */
function countAges(lives: Recount['lives'], from: string, to: string) {
  const ages = lives
    .flatMap(({ left_day: left, first_report_at: first }) =>
      left !== null && left >= from && left <= to ? [dayNumber(left) - dayNumber(first)] : [],
    )
    .sort((one, other) => one - other);
  const left = ages.length;
  const isEnough = left >= RATE.leastLeaves;
  const middle = ((ages[Math.floor(left / 2)] as number) + (ages[Math.floor((left - 1) / 2)] as number)) / 2;
  return {
    median: isEnough ? middle : null,
    early: isEnough ? ages.filter((age) => age <= AGE_BANDS[0].toDay).length / left : null,
    left,
    histogram: HISTOGRAM.map((fromDay, place) => ({
      fromDay,
      left: ages.filter((age) => age >= fromDay && age < (HISTOGRAM[place + 1] ?? Number.POSITIVE_INFINITY)).length,
    })),
  };
}

/** What goes with leaving. */
function countFound(days: DayCounts[], through: string) {
  const stated = gathered(lastDays(days, through, NEIGHBOURS.days), 'neighbours', NEIGHBOUR);
  const sitesOf = (one: Stated) => Math.ceil(siteDaysOf(one) / NEIGHBOURS.days);
  const tried = stated
    .filter((one) => one.value !== '*' && leftOf(one) >= RATE.leastLeaves && sitesOf(one) >= RATE.leastSites)
    .map((one) => {
      const all = stated.find(({ list, value }) => list === one.list && value === '*') as Stated;
      const pairs = [...all.ages].map(([age, { atRisk, left }]) => {
        const own = one.ages.get(age) ?? { atRisk: 0, left: 0 };
        return {
          ...{ left: own.left, siteDays: own.atRisk },
          ...{ othersLeft: left - own.left, othersSiteDays: atRisk - own.atRisk },
        };
      });
      const [kind, key = null] = one.list.split(/:(.*)/s);
      return { kind, key, value: one.value, sites: sitesOf(one), ...countRatio(pairs) };
    });
  const shares = countFalseFindings(tried.map(({ p }) => p));
  const found = tried
    .map((one, place) => ({ ...one, falseFindings: shares[place] as number }))
    .filter(({ falseFindings }) => isFinding(falseFindings))
    .sort((one, other) => (other.low ?? 0) - (one.low ?? 0) || (one.value < other.value ? -1 : 1));
  return { from: dayText(dayNumber(through) - NEIGHBOURS.days + 1), to: through, found: found.slice(0, SHOWN.found) };
}

/** What the counted sites run whose last report names the newest release. */
function countSupport({ histories }: Recount, newest: string | null, through: string) {
  const day = dayNumber(through);
  const reports = sitesOfDay(histories, day)
    .filter(({ after, isCopy }) => after === 'active' && !isCopy)
    .flatMap(({ history }) => lastReportOn(history, day) ?? [])
    .filter(({ values }) => newest !== null && values.project_version === newest);
  const spreadOf = (column: string) => {
    const counts = new Map<string, number>();
    for (const { values } of reports) {
      const value = values[column];
      if (value !== undefined && value !== null) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
    }
    const spread = [...counts].map(([value, sites]) => ({ value, sites }));
    return {
      spread: spread.sort((one, other) => other.sites - one.sites || (one.value < other.value ? -1 : 1)),
      unknown: reports.length - sum(counts.values()),
    };
  };
  return { php: spreadOf('php_minor'), wordpress: spreadOf('wp_minor'), database: spreadOf('database') };
}
