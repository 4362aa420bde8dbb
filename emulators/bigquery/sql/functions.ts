import type { FieldType } from '../schema.ts';
import type { Trait } from './comparable.ts';

/** DuckDB SQL over the arguments {0}, {1}, …; `{*}` is all of them. Several: one for each number of arguments. */
export interface FunctionRule {
  sql: string | readonly string[];
  /** The result's type; `first`: that of the first argument; `common`: what all of them, but for a condition, become. */
  type: FieldType | 'first' | 'common' | { arrayOf: FieldType };
  /** Types that the first argument may have, where DuckDB would take, and cast, others too. */
  takes?: readonly FieldType[];
  /** What can be done with values of the last argument's type. */
  needs?: Trait;
}

type Rules = Readonly<Record<string, FunctionRule>>;

const taking = (takes: readonly FieldType[], rules: Rules): Rules =>
  Object.fromEntries(Object.entries(rules).map(([name, rule]) => [name, { ...rule, takes }]));
const needing = (needs: Trait, rules: Rules): Rules =>
  Object.fromEntries(Object.entries(rules).map(([name, rule]) => [name, { ...rule, needs }]));
const textual: readonly FieldType[] = ['STRING', 'BYTES'];
const numeric: readonly FieldType[] = ['INTEGER', 'FLOAT'];
const json: readonly FieldType[] = ['JSON'];

const string = (...sql: string[]): FunctionRule => ({ sql, type: 'STRING' });
const integer = (...sql: string[]): FunctionRule => ({ sql, type: 'INTEGER' });
const float = (...sql: string[]): FunctionRule => ({ sql, type: 'FLOAT' });
const boolean = (...sql: string[]): FunctionRule => ({ sql, type: 'BOOLEAN' });
const bytes = (...sql: string[]): FunctionRule => ({ sql, type: 'BYTES' });
const first = (...sql: string[]): FunctionRule => ({ sql, type: 'first' });
const common = (...sql: string[]): FunctionRule => ({ sql, type: 'common' });
const date = (...sql: string[]): FunctionRule => ({ sql, type: 'DATE' });
const timestamp = (...sql: string[]): FunctionRule => ({ sql, type: 'TIMESTAMP' });
const datetime = (...sql: string[]): FunctionRule => ({ sql, type: 'DATETIME' });
const arrayOf = (type: FieldType, ...sql: string[]): FunctionRule => ({ sql, type: { arrayOf: type } });

/** Functions whose arguments are plain values: the tested ones. Any other function is refused. */
export const functions: Readonly<Record<string, FunctionRule>> = {
  // strings
  ...taking(['STRING'], {
    LOWER: string('bq_lower({0})'),
    UPPER: string('bq_upper({0})'),
  }),
  ...taking(textual, {
    TRIM: string('bq.trim({0})', 'trim({0}, {1})'),
    LTRIM: string('bq.ltrim({0})', 'ltrim({0}, {1})'),
    RTRIM: string('bq.rtrim({0})', 'rtrim({0}, {1})'),
    LENGTH: integer('length({0})'),
    BYTE_LENGTH: integer('octet_length(bq.to_bytes({0}))'),
    SUBSTR: string('bq.substr({0}, {1}, 9223372036854775807)', 'bq.substr({0}, {1}, {2})'),
    LEFT: string('left({0}, {1})'),
    RIGHT: string('right({0}, {1})'),
    REPLACE: string('replace({0}, {1}, {2})'),
    STRPOS: integer('strpos({0}, {1})'),
    STARTS_WITH: boolean('starts_with({0}, {1})'),
    ENDS_WITH: boolean('ends_with({0}, {1})'),
    SPLIT: arrayOf('STRING', "string_split({0}, ',')", 'string_split({0}, {1})'),
    CONCAT: common('({*||})'),
    REGEXP_CONTAINS: boolean('regexp_matches({0}, {1})'),
    REGEXP_REPLACE: string("regexp_replace({0}, {1}, {2}, 'g')"),
    MD5: bytes('unhex(md5({0}))'),
    SHA256: bytes('unhex(sha256({0}))'),
    TO_HEX: string('lower(hex({0}))'),
    FROM_HEX: bytes('unhex({0})'),
    TO_BASE64: string('to_base64({0})'),
    FROM_BASE64: bytes('from_base64({0})'),
  }),
  // conditions
  COALESCE: common('coalesce({*})'),
  IF: common('(CASE WHEN {0} THEN {1} ELSE {2} END)'),
  ...needing('equality', { NULLIF: common('nullif({0}, {1})') }),
  ...needing('order', {
    GREATEST: common('(CASE WHEN {* IS NULL OR} IS NULL THEN NULL ELSE greatest({*}) END)'),
    LEAST: common('(CASE WHEN {* IS NULL OR} IS NULL THEN NULL ELSE least({*}) END)'),
  }),
  // numbers
  ...taking(numeric, {
    ABS: first('abs({0})'),
    MOD: integer('bq.mod({0}, {1})'),
    DIV: integer('bq.div({0}, {1})'),
    ROUND: float('round({0}::DOUBLE)', 'round({0}::DOUBLE, CAST({1} AS INTEGER))'),
    TRUNC: float('trunc({0}::DOUBLE)'),
    CEIL: float('ceil({0}::DOUBLE)'),
    FLOOR: float('floor({0}::DOUBLE)'),
    SAFE_DIVIDE: float('bq.safe_divide({0}, {1})'),
  }),
  // arrays
  ARRAY_LENGTH: integer('len({0})'),
  ARRAY_REVERSE: first('list_reverse({0})'),
  ARRAY_CONCAT: common('({*||})'),
  ARRAY_TO_STRING: string('array_to_string({0}, {1})'),
  GENERATE_ARRAY: {
    sql: ['generate_series({0}, {1})', 'generate_series({0}, {1}, {2})'],
    type: { arrayOf: 'INTEGER' },
  },
  // JSON
  PARSE_JSON: { sql: ['CAST({0} AS JSON)'], type: 'JSON', takes: ['STRING'] },
  ...taking(json, {
    JSON_TYPE: string('bq.json_type({0})'),
    STRING: string("bq.json_scalar({0}, ['VARCHAR'])"),
    INT64: integer("CAST(bq.json_scalar({0}, ['BIGINT', 'UBIGINT']) AS BIGINT)"),
    FLOAT64: float("CAST(bq.json_scalar({0}, ['BIGINT', 'UBIGINT', 'HUGEINT', 'DOUBLE']) AS DOUBLE)"),
    BOOL: boolean("CAST(bq.json_scalar({0}, ['BOOLEAN']) AS BOOLEAN)"),
  }),
  // dates and times
  CURRENT_TIMESTAMP: timestamp('now()'),
  CURRENT_DATE: date('CAST(now() AS DATE)', 'CAST(timezone({0}, now()) AS DATE)'),
  CURRENT_DATETIME: datetime('CAST(now() AS TIMESTAMP)', 'timezone({0}, now())'),
  DATE: date(
    'CAST({0} AS DATE)',
    'CAST(timezone({1}, CAST({0} AS TIMESTAMPTZ)) AS DATE)',
    'make_date(CAST({0} AS INTEGER), CAST({1} AS INTEGER), CAST({2} AS INTEGER))',
  ),
  DATETIME: datetime('CAST({0} AS TIMESTAMP)', 'timezone({1}, CAST({0} AS TIMESTAMPTZ))'),
  TIMESTAMP: timestamp('CAST({0} AS TIMESTAMPTZ)', 'timezone({1}, CAST({0} AS TIMESTAMP))'),
  ...taking(['TIMESTAMP'], {
    UNIX_SECONDS: integer('CAST(floor(epoch_us({0}) / 1000000) AS BIGINT)'),
    UNIX_MILLIS: integer('CAST(floor(epoch_us({0}) / 1000) AS BIGINT)'),
    UNIX_MICROS: integer('epoch_us({0})'),
  }),
  ...taking(['INTEGER'], {
    TIMESTAMP_SECONDS: timestamp('CAST(make_timestamp({0} * 1000000) AS TIMESTAMPTZ)'),
    TIMESTAMP_MILLIS: timestamp('CAST(make_timestamp({0} * 1000) AS TIMESTAMPTZ)'),
    TIMESTAMP_MICROS: timestamp('CAST(make_timestamp({0}) AS TIMESTAMPTZ)'),
  }),
};

/** Functions over all rows of a group, or of a window. */
export const aggregates: Readonly<Record<string, FunctionRule>> = {
  ...needing('order', {
    MIN: first('min({0})'),
    MAX: first('max({0})'),
    MAX_BY: first('arg_max_null({0}, {1})'),
    MIN_BY: first('arg_min_null({0}, {1})'),
  }),
  COUNT: integer('count({0})'),
  ANY_VALUE: first('any_value({0})'),
  ...taking(['BOOLEAN'], {
    COUNTIF: integer('count(CASE WHEN {0} THEN 1 END)'),
    LOGICAL_AND: boolean('bool_and({0})'),
    LOGICAL_OR: boolean('bool_or({0})'),
  }),
  ...taking(numeric, {
    SUM: first('sum({0})'),
    AVG: float('avg({0}::DOUBLE)'),
  }),
  // exact, where the service's result is near
  ...needing('grouping', { APPROX_COUNT_DISTINCT: integer('count(DISTINCT {0})') }),
};

/** Functions that need OVER. */
export const windowFunctions: Readonly<Record<string, FunctionRule>> = {
  ROW_NUMBER: integer('row_number()'),
  RANK: integer('rank()'),
  DENSE_RANK: integer('dense_rank()'),
  LAG: first('lag({0})', 'lag({0}, {1})', 'lag({0}, {1}, {2})'),
  LEAD: first('lead({0})', 'lead({0}, {1})', 'lead({0}, {1}, {2})'),
  FIRST_VALUE: first('first_value({0})'),
  LAST_VALUE: first('last_value({0})'),
  ...taking(numeric, { PERCENTILE_CONT: float('quantile_cont(CAST({0} AS DOUBLE), {1})') }),
  PERCENTILE_DISC: first('quantile_disc({0}, {1})'),
};
