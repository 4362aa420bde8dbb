import type { BSONRegExp } from 'bson';
import { isOperators } from '../filters/filter.ts';
import { isNotANumber } from '../values/numbers.ts';
import { encodeKey, invert, maxRank, rankOf } from '../values/order.ts';
import { type Document, isDocument, typeOf, type Value } from '../values/values.ts';

/**
 * A place between two values. In an ascending index the values above it start at `ascending`; in a descending one they
 * end before `descending`.
 */
export interface Cut {
  ascending: Buffer;
  descending: Buffer;
}

/** The values from `low` on, below `high`. */
export interface Interval {
  low: Cut;
  high: Cut;
  /** The encoded value when there is just one. */
  point?: Buffer;
}

/** What a filter says about one field: intervals in order, apart from each other. */
export interface Bounds {
  intervals: Interval[];
  /** They say all that the clauses on this field do. */
  exact: boolean;
}

/** Above every byte that may follow a key: a type's rank, plain or inverted, or a record number. */
export const beyond = Buffer.from([0xff]);
const after = (key: Buffer) => Buffer.concat([key, beyond]);

const cutBefore = (key: Buffer): Cut => ({ ascending: key, descending: after(invert(key)) });
const cutAfter = (key: Buffer): Cut => ({ ascending: after(key), descending: invert(key) });
const cutAtRank = (rank: number): Cut => ({ ascending: Buffer.from([rank]), descending: Buffer.from([256 - rank]) });

const numberRank = rankOf(0);
// NaN sorts among the numbers, but no range query matches it
const belowNumbers = cutAfter(encodeKey(Number.NaN));

function pointOf(value: Value): Interval {
  const point = encodeKey(value ?? null);
  return { low: cutBefore(point), high: cutAfter(point), point };
}

function rangeOf(operator: string, value: Value): Interval {
  const key = encodeKey(value);
  const rank = rankOf(value);
  const bottom = rank === numberRank ? belowNumbers : cutAtRank(rank);
  const top = cutAtRank(Math.min(rank + 1, maxRank + 1));
  switch (operator) {
    case '$gt':
      return { low: cutAfter(key), high: top };
    case '$gte':
      return { low: cutBefore(key), high: top };
    case '$lt':
      return { low: bottom, high: cutBefore(key) };
    default:
      return { low: bottom, high: cutAfter(key) };
  }
}

function isBoundable(value: Value): boolean {
  const type = typeOf(value);
  return type !== 'array' && type !== 'regex' && type !== 'minKey' && type !== 'maxKey';
}

function operatorBounds(operator: string, value: Value, options: Value): Bounds | undefined {
  switch (operator) {
    case '$eq':
      return isBoundable(value) ? { intervals: [pointOf(value)], exact: true } : undefined;
    case '$in':
      if (!Array.isArray(value) || !value.every(isBoundable)) return undefined;
      return { intervals: union(value.map((each) => [pointOf(each)])), exact: true };
    case '$gt':
    case '$gte':
    case '$lt':
    case '$lte': {
      if (!isBoundable(value)) return undefined;
      if (value !== null && !isNotANumber(value)) return { intervals: [rangeOf(operator, value)], exact: true };
      return { intervals: operator.endsWith('e') ? [pointOf(value)] : [], exact: true };
    }
    case '$regex':
      return options === undefined ? prefixBounds(value) : undefined;
    default:
      return undefined;
  }
}

/** Texts that begin as a pattern says, as far as it is plain (`^abc`), and the pattern itself where it is a value. */
function prefixBounds(value: Value): Bounds | undefined {
  if (typeOf(value) === 'regex' && (value as BSONRegExp).options !== '') return undefined;
  const prefix = prefixOf(typeof value === 'string' ? value : (value as BSONRegExp).pattern);
  if (prefix === undefined) return undefined;
  // without the two bytes that end a text
  const stem = encodeKey(prefix).subarray(0, -2);
  const low = { ascending: stem, descending: Buffer.concat([invert(stem), beyond, beyond]) };
  const own = typeof value === 'string' ? [] : [pointOf(value)];
  return { intervals: union([[{ low, high: cutAfter(stem) }], own]), exact: false };
}

/** The plain text that all matches of the pattern begin with; undefined when there is none. */
function prefixOf(pattern: string): string | undefined {
  if (!pattern.startsWith('^') || pattern.includes('|')) return undefined;
  const letters = /^(?:[^\\^$.*+?()[\]{}|]|\\[^\p{L}\p{N}])*/u.exec(pattern.slice(1))?.[0] ?? '';
  const isRepeated = '*+?{'.includes(pattern[1 + letters.length] ?? '.');
  const kept = isRepeated ? letters.replace(/\\?.$/su, '') : letters;
  return kept === '' ? undefined : kept.replace(/\\(.)/gsu, '$1');
}

/** The top-level clauses of a filter, with every `$and` opened. */
export type Clause = [key: string, value: Value];

export function clausesOf(filter: Document): Clause[] {
  return Object.entries(filter).flatMap(([key, value]): Clause[] => {
    if (key !== '$and' || !Array.isArray(value)) return [[key, value]];
    return value.flatMap((each) => (isDocument(each) ? clausesOf(each) : []));
  });
}

/**
 * The bounds of a field. `combine` is false for a multikey index, where two conditions may hold for two different
 * elements, so that only the first one counts.
 */
export function boundsOf(clauses: Clause[], field: string, combine: boolean): Bounds | undefined {
  const found: Bounds[] = [];
  let exact = true;
  for (const [key, value] of clauses) {
    if (key === field) {
      const plain = typeOf(value) === 'regex' ? '$regex' : '$eq';
      const conditions = isOperators(value) ? value : { [plain]: value };
      for (const [operator, argument] of Object.entries(conditions)) {
        const bounds = operatorBounds(operator, argument, conditions.$options);
        if (bounds) found.push(bounds);
        else exact = false;
      }
    } else if (key === '$or' && Array.isArray(value)) {
      const branches = value.map((each) => (isDocument(each) ? boundsOf(clausesOf(each), field, combine) : undefined));
      if (branches.every((branch) => branch !== undefined)) {
        found.push({ intervals: union(branches.map(({ intervals }) => intervals)), exact: false });
      }
    }
  }
  const [first, ...others] = found;
  if (first === undefined) return undefined;
  if (!combine) return { intervals: first.intervals, exact: exact && others.length === 0 };
  const intervals = others.reduce((all, bounds) => intersect(all, bounds.intervals), first.intervals);
  return { intervals, exact: exact && found.every((bounds) => bounds.exact) };
}

const isBelow = (a: Cut, b: Cut) => Buffer.compare(a.ascending, b.ascending) < 0;
const higher = (a: Cut, b: Cut) => (isBelow(a, b) ? b : a);
const lower = (a: Cut, b: Cut) => (isBelow(a, b) ? a : b);

function union(lists: Interval[][]): Interval[] {
  const merged: Interval[] = [];
  for (const next of lists.flat().sort((a, b) => Buffer.compare(a.low.ascending, b.low.ascending))) {
    const last = merged.at(-1);
    if (last === undefined || isBelow(last.high, next.low)) merged.push(next);
    else if (last.point === undefined || next.point === undefined || !last.point.equals(next.point)) {
      merged[merged.length - 1] = { low: last.low, high: higher(last.high, next.high) };
    }
  }
  return merged;
}

function intersect(a: Interval[], b: Interval[]): Interval[] {
  const common: Interval[] = [];
  for (const one of a) {
    for (const other of b) {
      const low = higher(one.low, other.low);
      const high = lower(one.high, other.high);
      const point = one.point ?? other.point;
      if (isBelow(low, high)) common.push(point === undefined ? { low, high } : { low, high, point });
    }
  }
  return common;
}

const nullKey = encodeKey(null);

/** Do the bounds leave out documents that lack the field? */
export function excludesNull(bounds: Bounds | undefined): boolean {
  if (bounds === undefined) return false;
  const place = cutBefore(nullKey);
  return !bounds.intervals.some(({ low, high }) => !isBelow(place, low) && isBelow(place, high));
}
