const LOCALE = 'en-GB';

const whole = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 });
const signedWhole = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0, signDisplay: 'exceptZero' });
const one = new Intl.NumberFormat(LOCALE, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const signedOne = new Intl.NumberFormat(LOCALE, {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
  signDisplay: 'exceptZero',
});
const onePercent = new Intl.NumberFormat(LOCALE, {
  style: 'percent',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});
const wholePercent = new Intl.NumberFormat(LOCALE, { style: 'percent', maximumFractionDigits: 0 });
const day = new Intl.DateTimeFormat(LOCALE, { timeZone: 'UTC', day: 'numeric', month: 'short', year: 'numeric' });
const moment = new Intl.DateTimeFormat(LOCALE, { timeZone: 'UTC', dateStyle: 'medium', timeStyle: 'short' });
const country = new Intl.DisplayNames(LOCALE, { type: 'region' });

/** How the page has to write what is compared, in a British browser: by the rules of the design, with no code of the page. */
export const say = {
  count: (value: number): string => whole.format(value),
  change: (value: number): string => signedWhole.format(value),
  decimal: (value: number): string => one.format(value),
  points: (before: number, now: number): string => `${signedOne.format((now - before) * 100)} points`,
  sites: (value: number): string => `${whole.format(value)} ${value === 1 ? 'site' : 'sites'}`,
  days: (value: number): string => `${whole.format(value)} ${value === 1 ? 'day' : 'days'}`,
  /** Below 10 % with one decimal. */
  share: (value: number): string => (value !== 0 && Math.abs(value) < 0.0995 ? onePercent : wholePercent).format(value),
  /** From one share of 1 to another. */
  range: (low: number, high: number): string => (high < 0.0995 ? onePercent : wholePercent).formatRange(low, high),
  day: (value: string): string => day.format(new Date(value)),
  moment: (value: string): string => moment.format(new Date(value)),
  country: (code: string): string => (/^[A-Z]{2}$/.test(code) ? String(country.of(code)) : code),
};

/** A place of an axis: what has a value comes after what has none. */
export interface Point {
  when: string;
  value: number;
}

/** The sentence below a chart's title: its first, last and highest complete point. */
export function sayCourse(points: readonly Point[], format: (value: number) => string): string {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return 'Nothing is known of these days yet.';
  const most = Math.max(...points.map(({ value }) => value));
  const highest = points.find(({ value }) => value === most) as Point;
  const top = most > last.value ? `; most ${highest.when}, ${format(most)}` : '';
  return `From ${format(first.value)} ${first.when} to ${format(last.value)} ${last.when}${top}.`;
}
