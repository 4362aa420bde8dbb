import { Decimal128, Double, Long, ObjectId, type Timestamp } from 'bson';
import { CommandError } from '../errors.ts';
import { integer, isNumeric, numberKind, toDouble } from '../values/numbers.ts';
import { isTruthy } from '../values/truth.ts';
import { double, isInt32, typeOf, type Value } from '../values/values.ts';

function refuse(value: Value, target: string): never {
  throw new CommandError(
    'ConversionFailure',
    `Unsupported conversion from ${typeOf(value)} to ${target} in $convert with no onError value`,
  );
}

/** The date of a date, a timestamp or an ObjectId, as the date operators take it. */
export function dateOf(value: Value): Date {
  if (value instanceof Date) return value;
  const type = typeOf(value);
  if (type === 'timestamp') return new Date((value as Timestamp).getHighBitsUnsigned() * 1000);
  if (type === 'objectId') return (value as ObjectId).getTimestamp();
  throw new CommandError(16006, `can't convert from BSON type ${type} to Date`);
}

function textNumber(value: string, target: string): number {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(value)) {
    throw new CommandError('ConversionFailure', `Failed to parse number '${value}' in $convert with no onError value`);
  }
  if ((target === 'int' || target === 'long') && !/^[+-]?\d+$/.test(value)) {
    throw new CommandError('ConversionFailure', `Failed to parse number '${value}' in $convert with no onError value`);
  }
  return Number(value);
}

function toLong(value: Value): bigint {
  if (typeof value === 'boolean') return BigInt(value);
  if (value instanceof Date) return BigInt(value.getTime());
  if (value instanceof Long) return value.toBigInt();
  if (typeof value === 'string') {
    textNumber(value, 'long');
    return BigInt(value);
  }
  if (!isNumeric(value)) refuse(value, 'long');
  const whole = Math.trunc(toDouble(value));
  if (!Number.isFinite(whole)) refuse(value, 'long');
  return BigInt(whole);
}

function toInt(value: Value): Value {
  if (value instanceof Date) refuse(value, 'int');
  const number = Number(toLong(value));
  if (isInt32(number)) return number;
  throw new CommandError(
    'ConversionFailure',
    'Conversion would overflow target type in $convert with no onError value',
  );
}

function toLongValue(value: Value): Value {
  const big = toLong(value);
  if (BigInt.asIntN(64, big) === big) return integer(big, true);
  throw new CommandError(
    'ConversionFailure',
    'Conversion would overflow target type in $convert with no onError value',
  );
}

function toDoubleValue(value: Value): Value {
  if (typeof value === 'boolean') return double(Number(value));
  if (value instanceof Date) return double(value.getTime());
  if (typeof value === 'string') return double(textNumber(value, 'double'));
  return isNumeric(value) ? double(toDouble(value)) : refuse(value, 'double');
}

function toDecimal(value: Value): Value {
  if (typeof value === 'boolean') return Decimal128.fromString(String(Number(value)));
  if (value instanceof Date) return Decimal128.fromString(String(value.getTime()));
  if (typeof value === 'string') {
    textNumber(value, 'decimal');
    return Decimal128.fromString(value);
  }
  if (!isNumeric(value)) refuse(value, 'decimal');
  if (numberKind(value) === 'decimal') return value;
  return Decimal128.fromString(value instanceof Double ? String(value.value) : String(value));
}

function toText(value: Value): Value {
  switch (typeOf(value)) {
    case 'string':
      return value;
    case 'bool':
    case 'int':
    case 'long':
    case 'decimal':
      return String(value);
    case 'double':
      return String(toDouble(value as number));
    case 'date':
      return (value as Date).toISOString();
    case 'objectId':
      return (value as ObjectId).toHexString();
    default:
      return refuse(value, 'string');
  }
}

function toDate(value: Value): Value {
  if (typeof value === 'string') {
    const date = /^\d{4}-\d{2}-\d{2}([T ].*)?$/.test(value) ? new Date(zoned(value)) : undefined;
    if (date && !Number.isNaN(date.getTime())) return date;
    throw new CommandError('ConversionFailure', `Error parsing date string '${value}'`);
  }
  if (isNumeric(value) && numberKind(value) !== 'int') return new Date(Math.trunc(toDouble(value)));
  const type = typeOf(value);
  return type === 'date' || type === 'timestamp' || type === 'objectId' ? dateOf(value) : refuse(value, 'date');
}

/** A time without a zone is UTC here, local in JavaScript. */
function zoned(value: string): string {
  const iso = value.replace(' ', 'T');
  return iso.includes('T') && !/(Z|[+-]\d{2}:?\d{2})$/.test(iso) ? `${iso}Z` : iso;
}

function toObjectId(value: Value): Value {
  if (value instanceof ObjectId) return value;
  if (typeof value === 'string' && /^[0-9a-fA-F]{24}$/.test(value)) return ObjectId.createFromHexString(value);
  if (typeof value !== 'string') refuse(value, 'objectId');
  throw new CommandError('ConversionFailure', `Failed to parse objectId '${value}' in $convert with no onError value`);
}

/** What `$convert` can make, by the type's name; null and missing never get here. */
export const conversions: Record<string, (value: Value) => Value> = {
  double: toDoubleValue,
  string: toText,
  objectId: toObjectId,
  bool: (value) => (typeOf(value) === 'string' ? true : isTruthy(value)),
  date: toDate,
  int: toInt,
  long: toLongValue,
  decimal: toDecimal,
};
