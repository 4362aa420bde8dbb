import {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeValue,
  type DuckDBValue,
} from '@duckdb/node-api';
import type { FieldType } from './schema.ts';

const dayMs = 86_400_000;
const minTimeMs = Date.parse('0001-01-01T00:00:00Z');
const maxTimeMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const minInteger = -(2n ** 63n);
const maxInteger = 2n ** 63n - 1n;
const maxNumeric = 10n ** 38n;
const numericScale = 9;

type Reader = (value: unknown) => DuckDBValue;

/**
 * Reads a JSON value as one of the type, as insertAll and query parameters give it. Throws an Error with the service's
 * wording when it is none.
 */
export function readScalar(value: unknown, type: Exclude<FieldType, 'RECORD'>): DuckDBValue {
  return readers[type](value);
}

function readString(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new Error(`Cannot convert value to string (bad value): ${JSON.stringify(value)}`);
}

function readInteger(value: unknown): bigint {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value).trim() : '';
  if (!/^[+-]?\d+$/.test(text)) throw new Error(`Cannot convert value to integer (bad value): ${print(value)}`);
  const integer = BigInt(text.replace(/^\+/, ''));
  if (integer < minInteger || integer > maxInteger) {
    throw new Error(`Cannot convert value to integer (bad value): ${print(value)}`);
  }
  return integer;
}

const specialFloats: Record<string, number> = {
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  '+inf': Number.POSITIVE_INFINITY,
  infinity: Number.POSITIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
  '-infinity': Number.NEGATIVE_INFINITY,
};

function readFloat(value: unknown): number {
  if (typeof value === 'number') return value;
  const text = typeof value === 'string' ? value.trim().toLowerCase() : '';
  const special = specialFloats[text];
  if (special !== undefined) return special;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(text)) {
    throw new Error(`Cannot convert value to floating point (bad value): ${print(value)}`);
  }
  return Number(text);
}

function readBoolean(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  const text = typeof value === 'string' ? value.toLowerCase() : '';
  if (text === 'true' || text === 'false') return text === 'true';
  throw new Error(`Cannot convert value to boolean (bad value): ${print(value)}`);
}

function readNumeric(value: unknown): DuckDBDecimalValue {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value).trim() : '';
  const match = /^([+-]?)(\d*)\.?(\d*)$/.exec(text);
  const [, sign, whole = '', fraction = ''] = match ?? [];
  if (match === null || whole + fraction === '' || fraction.length > numericScale) {
    throw new Error(`Invalid NUMERIC value: ${print(value)}`);
  }
  const scaled = BigInt(whole + fraction.padEnd(numericScale, '0'));
  if (scaled >= maxNumeric) throw new Error(`Invalid NUMERIC value: ${print(value)}`);
  return new DuckDBDecimalValue(sign === '-' ? -scaled : scaled, 38, numericScale);
}

function readBytes(value: unknown): DuckDBBlobValue {
  const text = typeof value === 'string' ? value.replace(/-/g, '+').replace(/_/g, '/') : undefined;
  if (text === undefined || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) {
    throw new Error(`Could not decode base64 string to bytes: ${print(value)}`);
  }
  return new DuckDBBlobValue(Buffer.from(text, 'base64'));
}

const print = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

const dayPattern = String.raw`(\d{4})[-/](\d{1,2})[-/](\d{1,2})`;
const clockPattern = String.raw`(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?`;
const dayOnly = new RegExp(`^${dayPattern}$`);
const clockOnly = new RegExp(`^${clockPattern}$`);
const dayAndClock = new RegExp(
  `^${dayPattern}(?:(?:[ T]|T )${clockPattern})?( ?(?:Z|UTC|[+-]\\d{1,2}(?::?\\d{2})?))?$`,
  'i',
);

/** Days since 1970, of a day that there is. */
function daysOf(year: string | undefined, month: string | undefined, day: string | undefined): number | undefined {
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  const exists = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day) && Number(year) >= 1;
  return exists ? date.getTime() / dayMs : undefined;
}

function microsOf(hours = '0', minutes = '0', seconds = '0', fraction = ''): bigint | undefined {
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return undefined;
  const whole = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
  return BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(6, '0').slice(0, 6));
}

function zoneMicros(zone: string | undefined): bigint | undefined {
  const match = /([+-])(\d{1,2}):?(\d{2})?$/.exec(zone ?? '');
  if (match === null) return 0n;
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0);
  if (minutes > 14 * 60) return undefined;
  return BigInt(match[1] === '-' ? -minutes : minutes) * 60_000_000n;
}

function readDate(value: unknown): DuckDBDateValue {
  const match = typeof value === 'string' ? dayOnly.exec(value.trim()) : null;
  const days = match === null ? undefined : daysOf(match[1], match[2], match[3]);
  if (days === undefined) throw new Error(`Invalid date: '${print(value)}'`);
  return new DuckDBDateValue(days);
}

function readTime(value: unknown): DuckDBTimeValue {
  const match = typeof value === 'string' ? clockOnly.exec(value.trim()) : null;
  const micros = match === null ? undefined : microsOf(match[1], match[2], match[3], match[4]);
  if (micros === undefined) throw new Error(`Invalid time string "${print(value)}"`);
  return new DuckDBTimeValue(micros);
}

/** Microseconds of a day with a time, and of its zone; none when it is no such text. */
function readInstant(value: unknown): { local: bigint; zone: string | undefined } | undefined {
  const match = typeof value === 'string' ? dayAndClock.exec(value.trim()) : null;
  if (match === null) return undefined;
  const days = daysOf(match[1], match[2], match[3]);
  const micros = microsOf(match[4], match[5], match[6], match[7]);
  if (days === undefined || micros === undefined) return undefined;
  return { local: BigInt(days) * BigInt(dayMs) * 1000n + micros, zone: match[8] };
}

function readDatetime(value: unknown): DuckDBTimestampValue {
  const instant = readInstant(value);
  if (instant === undefined || instant.zone !== undefined) throw new Error(`Invalid datetime string "${print(value)}"`);
  return new DuckDBTimestampValue(instant.local);
}

/** Text, or seconds since 1970 as a number, also in a string. */
function readTimestamp(value: unknown): DuckDBTimestampTZValue {
  const instant = readInstant(value);
  const offset = instant === undefined ? undefined : zoneMicros(instant.zone);
  let micros = instant === undefined || offset === undefined ? undefined : instant.local - offset;
  if (micros === undefined && (typeof value === 'number' || typeof value === 'string'))
    micros = epochMicros(String(value));
  if (micros === undefined) {
    throw new Error(
      `Could not parse '${print(value)}' as a timestamp. Required format is YYYY-MM-DD HH:MM[:SS[.SSSSSS]] or YYYY/MM/DD HH:MM[:SS[.SSSSSS]]`,
    );
  }
  if (micros < BigInt(minTimeMs) * 1000n || micros > BigInt(maxTimeMs) * 1000n + 999n) {
    throw new Error(`Timestamp field value is out of range: ${print(value)}`);
  }
  return new DuckDBTimestampTZValue(micros);
}

function epochMicros(seconds: string): bigint | undefined {
  const number = Number(seconds);
  if (seconds.trim() === '' || !Number.isFinite(number)) return undefined;
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(seconds.trim());
  if (match === null) return BigInt(Math.round(number * 1e6));
  const micros = BigInt(match[2] ?? '0') * 1_000_000n + BigInt((match[3] ?? '').padEnd(6, '0').slice(0, 6));
  return match[1] === '-' ? -micros : micros;
}

/** A JSON column takes JSON text; numbers and booleans, which are JSON as they are, too. */
function readJson(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return JSON.stringify(value);
  if (typeof value !== 'string') throw new Error('This field is not a record.');
  try {
    JSON.parse(value);
  } catch {
    throw new Error(`Invalid JSON: ${value}`);
  }
  return value;
}

const readers: Record<Exclude<FieldType, 'RECORD'>, Reader> = {
  STRING: readString,
  BYTES: readBytes,
  INTEGER: readInteger,
  FLOAT: readFloat,
  NUMERIC: readNumeric,
  BOOLEAN: readBoolean,
  TIMESTAMP: readTimestamp,
  DATE: readDate,
  TIME: readTime,
  DATETIME: readDatetime,
  JSON: readJson,
};
