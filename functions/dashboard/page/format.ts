import type { Interval } from '../../../shared/figures/intervals.ts';

const locales = navigator.languages;

const whole = new Intl.NumberFormat(locales, { maximumFractionDigits: 0 });
const signed = new Intl.NumberFormat(locales, { maximumFractionDigits: 0, signDisplay: 'exceptZero' });
const decimal = new Intl.NumberFormat(locales, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const percentWhole = new Intl.NumberFormat(locales, { style: 'percent', maximumFractionDigits: 0 });
const percentFine = new Intl.NumberFormat(locales, {
  style: 'percent',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});
const points = new Intl.NumberFormat(locales, {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
  signDisplay: 'exceptZero',
});

export const formatCount = (count: number): string => whole.format(count);
export const formatChange = (change: number): string => signed.format(change);
export const formatDecimal = (value: number): string => decimal.format(value);

/** "1 site", "2 sites" */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`;

/** A share of 1; below 10 % with one decimal. */
export function formatShare(share: number): string {
  return share !== 0 && Math.abs(share) < 0.0995 ? percentFine.format(share) : percentWhole.format(share);
}

const percentTick = new Intl.NumberFormat(locales, { style: 'percent', maximumFractionDigits: 1 });

/** For a scale, whose places are round. */
export const formatShareTick = (share: number): string => percentTick.format(share);

/** "24–29 %" of shares of 1. */
export const formatRange = ({ low, high }: Interval): string =>
  (high < 0.0995 ? percentFine : percentWhole).formatRange(low, high);

/** "+1.5 %" of a share of 1. */
export const formatSignedShare = (share: number): string => `${share > 0 ? '+' : ''}${formatShare(share)}`;

/** The difference of two shares of 1, in points of per cent. */
export const formatPoints = (difference: number): string => `${points.format(difference * 100)} points`;

const UTC = { timeZone: 'UTC' } as const;
const shortDay = new Intl.DateTimeFormat(locales, { ...UTC, day: 'numeric', month: 'short' });
const longDay = new Intl.DateTimeFormat(locales, { ...UTC, day: 'numeric', month: 'short', year: 'numeric' });
const month = new Intl.DateTimeFormat(locales, { ...UTC, month: 'long', year: 'numeric' });
const moment = new Intl.DateTimeFormat(locales, { dateStyle: 'medium', timeStyle: 'short' });

/** A UTC day, `2026-01-31`, as the reader writes it. */
export const formatDay = (day: string): string => longDay.format(new Date(day));
export const formatShortDay = (day: string): string => shortDay.format(new Date(day));
export const formatMonth = (day: string): string => month.format(new Date(day));

const date = new Intl.DateTimeFormat(locales, { dateStyle: 'medium' });

/** A moment's date, and a moment, in the reader's zone. */
export const formatDate = (at: string): string => date.format(new Date(at));
export const formatMoment = (at: string): string => moment.format(new Date(at));
/** In UTC, for the title of a moment. */
export const momentInUtc = (at: string): string => `${at.slice(0, 16).replace('T', ' ')} UTC`;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const relative = new Intl.RelativeTimeFormat(locales, { numeric: 'always' });

/** "12 minutes ago" */
export function formatAgo(at: string, now = Date.now()): string {
  const ms = now - Date.parse(at);
  if (ms < HOUR_MS) return relative.format(-Math.max(0, Math.round(ms / MINUTE_MS)), 'minute');
  if (ms < 2 * DAY_MS) return relative.format(-Math.round(ms / HOUR_MS), 'hour');
  return relative.format(-Math.round(ms / DAY_MS), 'day');
}

/** `seconds` as the shortest that still says it. */
export function formatDuration(seconds: number): string {
  const unit = (value: number, name: 'second' | 'minute' | 'hour' | 'day') =>
    new Intl.NumberFormat(locales, {
      style: 'unit',
      unit: name,
      unitDisplay: 'short',
      maximumFractionDigits: 0,
    }).format(value);
  if (seconds < 120) return unit(seconds, 'second');
  if (seconds < 7200) return unit(seconds / 60, 'minute');
  if (seconds < 172_800) return unit(seconds / 3600, 'hour');
  return unit(seconds / 86_400, 'day');
}

const countries = new Intl.DisplayNames(locales, { type: 'region' });

/** "Germany" for `DE`; what is no such code stays as it is. */
export function countryName(code: string): string {
  return /^[A-Z]{2}$/.test(code) ? (countries.of(code) ?? code) : code;
}
