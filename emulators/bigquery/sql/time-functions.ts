import { invalidQuery, unsupportedQuery } from '../errors.ts';
import { standardName, text } from '../schema.ts';
import { unify } from './comparable.ts';
import { expression, type Resolved, type Scope, type SpecialFunction } from './scope.ts';
import { as, bareName, expectOnly, type Fields, isNode, list, stringLiteral } from './tree.ts';
import { isType, scalar } from './types.ts';

type Kind = 'DATE' | 'TIMESTAMP' | 'DATETIME';

const clock = ['MICROSECOND', 'MILLISECOND', 'SECOND', 'MINUTE', 'HOUR'];
const calendar = ['WEEK', 'MONTH', 'QUARTER', 'YEAR'];
const shiftUnits: Record<Kind, readonly string[]> = {
  DATE: ['DAY', ...calendar],
  TIMESTAMP: [...clock, 'DAY'],
  DATETIME: [...clock, 'DAY', ...calendar],
};
const days = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'];

/** The unit that an argument names, in upper case; `WEEK(MONDAY)` for a week that starts then. */
function unitOf(node: unknown): string {
  if (typeof node === 'string') return node.toUpperCase();
  const variable = as(node, 'var')?.this ?? bareName(node);
  if (typeof variable === 'string') return variable.toUpperCase();
  const week = as(node, 'function');
  if (String(week?.name).toUpperCase() === 'WEEK') return `WEEK(${unitOf(list(week?.args)[0])})`;
  throw unsupportedQuery('this date part');
}

/** Days from Monday to the day that the unit's weeks start on; none for other units. BigQuery's WEEK starts on Sunday. */
function weekStart(unit: string): number | undefined {
  if (unit === 'WEEK') return days.indexOf('SUNDAY');
  if (unit === 'ISOWEEK') return days.indexOf('MONDAY');
  const day = /^WEEK\((\w+)\)$/.exec(unit)?.[1];
  if (day === undefined) return undefined;
  if (!days.includes(day)) throw invalidQuery(`A valid date part is required but found ${unit}`);
  return days.indexOf(day);
}

function expectUnit(unit: string, allowed: readonly string[], name: string): void {
  if (!allowed.includes(unit)) throw invalidQuery(`${name} does not support the ${unit} date part`);
}

/** The kind of value a function is about is in its name. */
const kindIn = (name: string) => name.slice(0, name.indexOf('_')) as Kind;

/** The value that a function is about, which text and other times do not become by themselves. */
function argumentOf(name: string, node: unknown, scope: Scope): string {
  const value = expression(node, scope);
  return unify(name, [value, { sql: 'NULL', type: scalar(kindIn(name)) }]).values[0]?.sql ?? '';
}

function truncate(name: string): SpecialFunction {
  return (args, scope) => {
    const [value, unitNode, zone] = args;
    if (value === undefined || unitNode === undefined || args.length > 3) throw argumentsError(name);
    const sql = argumentOf(name, value, scope);
    const type = scalar(kindIn(name));
    const unit = unitOf(unitNode);
    const start = weekStart(unit);
    const dateUnits = [...shiftUnits.DATE, 'ISOYEAR'];
    if (start === undefined) expectUnit(unit, kindIn(name) === 'DATE' ? dateUnits : [...clock, ...dateUnits], name);
    const step = start ?? text(unit.toLowerCase());
    const macro = start === undefined ? 'trunc' : 'trunc_week';
    if (zone === undefined) return { sql: `bq.${macro}(${sql}, ${step})`, type };
    if (kindIn(name) !== 'TIMESTAMP') throw argumentsError(name);
    const zoned = start === undefined ? 'trunc_tz' : 'trunc_tz_week';
    return { sql: `bq.${zoned}(${sql}, ${step}, ${expression(zone, scope).sql})`, type };
  };
}

const argumentsError = (name: string) => invalidQuery(`No matching signature for function ${name}`);

const makers: Record<string, (amount: string) => string> = {
  MICROSECOND: (n) => `to_microseconds(${n})`,
  MILLISECOND: (n) => `to_milliseconds(${n})`,
  SECOND: (n) => `to_seconds(${n})`,
  MINUTE: (n) => `to_minutes(${n})`,
  HOUR: (n) => `to_hours(${n})`,
  DAY: (n) => `to_days(CAST(${n} AS INTEGER))`,
  WEEK: (n) => `to_days(CAST(7 * ${n} AS INTEGER))`,
  MONTH: (n) => `to_months(CAST(${n} AS INTEGER))`,
  QUARTER: (n) => `to_months(CAST(3 * ${n} AS INTEGER))`,
  YEAR: (n) => `to_years(CAST(${n} AS INTEGER))`,
};

interface Interval {
  amount: string;
  unit: string;
}

function readInterval(node: unknown, scope: Scope): Interval {
  const fields = as(node, 'interval');
  if (fields === undefined) throw unsupportedQuery('a date part here that is not INTERVAL n UNIT');
  expectOnly('INTERVAL', fields, 'this', 'unit');
  const unit = isNode(fields.unit) && fields.unit.type === 'simple' ? String(fields.unit.unit).toUpperCase() : '';
  if (makers[unit] === undefined) throw unsupportedQuery('this kind of INTERVAL');
  // the parser makes a string of a number that is written out
  const written = stringLiteral(fields.this);
  if (written !== undefined && !/^-?\d+$/.test(written)) throw unsupportedQuery('this kind of INTERVAL');
  return { amount: written === undefined ? expression(fields.this, scope).sql : `CAST(${written} AS BIGINT)`, unit };
}

const toEngine = ({ amount, unit }: Interval, negative = false) =>
  makers[unit]?.(negative ? `(-${amount})` : amount) ?? '';

/** DuckDB's SQL for `INTERVAL n UNIT`, as in `a - INTERVAL 1 DAY`. */
export const interval = (fields: Fields, scope: Scope): string => toEngine(readInterval({ interval: fields }, scope));

function shift(name: string): SpecialFunction {
  return ([value, step, ...more], scope) => {
    if (more.length > 0) throw argumentsError(name);
    const by = readInterval(step, scope);
    const kind = kindIn(name);
    expectUnit(by.unit, shiftUnits[kind], name);
    return {
      sql: `bq.shift(${argumentOf(name, value, scope)}, ${toEngine(by, name.endsWith('_SUB'))})`,
      type: scalar(kind),
    };
  };
}

function difference(name: string): SpecialFunction {
  return ([later, earlier, unitNode, ...more], scope) => {
    if (unitNode === undefined || more.length > 0) throw argumentsError(name);
    const kind = kindIn(name);
    const unit = unitOf(unitNode);
    const [a, b] = [argumentOf(name, later, scope), argumentOf(name, earlier, scope)];
    const start = weekStart(unit);
    const type = scalar('INTEGER');
    if (start !== undefined && kind !== 'TIMESTAMP') {
      const week = (sql: string) => `bq.trunc_week(CAST(${sql} AS DATE), ${start})`;
      return { sql: `(date_diff('day', ${week(b)}, ${week(a)}) // 7)`, type };
    }
    expectUnit(unit, shiftUnits[kind], name);
    // a TIMESTAMP's difference counts whole units, the others' the boundaries in between
    const engineFunction = kind === 'TIMESTAMP' ? 'date_sub' : 'date_diff';
    return { sql: `${engineFunction}(${text(unit.toLowerCase())}, ${b}, ${a})`, type };
  };
}

const extracted: Record<string, string> = {
  MICROSECOND: 'CAST(microsecond({x}) % 1000000 AS BIGINT)',
  MILLISECOND: 'CAST(millisecond({x}) % 1000 AS BIGINT)',
  SECOND: 'CAST(second({x}) AS BIGINT)',
  MINUTE: 'minute({x})',
  HOUR: 'hour({x})',
  DAY: 'day({x})',
  DAYOFWEEK: '(dayofweek({x}) + 1)',
  DAYOFYEAR: 'dayofyear({x})',
  WEEK: "CAST(strftime(CAST({x} AS TIMESTAMP), '%U') AS BIGINT)",
  'WEEK(MONDAY)': "CAST(strftime(CAST({x} AS TIMESTAMP), '%W') AS BIGINT)",
  ISOWEEK: 'weekofyear({x})',
  MONTH: 'month({x})',
  QUARTER: 'quarter({x})',
  YEAR: 'year({x})',
  ISOYEAR: 'isoyear({x})',
  DATE: 'CAST({x} AS DATE)',
};

/** `EXTRACT(part FROM x [AT TIME ZONE z])`. */
export function extract(fields: Fields, scope: Scope): Resolved {
  expectOnly('EXTRACT', fields, 'this', 'field');
  const { field } = fields;
  const day = isNode(field) && typeof field.WeekWithModifier === 'string' ? field.WeekWithModifier : undefined;
  const part = day === undefined ? (isNode(field) ? field.Custom : field) : `WEEK(${day})`;
  const sql = extracted[String(part).toUpperCase()];
  if (sql === undefined) throw unsupportedQuery(`EXTRACT(${String(part).toUpperCase()})`);
  const zoned = as(fields.this, 'at_time_zone');
  const { sql: value, type } = expression(zoned?.this ?? fields.this, scope);
  const isClock = clock.includes(String(part).toUpperCase());
  if (isType(type, 'DATE') ? isClock || zoned : zoned && !isType(type, 'TIMESTAMP')) {
    throw invalidQuery(`EXTRACT(${part}) is not defined for arguments of type ${type && standardName(type)}`);
  }
  const local = zoned === undefined ? value : `timezone(${expression(zoned.zone, scope).sql}, ${value})`;
  return { sql: sql.replaceAll('{x}', () => local), type: scalar(part === 'Date' ? 'DATE' : 'INTEGER') };
}

function dateArray([from, to, step]: readonly unknown[], scope: Scope): Resolved {
  const by = step === undefined ? { amount: '1', unit: 'DAY' } : readInterval(step, scope);
  expectUnit(by.unit, shiftUnits.DATE, 'GENERATE_DATE_ARRAY');
  const dates = [from, to].map((node) => `CAST(${expression(node, scope).sql} AS DATE)`).join(', ');
  const factor = { DAY: 1, WEEK: 7, MONTH: 1, QUARTER: 3, YEAR: 12 }[by.unit] ?? 1;
  const macro = by.unit === 'DAY' || by.unit === 'WEEK' ? 'date_array' : 'month_array';
  return { sql: `bq.${macro}(${dates}, ${factor} * ${by.amount})`, type: { type: 'DATE', mode: 'REPEATED' } };
}

const named = (names: readonly string[], make: (name: string) => SpecialFunction) =>
  Object.fromEntries(names.map((name) => [name, make(name)]));

/** Functions of dates and times that take a unit or an interval. */
export const timeFunctions: Readonly<Record<string, SpecialFunction>> = {
  ...named(['DATE_TRUNC', 'TIMESTAMP_TRUNC', 'DATETIME_TRUNC'], truncate),
  ...named(['DATE_ADD', 'DATE_SUB', 'TIMESTAMP_ADD', 'TIMESTAMP_SUB', 'DATETIME_ADD', 'DATETIME_SUB'], shift),
  ...named(['DATE_DIFF', 'TIMESTAMP_DIFF', 'DATETIME_DIFF'], difference),
  GENERATE_DATE_ARRAY: dateArray,
};
