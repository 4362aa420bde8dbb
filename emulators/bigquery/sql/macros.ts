import { DuckDBScalarFunction, VARCHAR } from '@duckdb/node-api';

const integerText = String.raw`'[+-]?(\d+|0[xX][0-9a-fA-F]+)'`;
const notFiniteText = "'(?i)[+-]?(nan|inf|infinity)'";
const jsonPath = String.raw`'\$(\.[A-Za-z_]\w*|\."[^"]*"|\[\d+\])*'`;
const noNaN = "error('The emulator does not support NaN and infinity')";

/** The nearest whole number, halves away from zero. */
const rounded = (x: string) => `CAST(sign(${x}) * floor(abs(${x}) + 0.5) AS BIGINT)`;
const byZero = (name: string) => `WHEN b = 0 AND a IS NOT NULL THEN error('division by zero: ${name}')`;

/** Macros that give BigQuery's meaning where DuckDB has none or another: signature -> body. */
const macros: Record<string, string> = {
  // those that others use; as a lambda's parameter the value is computed once
  'finite(x)':
    "list_transform([x], lambda v: CASE WHEN v IS NULL OR isfinite(v) THEN v ELSE error('Floating point error: overflow') END)[1]",
  'finite_or_null(x)': 'list_transform([x], lambda v: CASE WHEN isfinite(CAST(v AS DOUBLE)) THEN v END)[1]',
  // DuckDB would compare a cast's argument to a constant, and never cast it
  'int64(x)':
    "list_transform([x], lambda v: CASE WHEN v IS NULL OR v BETWEEN -9223372036854775808 AND 9223372036854775807 THEN CAST(v AS BIGINT) ELSE error('int64 overflow: ' || v) END)[1]",
  'json_scalar(j, t)':
    "CASE WHEN j IS NULL THEN NULL WHEN list_contains(t, json_type(j)) THEN json_extract_string(j, '$') ELSE error('The provided JSON input is not of the expected type') END",
  'json_valid(j)': "CASE WHEN typeof(j) = 'JSON' THEN true ELSE json_valid(CAST(j AS VARCHAR)) END",
  // a fraction of a second has 0, 3 or 6 digits
  'fraction(t)':
    "CASE WHEN microsecond(t) % 1000000 = 0 THEN '' WHEN microsecond(t) % 1000 = 0 THEN printf('.%03d', microsecond(t) % 1000000 // 1000) ELSE printf('.%06d', microsecond(t) % 1000000) END",
  'time_text(t)': "strftime(t, '%Y-%m-%d %H:%M:%S') || bq.fraction(t)",
  // casts
  'timestamp_to_text(t)': "bq.time_text(CAST(t AS TIMESTAMP)) || '+00'",
  'float_to_text(x)': String.raw`regexp_replace(CAST(x AS VARCHAR), '\.0$', '')`,
  'text_to_int64(x)': `CASE WHEN NOT regexp_full_match(trim(x), ${integerText}) THEN error('Bad int64 value: ' || x) ELSE CAST(x AS BIGINT) END`,
  'safe_text_to_int64(x)': `CASE WHEN regexp_full_match(trim(x), ${integerText}) THEN TRY_CAST(x AS BIGINT) END`,
  'float_to_int64(x)': rounded('x'),
  'safe_float_to_int64(x)': `CASE WHEN abs(x) < 9.2e18 THEN ${rounded('x')} END`,
  'text_to_float(x)': `CASE WHEN regexp_full_match(trim(x), ${notFiniteText}) THEN ${noNaN} ELSE bq.finite(CAST(x AS DOUBLE)) END`,
  'safe_text_to_float(x)': `CASE WHEN regexp_full_match(trim(x), ${notFiniteText}) THEN ${noNaN} ELSE bq.finite_or_null(TRY_CAST(x AS DOUBLE)) END`,
  'text_to_bool(x)':
    "CASE lower(x) WHEN 'true' THEN true WHEN 'false' THEN false ELSE CASE WHEN x IS NULL THEN NULL ELSE error('Bad bool value: ' || x) END END",
  'safe_text_to_bool(x)': "CASE lower(x) WHEN 'true' THEN true WHEN 'false' THEN false END",
  'to_bytes(x)': "CASE WHEN typeof(x) = 'VARCHAR' THEN encode(CAST(x AS VARCHAR)) ELSE CAST(x AS BLOB) END",
  // numbers
  'divide(a, b)': `CASE ${byZero("' || CAST(a AS VARCHAR) || ' / 0")} ELSE a / b END`,
  'safe_divide(a, b)': 'CASE WHEN b <> 0 THEN bq.finite_or_null(a / b) END',
  'div(a, b)': `CASE ${byZero('DIV')} ELSE a // b END`,
  'mod(a, b)': `CASE ${byZero('MOD')} ELSE a % b END`,
  'is_in(x, l)':
    'CASE WHEN l IS NULL OR len(l) = 0 THEN false WHEN x IS NULL THEN NULL WHEN list_contains(l, x) THEN true WHEN len(l) <> list_count(l) THEN NULL ELSE false END',
  'at(l, i)':
    "CASE WHEN i < 1 OR i > len(l) THEN error('Array index ' || CAST(i - 1 AS VARCHAR) || ' is out of bounds') ELSE list_extract(l, i) END",
  'at_safe(l, i)': 'CASE WHEN i < 1 THEN NULL ELSE list_extract(l, i) END',
  'substr(s, p, n)':
    "CASE WHEN n < 0 THEN error('Third argument in SUBSTR() cannot be negative') WHEN p = 0 THEN substring(s, 1, LEAST(n, 2147483647)) WHEN p < -length(s) THEN substring(s, 1, LEAST(n, 2147483647)) ELSE substring(s, p, LEAST(n, 2147483647)) END",
  'trim(s)': String.raw`regexp_replace(s, '^[\s\v\x{85}\pZ]+|[\s\v\x{85}\pZ]+$', '', 'g')`,
  'ltrim(s)': String.raw`regexp_replace(s, '^[\s\v\x{85}\pZ]+', '')`,
  'rtrim(s)': String.raw`regexp_replace(s, '[\s\v\x{85}\pZ]+$', '')`,
  'trunc(x, u)': 'cast_to_type(date_trunc(u, x), x)',
  'trunc_week(x, k)': "cast_to_type(date_trunc('week', x - to_days(k)) + to_days(k), x)",
  'trunc_tz(x, u, tz)': '(date_trunc(u, timezone(tz, x)) AT TIME ZONE tz)',
  'trunc_tz_week(x, k, tz)': "((date_trunc('week', timezone(tz, x) - to_days(k)) + to_days(k)) AT TIME ZONE tz)",
  'shift(x, i)': 'cast_to_type(x + i, x)',
  'date_array(a, b, n)':
    "CASE WHEN a IS NULL OR b IS NULL THEN NULL ELSE list_transform(generate_series(0, date_diff('day', a, b), n), lambda i: a + CAST(i AS INTEGER)) END",
  'month_array(a, b, n)':
    "CASE WHEN a IS NULL OR b IS NULL THEN NULL WHEN n < 0 THEN error('The emulator does not support GENERATE_DATE_ARRAY by negative months') ELSE list_filter(list_transform(generate_series(0, date_diff('month', a, b), n), lambda i: CAST(a + to_months(CAST(i AS INTEGER)) AS DATE)), lambda d: d <= b) END",
  // JSON, which may come as JSON or as STRING
  'json_path(p)': `CASE WHEN regexp_full_match(p, ${jsonPath}) THEN p ELSE error('Invalid JSONPath: ' || p) END`,
  'json_value(j, p)':
    "CASE WHEN bq.json_valid(j) THEN CASE WHEN json_type(j, p) IN ('OBJECT', 'ARRAY', 'NULL') THEN NULL ELSE json_extract_string(j, p) END END",
  'json_query(j, p)': 'CASE WHEN bq.json_valid(j) THEN json_extract(j, p) END',
  'json_query_array(j, p)':
    "CASE WHEN bq.json_valid(j) THEN CASE WHEN json_type(j, p) = 'ARRAY' THEN CAST(json_extract(j, p) AS JSON[]) END END",
  'json_value_array(j, p)':
    "CASE WHEN bq.json_valid(j) THEN CASE WHEN json_type(j, p) = 'ARRAY' THEN CASE WHEN len(list_filter(CAST(json_extract(j, p) AS JSON[]), lambda e: json_type(e) IN ('OBJECT', 'ARRAY'))) > 0 THEN NULL ELSE CAST(json_extract(j, p) AS VARCHAR[]) END END END",
  'json_keys(j)': "CASE WHEN json_type(j) = 'OBJECT' THEN list_sort(json_keys(j)) END",
  'json_type(j)':
    "CASE json_type(j) WHEN 'VARCHAR' THEN 'string' WHEN 'UBIGINT' THEN 'number' WHEN 'BIGINT' THEN 'number' WHEN 'HUGEINT' THEN 'number' WHEN 'DOUBLE' THEN 'number' ELSE lower(json_type(j)) END",
};

/** Functions of text by BigQuery's rules, which are JavaScript's: full case mapping. */
const textFunctions: Readonly<Record<string, (text: string) => string>> = {
  bq_upper: (text) => text.toUpperCase(),
  bq_lower: (text) => text.toLowerCase(),
};

/** What a database must be given each time it is opened: a file keeps neither functions nor the macros' database. */
export function scalarFunctions(): DuckDBScalarFunction[] {
  return Object.entries(textFunctions).map(([name, compute]) =>
    DuckDBScalarFunction.create({
      name,
      parameterTypes: [VARCHAR],
      returnType: VARCHAR,
      mainFunction: (_info, input, output) => {
        const texts = input.getColumnVector(0);
        for (let row = 0; row < input.rowCount; row += 1) {
          const text = texts.getItem(row);
          output.setItem(row, text === null ? null : compute(String(text)));
        }
        output.flush();
      },
    }),
  );
}

/** Statements that make the macros, in a database of their own, `bq`, in memory: none is kept in a file. */
export const macroStatements: readonly string[] = [
  "ATTACH ':memory:' AS bq",
  ...Object.entries(macros).map(([signature, body]) => `CREATE MACRO bq.${signature} AS ${body}`),
];
