import { Long } from 'bson';
import { CommandError } from '../errors.ts';
import { toInteger } from '../values/numbers.ts';
import { typeOf, type Value } from '../values/values.ts';
import { addUnits, dateInZone, difference, toUtc, truncate, unitOf, weekOf, zoneOffsetMinutes } from './calendar.ts';
import { dateOf } from './conversion.ts';
import { formatDate } from './date-format.ts';
import type { EagerOperator } from './expression-operators.ts';

const isNil = (value: Value) => value === null || value === undefined;

function zoneName(value: Value): string {
  if (value === undefined) return 'UTC';
  if (typeof value === 'string') return value;
  throw new CommandError(40517, `timezone must evaluate to a string, found ${typeOf(value)}`);
}

/** `{$year: date}` or `{$year: {date, timezone}}`: a part of the local time there. */
function part(run: (local: Date) => number): EagerOperator {
  return {
    arity: [1, 2],
    named: ['date', 'timezone'],
    single: true,
    run: ([date, timezone]) => {
      if (isNil(date) || timezone === null) return null;
      return run(dateInZone(dateOf(date), zoneName(timezone)));
    },
  };
}

function whole(name: string, value: Value, otherwise: number): number {
  if (isNil(value)) return otherwise;
  const integer = toInteger(value);
  if (integer !== undefined) return integer;
  throw new CommandError(40515, `${name} requires whole numbers, found ${typeOf(value)}`);
}

const shift = (name: string, sign: 1 | -1): EagerOperator => ({
  arity: [3, 4],
  named: ['startDate', 'unit', 'amount', 'timezone'],
  run: ([startDate, unit, amount, timezone]) => {
    if (isNil(startDate) || isNil(unit) || isNil(amount) || timezone === null) return null;
    return addUnits(dateOf(startDate), unitOf(unit), sign * whole(name, amount, 0), zoneName(timezone));
  },
});

function fromParts([year, month, day, hour, minute, second, millisecond, timezone]: Value[]): Value {
  if ([year, month, day, hour, minute, second, millisecond, timezone].some((value) => value === null)) return null;
  const number = (value: Value, otherwise: number) => whole('$dateFromParts', value, otherwise);
  const local = new Date(0);
  local.setUTCFullYear(number(year, 1), number(month, 1) - 1, number(day, 1));
  local.setUTCHours(number(hour, 0), number(minute, 0), number(second, 0), number(millisecond, 0));
  return toUtc(local, zoneName(timezone));
}

function toParts([date, timezone]: Value[]): Value {
  if (isNil(date) || timezone === null) return null;
  const local = dateInZone(dateOf(date), zoneName(timezone));
  return {
    year: local.getUTCFullYear(),
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    second: local.getUTCSeconds(),
    millisecond: local.getUTCMilliseconds(),
  };
}

function toText([date, format, timezone, onNull]: Value[]): Value {
  if (isNil(date)) return onNull ?? null;
  if (format === null || timezone === null) return null;
  const zone = zoneName(timezone);
  const at = dateOf(date);
  const pattern =
    format ?? (timezone === undefined || zone === 'UTC' ? '%Y-%m-%dT%H:%M:%S.%LZ' : '%Y-%m-%dT%H:%M:%S.%L');
  if (typeof pattern !== 'string') throw new CommandError(18533, '$dateToString requires that format be a string');
  return formatDate(dateInZone(at, zone), pattern, zoneOffsetMinutes(at, zone));
}

/** ISO 8601, with `T` or a space, to the millisecond; a zone in the text excludes `timezone`. */
const isoDate =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3})\d*)?)?)?(Z|[+-]\d{2}:?\d{2})?$/;

/** Reads a date as `$dateFromString` without a format does; undefined when the text is none that is supported. */
function parseDate(value: string, zone: string): Date | undefined {
  const match = isoDate.exec(value.trim());
  if (!match) return undefined;
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '0', offset] = match;
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(3, '0')}Z`;
  const local = new Date(iso);
  if (Number.isNaN(local.getTime()) || local.getUTCDate() !== Number(day)) return undefined;
  return toUtc(local, offset === undefined ? zone : offset === 'Z' ? 'UTC' : offset);
}

function fromText([dateString, timezone, format, onError, onNull]: Value[]): Value {
  if (isNil(dateString)) return onNull ?? null;
  if (format !== undefined)
    throw new CommandError('NotImplemented', '$dateFromString: format is not supported by this server');
  const date = typeof dateString === 'string' ? parseDate(dateString, zoneName(timezone ?? undefined)) : undefined;
  if (date !== undefined) return date;
  if (onError !== undefined) return onError;
  throw new CommandError('ConversionFailure', `Error parsing date string '${String(dateString)}'`);
}

function weekStart(value: Value): string {
  return typeof value === 'string' ? value : 'sunday';
}

/** The date operators. Parts and units are those of the local time in `timezone` (Olson name or ±hh:mm). */
export const dateOperators: Record<string, EagerOperator> = {
  $year: part((local) => local.getUTCFullYear()),
  $month: part((local) => local.getUTCMonth() + 1),
  $dayOfMonth: part((local) => local.getUTCDate()),
  $hour: part((local) => local.getUTCHours()),
  $minute: part((local) => local.getUTCMinutes()),
  $second: part((local) => local.getUTCSeconds()),
  $millisecond: part((local) => local.getUTCMilliseconds()),
  $dayOfYear: part((local) => weekOf(local).dayOfYear),
  $dayOfWeek: part((local) => local.getUTCDay() + 1),
  $isoDayOfWeek: part((local) => local.getUTCDay() || 7),
  $week: part((local) => weekOf(local).week),
  $isoWeek: part((local) => weekOf(local).isoWeek),
  $isoWeekYear: { ...part((local) => weekOf(local).isoYear), run: isoWeekYear },
  $dateAdd: shift('$dateAdd', 1),
  $dateSubtract: shift('$dateSubtract', -1),
  $dateDiff: {
    arity: [3, 5],
    named: ['startDate', 'endDate', 'unit', 'timezone', 'startOfWeek'],
    run: ([startDate, endDate, unit, timezone, startOfWeek]) => {
      if (isNil(startDate) || isNil(endDate) || isNil(unit) || timezone === null) return null;
      const zone = zoneName(timezone);
      const from = dateInZone(dateOf(startDate), zone);
      const to = dateInZone(dateOf(endDate), zone);
      return Long.fromNumber(difference(from, to, unitOf(unit), weekStart(startOfWeek)));
    },
  },
  $dateTrunc: {
    arity: [2, 5],
    named: ['date', 'unit', 'binSize', 'timezone', 'startOfWeek'],
    run: ([date, unit, binSize, timezone, startOfWeek]) => {
      if (isNil(date) || isNil(unit) || timezone === null) return null;
      if (whole('$dateTrunc', binSize, 1) !== 1) {
        throw new CommandError('NotImplemented', '$dateTrunc: binSize other than 1 is not supported by this server');
      }
      const zone = zoneName(timezone);
      return toUtc(truncate(dateInZone(dateOf(date), zone), unitOf(unit), weekStart(startOfWeek)), zone);
    },
  },
  $dateToString: { arity: [1, 4], named: ['date', 'format', 'timezone', 'onNull'], run: toText },
  $dateFromString: {
    arity: [1, 5],
    named: ['dateString', 'timezone', 'format', 'onError', 'onNull'],
    run: fromText,
  },
  $dateToParts: { arity: [1, 2], named: ['date', 'timezone'], run: toParts },
  $dateFromParts: {
    arity: [1, 8],
    named: ['year', 'month', 'day', 'hour', 'minute', 'second', 'millisecond', 'timezone'],
    run: fromParts,
  },
};

function isoWeekYear([date, timezone]: Value[]): Value {
  if (isNil(date) || timezone === null) return null;
  return Long.fromNumber(weekOf(dateInZone(dateOf(date), zoneName(timezone))).isoYear);
}
