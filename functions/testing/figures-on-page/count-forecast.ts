import { addDays, addMonths, type Day, daysBetween } from '../../../shared/figures/days.ts';
import { DROP } from '../../../shared/figures/definitions.ts';
import type { SupportAnswer } from '../../dashboard/api.ts';
import type { DayCounts } from '../recount/count-day.ts';
import { countBelow } from '../recount/count-figures.ts';

const WEEK_DAYS = 7;
/** Of the normal distribution, two-sided. */
const Z = { of95: 1.959963984540054, of80: 1.2815515655446004 };

interface Week {
  /** In days from the last complete one. */
  middle: number;
  share: number;
  sites: number;
}

/** When the share below a version of PHP gets under the usual threshold, by the words of shared/figures/definitions.ts. */
export function countForecast(
  days: readonly Pick<DayCounts, 'day' | 'spreads'>[],
  { below, through }: { below: string; through: Day },
): SupportAnswer['forecast'] {
  const weeks = fullWeeks(days, below, through);
  const last = weeks.at(-1);
  const sites = Math.floor(last?.sites ?? 0);
  if (last === undefined || weeks.length < DROP.leastWeeks || sites < DROP.leastSites)
    return { kind: 'too-few', weeks: weeks.length, sites };
  if (last.share < DROP.threshold.usual) return { kind: 'below-now' };
  const line = lineThrough(weeks);
  const degrees = weeks.length - 2;
  if (line.slope + student(Z.of95, degrees) * line.slopeError >= 0) return { kind: 'not-falling' };
  const end = addMonths(through, 12 * DROP.mostYears);
  const goal = Math.log(DROP.threshold.usual / (1 - DROP.threshold.usual));
  const ahead = Array.from({ length: daysBetween(through, end) + 1 }, (_, at) => at);
  const [first, expected, latest] = [-1, 0, 1].map((side) =>
    ahead.find((at) => line.on(at) + side * student(Z.of80, degrees) * line.errorOn(at) < goal),
  );
  if (expected === undefined) return { kind: 'not-within-years' };
  const from = addDays(through, first ?? expected);
  if (latest === undefined) return { kind: 'dates', from, to: end, isOpen: true };
  return { kind: 'dates', from, to: addDays(through, latest) };
}

/** Those of the last half year of which every day was counted. */
function fullWeeks(days: readonly Pick<DayCounts, 'day' | 'spreads'>[], below: string, through: Day): Week[] {
  const byDay = new Map(days.map((one) => [one.day, countBelow(one as DayCounts, 'php', below)]));
  return Array.from({ length: DROP.weeks }, (_, back) => back - DROP.weeks + 1).flatMap((week): Week[] => {
    const own = Array.from({ length: WEEK_DAYS }, (_, day) => byDay.get(addDays(through, week * WEEK_DAYS - day)));
    const known = own.reduce((sum, day) => sum + (day?.of ?? 0), 0);
    if (known === 0 || own.includes(undefined)) return [];
    const share = own.reduce((sum, day) => sum + (day?.sites ?? 0), 0) / known;
    return [{ middle: week * WEEK_DAYS - (WEEK_DAYS - 1) / 2, share, sites: known / WEEK_DAYS }];
  });
}

/** Through the log odds, each weighted by n p (1 - p): the normal equations of weighted least squares, solved by Cramer's rule. */
function lineThrough(weeks: readonly Week[]) {
  const points = weeks.map(({ middle: x, share, sites }) => {
    const p = Math.max(0.5 / sites, Math.min(1 - 0.5 / sites, share));
    return { x, y: Math.log(p / (1 - p)), w: sites * p * (1 - p) };
  });
  const sum = (term: (point: (typeof points)[number]) => number) => points.reduce((all, one) => all + term(one), 0);
  const [s0, s1, s2] = [sum(({ w }) => w), sum(({ w, x }) => w * x), sum(({ w, x }) => w * x * x)];
  const [t0, t1] = [sum(({ w, y }) => w * y), sum(({ w, x, y }) => w * x * y)];
  const determinant = s0 * s2 - s1 * s1;
  const [start, slope] = [(s2 * t0 - s1 * t1) / determinant, (s0 * t1 - s1 * t0) / determinant];
  const on = (x: number) => start + slope * x;
  const variance = spreadOf(points.map(({ x, y, w }) => Math.sqrt(w) * (y - on(x))));
  return {
    ...{ slope, on },
    slopeError: Math.sqrt((variance * s0) / determinant),
    errorOn: (x: number) => Math.sqrt((variance * (s2 - 2 * s1 * x + s0 * x * x)) / determinant),
  };
}

/** How much wider than chance puts them the points lie (Finney), and how much alike neighbours are (Marriott and Pope). */
function spreadOf(residuals: readonly number[]): number {
  const count = residuals.length;
  const square = residuals.reduce((sum, one) => sum + one * one, 0);
  const wider = Math.max(1, square / (count - 2));
  if (square < 1e-12) return wider;
  const lagged = residuals.slice(1).reduce((sum, one, before) => sum + one * (residuals[before] as number), 0);
  const alike = Math.min(0.75, Math.max(0, ((lagged / square) * count + 2) / Math.max(1, count - 4)));
  return (wider * (1 + alike)) / (1 - alike);
}

/** Abramowitz and Stegun, 26.7.5. */
function student(z: number, degrees: number): number {
  const [first, second, third] = [
    z ** 3 + z,
    5 * z ** 5 + 16 * z ** 3 + 3 * z,
    3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z,
  ] as [number, number, number];
  return z + first / (4 * degrees) + second / (96 * degrees ** 2) + third / (384 * degrees ** 3);
}
