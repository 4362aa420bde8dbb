const integerText = String.raw`'[+-]?(\d+|0[xX][0-9a-fA-F]+)'`;
const jsonPath = String.raw`'\$(\.[A-Za-z_]\w*|\."[^"]*"|\[\d+\])*'`;

/** `CASE typeof(x)` is settled when DuckDB binds the query, so that each macro works for several types. */
const perType = (value: string, cases: Record<string, string>, otherwise: string) =>
  `CASE ${Object.entries(cases)
    .map(([types, sql]) => `WHEN typeof(${value}) IN (${types}) THEN ${sql}`)
    .join(' ')} ELSE ${otherwise} END`;

const floats = "'DOUBLE', 'FLOAT'";
// by way of text, as DuckDB refuses to bind a cast of a STRUCT even where typeof rules it out
const asFloat = 'TRY_CAST(CAST(x AS VARCHAR) AS DOUBLE)';
// the nearest whole number, halves away from zero
const roundedAway = `CAST(sign(${asFloat}) * floor(abs(${asFloat}) + 0.5) AS BIGINT)`;
const asTime = 'TRY_CAST(CAST(x AS VARCHAR) AS TIMESTAMP)';
const isDecimal = (x: string) => `typeof(${x}) LIKE 'DECIMAL%'`;
const noDecimal = (x: string) =>
  `WHEN ${isDecimal(x)} THEN error('The emulator does not support this function of NUMERIC')`;

/** Macros that give BigQuery's meaning where DuckDB has none or another: signature -> body. */
const macros: Record<string, string> = {
  // those that others use
  'json_scalar(j, t)':
    "CASE WHEN typeof(j) <> 'JSON' THEN error('No matching signature: the argument must be JSON') WHEN j IS NULL THEN NULL WHEN list_contains(t, json_type(j)) THEN json_extract_string(j, '$') ELSE error('The provided JSON input is not of the expected type') END",
  'json_valid(j)': perType('j', { "'JSON'": 'true' }, 'json_valid(CAST(j AS VARCHAR))'),
  'float_to_string(x)': String.raw`regexp_replace(replace(replace(CAST(x AS VARCHAR), 'Infinity', 'inf'), 'nan', 'NaN'), '\.0$', '')`,
  // a fraction of a second has 0, 3 or 6 digits
  'fraction(t)':
    "CASE WHEN microsecond(t) % 1000000 = 0 THEN '' WHEN microsecond(t) % 1000 = 0 THEN printf('.%03d', microsecond(t) % 1000000 // 1000) ELSE printf('.%06d', microsecond(t) % 1000000) END",
  'time_text(t)': "strftime(t, '%Y-%m-%d %H:%M:%S') || bq.fraction(t)",
  'iso(t)': "strftime(t, '%Y-%m-%dT%H:%M:%S') || bq.fraction(t) || 'Z'",
  'to_int64(x)': perType(
    'x',
    {
      "'VARCHAR'": `CASE WHEN NOT regexp_full_match(trim(CAST(x AS VARCHAR)), ${integerText}) THEN error('Bad int64 value: ' || CAST(x AS VARCHAR)) ELSE CAST(CAST(x AS VARCHAR) AS BIGINT) END`,
      [floats]: roundedAway,
      "'JSON'": "error('Invalid cast from JSON to INT64')",
    },
    'CAST(x AS BIGINT)',
  ),
  'safe_int64(x)': perType(
    'x',
    {
      "'VARCHAR'": `CASE WHEN regexp_full_match(trim(CAST(x AS VARCHAR)), ${integerText}) THEN TRY_CAST(CAST(x AS VARCHAR) AS BIGINT) END`,
      [floats]: `CASE WHEN abs(${asFloat}) < 9.2e18 THEN ${roundedAway} END`,
    },
    'TRY_CAST(x AS BIGINT)',
  ),
  'to_bool(x)': perType(
    'x',
    {
      "'VARCHAR'":
        "CASE lower(CAST(x AS VARCHAR)) WHEN 'true' THEN true WHEN 'false' THEN false ELSE CASE WHEN x IS NULL THEN NULL ELSE error('Bad bool value: ' || CAST(x AS VARCHAR)) END END",
    },
    'CAST(x AS BOOLEAN)',
  ),
  'safe_bool(x)': perType(
    'x',
    { "'VARCHAR'": "CASE lower(CAST(x AS VARCHAR)) WHEN 'true' THEN true WHEN 'false' THEN false END" },
    'TRY_CAST(x AS BOOLEAN)',
  ),
  'to_string(x)': `CASE WHEN ${isDecimal('x')} THEN ${String.raw`regexp_replace(CAST(x AS VARCHAR), '(\.\d*[1-9])0+$|\.0+$', '\1')`} ELSE ${perType(
    'x',
    {
      [floats]: 'bq.float_to_string(x)',
      "'BLOB'": 'decode(TRY_CAST(x AS BLOB))',
      "'TIMESTAMP'": `bq.time_text(${asTime})`,
      "'TIMESTAMP WITH TIME ZONE'": `bq.time_text(${asTime}) || '+00'`,
      "'JSON'": "error('Invalid cast from JSON to STRING')",
    },
    'CAST(x AS VARCHAR)',
  )} END`,
  'to_bytes(x)': perType('x', { "'VARCHAR'": 'encode(CAST(x AS VARCHAR))' }, 'CAST(x AS BLOB)'),
  'divide(a, b)': `CASE ${noDecimal('a')} ${noDecimal('b')} WHEN b = 0 AND a IS NOT NULL THEN error('division by zero: ' || CAST(a AS VARCHAR) || ' / ' || CAST(b AS VARCHAR)) ELSE a / b END`,
  'safe_divide(a, b)': `CASE ${noDecimal('a')} ${noDecimal('b')} WHEN b = 0 THEN NULL ELSE a / b END`,
  'ieee_divide(a, b)': 'CAST(a AS DOUBLE) / CAST(b AS DOUBLE)',
  'div(a, b)':
    "CASE WHEN typeof(a) IN ('DOUBLE') OR typeof(b) IN ('DOUBLE') THEN error('No matching signature for function DIV') WHEN b = 0 AND a IS NOT NULL THEN error('division by zero: DIV(' || CAST(a AS VARCHAR) || ', 0)') ELSE CAST(a // b AS BIGINT) END",
  'mod(a, b)':
    "CASE WHEN typeof(a) IN ('DOUBLE') OR typeof(b) IN ('DOUBLE') THEN error('No matching signature for function MOD') WHEN b = 0 AND a IS NOT NULL THEN error('division by zero: MOD(' || CAST(a AS VARCHAR) || ', 0)') ELSE CAST(a % b AS BIGINT) END",
  'minus(a, b)':
    "CASE WHEN typeof(a) IN ('DATE', 'TIMESTAMP', 'TIMESTAMP WITH TIME ZONE') AND typeof(a) = typeof(b) THEN error('The emulator does not support differences that are an INTERVAL') ELSE a - b END",
  'as_float(x)': `CASE ${noDecimal('x')} ELSE CAST(x AS DOUBLE) END`,
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
  'days(d)':
    "CASE WHEN typeof(d) LIKE 'TIMESTAMP%' THEN error('The emulator does not support DATE functions of TIMESTAMP and DATETIME') ELSE CAST(d AS DATE) END",
  'last_day(d, u)':
    "CASE u WHEN 'year' THEN make_date(year(d), 12, 31) WHEN 'quarter' THEN CAST(last_day(date_trunc('quarter', d) + INTERVAL 2 MONTH) AS DATE) ELSE last_day(d) END",
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
  'string(x)': perType(
    'x',
    { "'JSON'": "bq.json_scalar(CAST(x AS JSON), ['VARCHAR'])" },
    "CASE WHEN typeof(x) LIKE 'TIMESTAMP%' OR typeof(x) IN ('DATE', 'TIME') THEN bq.to_string(x) ELSE error('No matching signature for function STRING') END",
  ),
  'to_json_string(x)': `CASE WHEN typeof(x) = 'JSON' THEN coalesce(CAST(x AS VARCHAR), 'null') WHEN typeof(x) = 'TIMESTAMP WITH TIME ZONE' THEN coalesce('"' || bq.iso(${asTime}) || '"', 'null') WHEN typeof(x) IN (${floats}) THEN CASE WHEN isfinite(${asFloat}) THEN bq.float_to_string(${asFloat}) WHEN x IS NULL THEN 'null' ELSE error('The emulator does not support TO_JSON_STRING of NaN and infinity') END WHEN regexp_matches(typeof(x), 'DOUBLE|FLOAT|TIMESTAMP|TIME|BLOB|DECIMAL|HUGEINT') THEN error('The emulator does not support TO_JSON_STRING of ' || typeof(x)) ELSE coalesce(CAST(to_json(x) AS VARCHAR), 'null') END`,
  'hash(x)':
    "CASE WHEN typeof(x) IN ('VARCHAR', 'BLOB') THEN x ELSE error('No matching signature: STRING or BYTES') END",
};

/** Statements that make the macros, in a database of their own, `bq`, in memory: none is kept in a file. */
export const macroStatements: readonly string[] = [
  "ATTACH ':memory:' AS bq",
  ...Object.entries(macros).map(([signature, body]) => `CREATE MACRO bq.${signature} AS ${body}`),
];
