import type { BSONRegExp } from 'bson';
import { CommandError } from '../errors.ts';
import { compileRegex } from '../filters/regex.ts';
import { toInteger } from '../values/numbers.ts';
import { compareStrings } from '../values/order.ts';
import { type Document, typeOf, type Value } from '../values/values.ts';
import type { EagerOperator } from './expression-operators.ts';

const isNil = (value: Value) => value === null || value === undefined;

function text(name: string, value: Value, code = 34471): string {
  if (typeof value === 'string') return value;
  throw new CommandError(code, `${name} requires a string argument, found: ${typeOf(value)}`);
}

/** What the string operators make of numbers and dates; null and missing are ''. */
function coerced(name: string, value: Value): string {
  if (isNil(value)) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (value instanceof Date) return value.toISOString();
  throw new CommandError(16007, `can't convert from BSON type ${typeOf(value)} to String (${name})`);
}

function count(name: string, value: Value, code: number): number {
  const integer = toInteger(value);
  if (integer !== undefined) return integer;
  throw new CommandError(code, `${name} requires whole numbers as its indexes, found: ${typeOf(value)}`);
}

// only ASCII letters have a case here, as in MongoDB
const lower = (value: string) => value.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
const upper = (value: string) => value.replace(/[a-z]/g, (letter) => letter.toUpperCase());

function concat(operands: Value[]): Value {
  if (operands.some(isNil)) return null;
  return operands.map((operand) => text('$concat', operand, 16702)).join('');
}

function split([input, delimiter]: Value[]): Value {
  if (isNil(input)) return null;
  const by = text('$split', delimiter, 40086);
  if (by === '') throw new CommandError(40087, '$split requires a non-empty separator');
  return text('$split', input, 40085).split(by);
}

const whitespace = '\0\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a';

function trim(name: string, left: boolean, right: boolean): EagerOperator {
  return {
    arity: [1, 2],
    named: ['input', 'chars'],
    run: ([input, chars]) => {
      if (isNil(input) || chars === null) return null;
      const points = [...text(name, input, 50699)];
      const cut = new Set(chars === undefined ? whitespace : text(name, chars, 50700));
      let from = 0;
      let to = points.length;
      while (left && from < to && cut.has(points[from] as string)) from += 1;
      while (right && to > from && cut.has(points[to - 1] as string)) to -= 1;
      return points.slice(from, to).join('');
    },
  };
}

function substringBytes([input, start, length]: Value[]): Value {
  const bytes = Buffer.from(coerced('$substrBytes', input));
  const from = count('$substrBytes', start, 16034);
  const wanted = count('$substrBytes', length, 16035);
  if (from < 0) throw new CommandError(50752, '$substrBytes: starting index must be non-negative');
  const to = wanted < 0 ? bytes.length : Math.min(bytes.length, from + wanted);
  for (const edge of [from, to]) {
    if (edge < bytes.length && ((bytes[edge] as number) & 0xc0) === 0x80) {
      throw new CommandError(28656, '$substrBytes: Invalid range, a boundary is in the middle of a UTF-8 character.');
    }
  }
  return bytes.toString('utf8', Math.min(from, bytes.length), to);
}

function substringPoints([input, start, length]: Value[]): Value {
  const from = count('$substrCP', start, 34450);
  const wanted = count('$substrCP', length, 34452);
  if (from < 0) throw new CommandError(34455, '$substrCP: the starting index must be nonnegative');
  if (wanted < 0) throw new CommandError(34454, '$substrCP: length must be a nonnegative integer');
  return [...coerced('$substrCP', input)].slice(from, from + wanted).join('');
}

function indexIn(name: string, units: (value: string) => string[] | Buffer): EagerOperator {
  return {
    arity: [2, 4],
    run: ([input, search, start = 0, end]) => {
      if (isNil(input)) return null;
      const haystack = units(text(name, input, 40091));
      const needle = units(text(name, search, 40092));
      const from = count(name, start, 40096);
      const to = end === undefined ? haystack.length : Math.min(count(name, end, 40096), haystack.length);
      if (from < 0 || to < 0) throw new CommandError(40097, `${name} requires a nonnegative index`);
      for (let i = from; i + needle.length <= to; i++) {
        let same = 0;
        while (same < needle.length && haystack[i + same] === needle[same]) same += 1;
        if (same === needle.length) return i;
      }
      return -1;
    },
  };
}

function replace(name: string, run: (input: string, find: string, replacement: string) => string): EagerOperator {
  return {
    arity: [3, 3],
    named: ['input', 'find', 'replacement'],
    run: (operands) => {
      if (operands.some(isNil)) return null;
      const [input, find, replacement] = operands.map((operand) => text(name, operand, 51746));
      return run(input as string, find as string, replacement as string);
    },
  };
}

function regexArguments(name: string, [input, regex, options]: Value[]): { input: string; regex: RegExp } | null {
  if (isNil(input) || isNil(regex)) return null;
  if (typeof regex !== 'string' && typeOf(regex) !== 'regex') {
    throw new CommandError(51105, `${name} needs 'regex' to be of type string or regex`);
  }
  const pattern = typeof regex === 'string' ? regex : (regex as BSONRegExp).pattern;
  const own = typeof regex === 'string' ? '' : (regex as BSONRegExp).options;
  const flags = isNil(options) ? own : text(name, options, 51106);
  return { input: text(name, input, 51104), regex: compileRegex(pattern, flags, 'g') };
}

function describe(match: RegExpMatchArray): Document {
  const before = (match.input as string).slice(0, match.index);
  return { match: match[0], idx: [...before].length, captures: match.slice(1).map((capture) => capture ?? null) };
}

const regexNames = ['input', 'regex', 'options'];

/** The string operators. Indexes count code points or UTF-8 bytes, never UTF-16 units. */
export const stringOperators: Record<string, EagerOperator> = {
  $concat: { arity: [0, Number.POSITIVE_INFINITY], run: concat },
  $toLower: { arity: [1, 1], run: ([value]) => lower(coerced('$toLower', value)) },
  $toUpper: { arity: [1, 1], run: ([value]) => upper(coerced('$toUpper', value)) },
  $split: { arity: [2, 2], run: split },
  $trim: trim('$trim', true, true),
  $ltrim: trim('$ltrim', true, false),
  $rtrim: trim('$rtrim', false, true),
  $strLenBytes: { arity: [1, 1], run: ([value]) => Buffer.byteLength(text('$strLenBytes', value, 34473)) },
  $strLenCP: { arity: [1, 1], run: ([value]) => [...text('$strLenCP', value)].length },
  $substr: { arity: [3, 3], run: substringBytes },
  $substrBytes: { arity: [3, 3], run: substringBytes },
  $substrCP: { arity: [3, 3], run: substringPoints },
  $indexOfBytes: indexIn('$indexOfBytes', (value) => Buffer.from(value)),
  $indexOfCP: indexIn('$indexOfCP', (value) => [...value]),
  $strcasecmp: {
    arity: [2, 2],
    run: ([a, b]) => Math.sign(compareStrings(upper(coerced('$strcasecmp', a)), upper(coerced('$strcasecmp', b)))),
  },
  $replaceOne: replace('$replaceOne', (input, find, replacement) => input.replace(find, () => replacement)),
  $replaceAll: replace('$replaceAll', (input, find, replacement) => input.replaceAll(find, () => replacement)),
  $regexMatch: {
    arity: [2, 3],
    named: regexNames,
    run: (operands) => {
      const call = regexArguments('$regexMatch', operands);
      return call !== null && call.input.search(call.regex) !== -1;
    },
  },
  $regexFind: {
    arity: [2, 3],
    named: regexNames,
    run: (operands) => {
      const call = regexArguments('$regexFind', operands);
      const [first] = call === null ? [] : call.input.matchAll(call.regex);
      return first === undefined ? null : describe(first);
    },
  },
  $regexFindAll: {
    arity: [2, 3],
    named: regexNames,
    run: (operands) => {
      const call = regexArguments('$regexFindAll', operands);
      return call === null ? [] : [...call.input.matchAll(call.regex)].map(describe);
    },
  },
};
