import { invalidQuery, unsupportedQuery } from '../errors.ts';
import { text } from '../schema.ts';
import { unify } from './comparable.ts';
import { expression, type Resolved, type Scope, type SpecialFunction } from './scope.ts';
import { stringLiteral } from './tree.ts';
import { scalar } from './types.ts';

function literalOf(node: unknown, what: string): string {
  const value = stringLiteral(node);
  if (value === undefined) throw unsupportedQuery(`${what} that is not a literal`);
  return value;
}

/** Whether a regular expression has a group: BigQuery then gives the group, and allows no second one. */
function groupIn(pattern: string): 0 | 1 {
  const bare = pattern.replace(/\\./gs, '').replace(/\[\^?\]?[^\]]*\]/g, '');
  const groups = bare.match(/\((?!\?(?!P<))/g)?.length ?? 0;
  if (groups > 1) throw invalidQuery('Regular expression has more than one capturing group');
  return groups === 0 ? 0 : 1;
}

function regexpExtract(args: readonly unknown[], scope: Scope): Resolved {
  if (args.length !== 2) throw unsupportedQuery('REGEXP_EXTRACT with a position');
  const group = groupIn(literalOf(args[1], 'a regular expression'));
  const [value, pattern] = args.map((arg) => expression(arg, scope).sql);
  return {
    sql: `(CASE WHEN regexp_matches(${value}, ${pattern}) THEN regexp_extract(${value}, ${pattern}, ${group}) END)`,
    type: scalar('STRING'),
  };
}

/** BigQuery's format elements that DuckDB has too, under its name for them. */
const elements: Readonly<Record<string, string>> = {
  ...Object.fromEntries([...'AaBbdHIjMmpSUuVWwYyG%'].map((element) => [element, `%${element}`])),
  F: '%Y-%m-%d',
  T: '%H:%M:%S',
  R: '%H:%M',
  D: '%m/%d/%y',
  E4Y: '%Y',
  'E*S': '%S.%f',
  E6S: '%S.%f',
  E3S: '%S.%g',
};

function engineFormat(format: string, more: Readonly<Record<string, string>>): string {
  return format.replace(/%(E\dS|E\*S|E4Y|.|$)/g, (written, element: string) => {
    const engine = more[element] ?? elements[element];
    if (engine === undefined) throw unsupportedQuery(`the format element ${written}`);
    return engine;
  });
}

/** Elements that a TIMESTAMP has in UTC. */
const utcElements = { Z: 'UTC', z: '+0000' };

function format(name: string): SpecialFunction {
  return (args, scope) => {
    const [pattern, value, zone] = args;
    if (value === undefined || args.length > 3) throw invalidQuery(`No matching signature for function ${name}`);
    const isTimestamp = name === 'FORMAT_TIMESTAMP';
    const written = literalOf(pattern, 'a format');
    if (written.includes('%E*S')) throw unsupportedQuery('the format element %E*S');
    const engine = text(engineFormat(written, isTimestamp && zone === undefined ? utcElements : {}));
    const kind = scalar(name.replace('FORMAT_', '') as 'DATE' | 'DATETIME' | 'TIMESTAMP');
    const [typed] = unify(name, [expression(value, scope), { sql: 'NULL', type: kind }]).values;
    const sql = typed?.sql;
    const type = scalar('STRING');
    if (zone === undefined) return { sql: `strftime(CAST(${sql} AS TIMESTAMP), ${engine})`, type };
    if (!isTimestamp) throw invalidQuery(`No matching signature for function ${name}`);
    return { sql: `strftime(timezone(${expression(zone, scope).sql}, ${sql}), ${engine})`, type };
  };
}

const parsed = {
  PARSE_DATE: ['DATE', 'DATE'],
  PARSE_TIMESTAMP: ['TIMESTAMPTZ', 'TIMESTAMP'],
  PARSE_DATETIME: ['TIMESTAMP', 'DATETIME'],
} as const;

function parse(name: keyof typeof parsed): SpecialFunction {
  return (args, scope) => {
    const [pattern, value] = args;
    if (value === undefined) throw invalidQuery(`No matching signature for function ${name}`);
    if (args.length > 2) throw unsupportedQuery(`${name} with a time zone`);
    const engine = engineFormat(literalOf(pattern, 'a format'), {});
    // what the text leaves out is 1970-01-01 in BigQuery, 1900-01-01 in DuckDB
    if (!/%[Yy]/.test(engine) || !(/%m|%b|%B/.test(engine) && engine.includes('%d')) === !engine.includes('%j')) {
      throw unsupportedQuery('formats without a whole date');
    }
    const [engineType, type] = parsed[name];
    return {
      sql: `CAST(strptime(${expression(value, scope).sql}, ${text(engine)}) AS ${engineType})`,
      type: scalar(type),
    };
  };
}

/** Functions of text that need a literal pattern. */
export const textFunctions: Readonly<Record<string, SpecialFunction>> = {
  REGEXP_EXTRACT: regexpExtract,
  FORMAT_DATE: format('FORMAT_DATE'),
  FORMAT_DATETIME: format('FORMAT_DATETIME'),
  FORMAT_TIMESTAMP: format('FORMAT_TIMESTAMP'),
  PARSE_DATE: parse('PARSE_DATE'),
  PARSE_DATETIME: parse('PARSE_DATETIME'),
  PARSE_TIMESTAMP: parse('PARSE_TIMESTAMP'),
};
