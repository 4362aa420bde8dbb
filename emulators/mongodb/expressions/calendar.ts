import { CommandError } from '../errors.ts';
import type { Value } from '../values/values.ts';

const units = ['year', 'quarter', 'month', 'week', 'day', 'hour', 'minute', 'second', 'millisecond'] as const;
export type Unit = (typeof units)[number];

const dayMs = 86_400_000;
const unitMs: Partial<Record<Unit, number>> = {
  week: 7 * dayMs,
  day: dayMs,
  hour: 3_600_000,
  minute: 60_000,
  second: 1000,
  millisecond: 1,
};

export function unitOf(value: Value): Unit {
  const unit = units.find((each) => each === value);
  if (unit === undefined) throw new CommandError(5439015, `unknown time unit value: ${String(value)}`);
  return unit;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  try {
    const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
    formats.set(zone, format);
    return format;
  } catch {
    throw new CommandError(40485, `unrecognized time zone identifier: "${zone}"`);
  }
}

/** Minutes that the zone is ahead of UTC at that moment. A zone is an Olson name, or ±hh, ±hhmm, ±hh:mm. */
export function zoneOffsetMinutes(at: Date, zone: string): number {
  if (zone === 'UTC' || zone === 'GMT' || zone === 'Z') return 0;
  const fixed = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone);
  const match = fixed ?? /GMT([+-])(\d{2}):(\d{2})/.exec(formatOf(zone).format(at));
  if (!match) return 0;
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0);
  return match[1] === '-' ? -minutes : minutes;
}

/** A date whose UTC parts are the local time there. */
export function dateInZone(at: Date, zone: string): Date {
  return new Date(at.getTime() + zoneOffsetMinutes(at, zone) * 60_000);
}

/** The moment of a local time; one that the clocks skip is read with the offset before the change. */
export function toUtc(local: Date, zone: string): Date {
  const guess = new Date(local.getTime() - zoneOffsetMinutes(local, zone) * 60_000);
  const offset = zoneOffsetMinutes(guess, zone);
  const moment = new Date(local.getTime() - offset * 60_000);
  return zoneOffsetMinutes(moment, zone) === offset ? moment : guess;
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
}

const monthsIn: Partial<Record<Unit, number>> = { year: 12, quarter: 3, month: 1 };

/** Adds calendar units in local time (a day too long for its month becomes the last one), clock units in real time. */
export function addUnits(at: Date, unit: Unit, amount: number, zone: string): Date {
  const months = monthsIn[unit];
  if (months === undefined) {
    const ms = (unitMs[unit] as number) * amount;
    if (unit !== 'week' && unit !== 'day') return new Date(at.getTime() + ms);
    return toUtc(new Date(dateInZone(at, zone).getTime() + ms), zone);
  }
  const local = dateInZone(at, zone);
  const month = local.getUTCMonth() + months * amount;
  const year = local.getUTCFullYear() + Math.floor(month / 12);
  const monthOfYear = ((month % 12) + 12) % 12;
  local.setUTCFullYear(year, monthOfYear, Math.min(local.getUTCDate(), daysIn(year, monthOfYear)));
  return toUtc(local, zone);
}

const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

function weekday(name: string): number {
  const short = name.toLowerCase();
  const index = weekdays.findIndex((day) => day === short || day.slice(0, 3) === short);
  if (index === -1) throw new CommandError(5439015, `unknown day of week value: ${name}`);
  return index;
}

/** The start of the unit that a local time lies in. */
export function truncate(local: Date, unit: Unit, startOfWeek: string): Date {
  const months = monthsIn[unit];
  if (months !== undefined) {
    const month = local.getUTCMonth();
    const start = new Date(0);
    start.setUTCFullYear(local.getUTCFullYear(), month - (month % months), 1);
    return start;
  }
  const size = unit === 'week' ? dayMs : (unitMs[unit] as number);
  const start = new Date(Math.floor(local.getTime() / size) * size);
  if (unit !== 'week') return start;
  const back = (start.getUTCDay() - weekday(startOfWeek) + 7) % 7;
  return new Date(start.getTime() - back * dayMs);
}

/** How many boundaries of the unit lie between two local times. */
export function difference(from: Date, to: Date, unit: Unit, startOfWeek: string): number {
  const months = monthsIn[unit];
  const start = truncate(from, unit, startOfWeek);
  const end = truncate(to, unit, startOfWeek);
  if (months === undefined) return Math.round((end.getTime() - start.getTime()) / (unitMs[unit] as number));
  const distance = (end.getUTCFullYear() - start.getUTCFullYear()) * 12 + end.getUTCMonth() - start.getUTCMonth();
  return distance / months;
}

/** Day and week numbers: `week` counts Sundays from 0, `isoWeek` of `isoYear` is ISO 8601's. */
export function weekOf(local: Date): { dayOfYear: number; week: number; isoWeek: number; isoYear: number } {
  const year = local.getUTCFullYear();
  const day = Math.floor(local.getTime() / dayMs);
  const dayOfYear = day - Math.floor(Date.UTC(year, 0, 1) / dayMs) + 1;
  const week = Math.floor((dayOfYear + 6 - local.getUTCDay()) / 7);
  // ISO: a week belongs to the year of its Thursday
  const thursday = new Date((day + 4 - (local.getUTCDay() || 7)) * dayMs);
  const isoYear = thursday.getUTCFullYear();
  const isoWeek = Math.floor((thursday.getTime() - Date.UTC(isoYear, 0, 1)) / (7 * dayMs)) + 1;
  return { dayOfYear, week, isoWeek, isoYear };
}
