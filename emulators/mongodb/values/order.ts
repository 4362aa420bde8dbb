import type { Binary, BSONRegExp, BSONSymbol, Code, ObjectId, Timestamp } from 'bson';
import { compareNumbers, type Numeric } from './numbers.ts';
import { type Document, type TypeName, typeOf, type Value } from './values.ts';

/**
 * The place of each type in BSON's comparison order, from 1 to 19 so that it serves as a byte of an index key. Types of
 * one place compare by value. Source: MongoDB manual, "Comparison/Sort Order"; `missing` sorts below null.
 */
const ranks: Record<TypeName, number> = {
  minKey: 1,
  missing: 2,
  null: 3,
  int: 4,
  long: 4,
  double: 4,
  decimal: 4,
  string: 5,
  symbol: 5,
  object: 6,
  array: 7,
  binData: 8,
  objectId: 9,
  bool: 10,
  date: 11,
  timestamp: 12,
  regex: 13,
  javascript: 14,
  maxKey: 19,
};

export const maxRank = 19;

export function rankOf(value: Value): number {
  return ranks[typeOf(value)];
}

/** A total order over all BSON values, not type-bracketed: the order of sort, of indexes and of aggregation's `$lt`. */
export function compareValues(a: Value, b: Value): number {
  const rank = rankOf(a);
  const difference = rank - rankOf(b);
  return difference !== 0 ? difference : compareSameRank(rank, a, b);
}

export function equals(a: Value, b: Value): boolean {
  return compareValues(a, b) === 0;
}

function compareSameRank(rank: number, a: Value, b: Value): number {
  switch (rank) {
    case ranks.int:
      return compareNumbers(a as Numeric, b as Numeric);
    case ranks.string:
      return compareStrings(textOf(a as string | BSONSymbol), textOf(b as string | BSONSymbol));
    case ranks.object:
      return compareDocuments(a as Document, b as Document);
    case ranks.array:
      return compareArrays(a as Value[], b as Value[]);
    case ranks.binData:
      return compareBinaries(a as Binary, b as Binary);
    case ranks.objectId:
      return Buffer.compare((a as ObjectId).id, (b as ObjectId).id);
    case ranks.bool:
    case ranks.date:
      return Number(a) - Number(b);
    case ranks.timestamp:
      return (a as Timestamp).compare(b as Timestamp);
    case ranks.regex:
      return (
        compareStrings((a as BSONRegExp).pattern, (b as BSONRegExp).pattern) ||
        compareStrings((a as BSONRegExp).options, (b as BSONRegExp).options)
      );
    case ranks.javascript:
      return compareCode(a as Code, b as Code);
    default:
      return 0;
  }
}

export function textOf(value: string | BSONSymbol): string {
  return typeof value === 'string' ? value : value.value;
}

/** Compares as UTF-8 bytes do; JavaScript's own order differs where surrogates meet U+E000 and above. */
export function compareStrings(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return codePointOrder(x) - codePointOrder(y);
  }
  return a.length - b.length;
}

function codePointOrder(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

function compareDocuments(a: Document, b: Document): number {
  const names = Object.keys(a);
  const others = Object.keys(b);
  const length = Math.min(names.length, others.length);
  for (let i = 0; i < length; i++) {
    const name = names[i] as string;
    const other = others[i] as string;
    const rank = rankOf(a[name]);
    const order = rank - rankOf(b[other]) || compareStrings(name, other) || compareSameRank(rank, a[name], b[other]);
    if (order !== 0) return order;
  }
  return names.length - others.length;
}

function compareArrays(a: Value[], b: Value[]): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const order = compareValues(a[i], b[i]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareBinaries(a: Binary, b: Binary): number {
  return a.position - b.position || a.sub_type - b.sub_type || Buffer.compare(a.value(), b.value());
}

function compareCode(a: Code, b: Code): number {
  return (
    Number(a.scope !== null) - Number(b.scope !== null) ||
    compareStrings(a.code, b.code) ||
    (a.scope !== null && b.scope !== null ? compareDocuments(a.scope as Document, b.scope as Document) : 0)
  );
}
