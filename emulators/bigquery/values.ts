import {
  BIGINT,
  BLOB,
  BOOLEAN,
  DATE,
  DOUBLE,
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBType,
  type DuckDBValue,
  TIMESTAMP,
  TIMESTAMPTZ,
  VARCHAR,
} from '@duckdb/node-api';
import { invalidQuery } from './errors.ts';

/** How results are written: from `formatOptions`. */
export interface FormatOptions {
  /** TIMESTAMP as whole microseconds; else as seconds, a decimal in scientific notation. */
  hasMicros: boolean;
}

/** A type of values without parts. */
interface Scalar {
  /** What SQL calls it; messages take the first. */
  names: readonly string[];
  engine: DuckDBType;
  /** Reads a JSON value of insertAll or of a query parameter. Throws an Error with the service's wording when it is none. */
  read(value: unknown): DuckDBValue;
  /** Writes a value of a result. */
  write(value: DuckDBValue, options: FormatOptions): string;
}

const dayMs = 86_400_000;
const minMicros = BigInt(Date.parse('0001-01-01T00:00:00Z')) * 1000n;
const maxMicros = BigInt(Date.UTC(10_000, 0)) * 1000n - 1n;
const minInteger = -(2n ** 63n);
const maxInteger = 2n ** 63n - 1n;

/** A whole number that JSON cannot have carried exactly; a service that reads it digit by digit would have another one. */
const isRounded = (value: unknown) => Number.isInteger(value) && !Number.isSafeInteger(value);

function readString(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new Error(`Cannot convert value to string (bad value): ${JSON.stringify(value)}`);
}

function readInteger(value: unknown): bigint {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value).trim() : '';
  if (isRounded(value)) throw new Error('The emulator does not support integers beyond 2^53 without quotes');
  if (!/^[+-]?\d+$/.test(text)) throw new Error(`Cannot convert value to integer (bad value): ${print(value)}`);
  const integer = BigInt(text.replace(/^\+/, ''));
  if (integer < minInteger || integer > maxInteger) {
    throw new Error(`Cannot convert value to integer (bad value): ${print(value)}`);
  }
  return integer;
}

/** NaN and infinity are refused wherever they could arise, so that nothing else needs to know their order and equality. */
function readFloat(value: unknown): number {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value).trim() : '';
  if (/^[+-]?(nan|inf|infinity)$/i.test(text)) throw new Error('The emulator does not support NaN and infinity');
  const number = Number(text);
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) || !Number.isFinite(number)) {
    throw new Error(`Cannot convert value to floating point (bad value): ${print(value)}`);
  }
  return number;
}

function readBoolean(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  const text = typeof value === 'string' ? value.toLowerCase() : '';
  if (text === 'true' || text === 'false') return text === 'true';
  throw new Error(`Cannot convert value to boolean (bad value): ${print(value)}`);
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

function readTimestamp(value: unknown): DuckDBTimestampTZValue {
  const instant = readInstant(value);
  const offset = zoneMicros(instant?.zone);
  if (instant === undefined || offset === undefined) {
    throw new Error(
      `Could not parse '${print(value)}' as a timestamp. Required format is YYYY-MM-DD HH:MM[:SS[.SSSSSS]] or YYYY/MM/DD HH:MM[:SS[.SSSSSS]]`,
    );
  }
  const micros = instant.local - offset;
  if (micros < minMicros || micros > maxMicros) {
    throw new Error(`Timestamp field value is out of range: ${print(value)}`);
  }
  return new DuckDBTimestampTZValue(micros);
}

/** A JSON column takes JSON text, which stays as it is; numbers and booleans, which are JSON as they are, too. */
function readJson(value: unknown): string {
  if (isRounded(value)) throw new Error('The emulator does not support integers beyond 2^53 without quotes');
  if (typeof value === 'number' || typeof value === 'boolean') return JSON.stringify(value);
  if (typeof value !== 'string') throw new Error('This field is not a record.');
  try {
    JSON.parse(value);
  } catch {
    throw new Error(`Invalid JSON: ${value}`);
  }
  return value;
}

function writeInteger(value: DuckDBValue): string {
  const integer = BigInt(value as bigint | number);
  if (integer < minInteger || integer > maxInteger) throw invalidQuery(`int64 overflow: ${integer}`);
  return String(integer);
}

function writeFloat(value: DuckDBValue): string {
  const number = Number(value);
  if (!Number.isFinite(number)) throw invalidQuery('Floating point error: the result is not finite');
  const size = Math.abs(number);
  if (number === 0 || (size >= 1e-3 && size < 1e7)) {
    return Number.isInteger(number) ? number.toFixed(1) : String(number);
  }
  const [mantissa = '', exponent = ''] = number.toExponential().split('e');
  return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${exponent.replace('+', '')}`;
}

/** Microseconds, or seconds with up to six decimals as the service's `1.700000000123456E9`. */
function writeTimestamp(value: DuckDBValue, { hasMicros }: FormatOptions): string {
  const { micros } = value as unknown as { micros: bigint };
  if (micros < minMicros || micros > maxMicros) throw invalidQuery(`Timestamp overflow: ${micros}`);
  if (hasMicros) return String(micros);
  if (micros === 0n) return '0.0';
  const digits = String(micros < 0n ? -micros : micros);
  const fraction = digits.slice(1).replace(/0+$/, '') || '0';
  return `${micros < 0n ? '-' : ''}${digits[0]}.${fraction}E${digits.length - 7}`;
}

const writeBytes = (value: DuckDBValue) =>
  Buffer.from((value as unknown as { bytes: Uint8Array }).bytes).toString('base64');

/** DuckDB has other years than the service's 1 to 9999. */
function writeDay(value: DuckDBValue): string {
  const text = String(value).replace(' ', 'T');
  if (!/^(?!0000)\d{4}-[^()]*$/.test(text)) throw invalidQuery(`Date or time overflow: ${text}`);
  return text;
}

const integerNames = ['INT64', 'INT', 'INTEGER', 'SMALLINT', 'BIGINT', 'TINYINT', 'BYTEINT'];

/** All that is known of each type, under the name that results and table resources carry. */
export const scalars = {
  STRING: { names: ['STRING'], engine: VARCHAR, read: readString, write: String },
  BYTES: { names: ['BYTES'], engine: BLOB, read: readBytes, write: writeBytes },
  INTEGER: { names: integerNames, engine: BIGINT, read: readInteger, write: writeInteger },
  FLOAT: { names: ['FLOAT64'], engine: DOUBLE, read: readFloat, write: writeFloat },
  BOOLEAN: { names: ['BOOL', 'BOOLEAN'], engine: BOOLEAN, read: readBoolean, write: String },
  TIMESTAMP: { names: ['TIMESTAMP'], engine: TIMESTAMPTZ, read: readTimestamp, write: writeTimestamp },
  DATE: { names: ['DATE'], engine: DATE, read: readDate, write: writeDay },
  DATETIME: { names: ['DATETIME'], engine: TIMESTAMP, read: readDatetime, write: writeDay },
  // DuckDB's JSON is text under a name that only its SQL knows
  JSON: { names: ['JSON'], engine: VARCHAR, read: readJson, write: String },
} as const satisfies Record<string, Scalar>;
