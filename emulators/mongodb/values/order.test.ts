import assert from 'node:assert/strict';
import { Binary, BSONRegExp, Double, Long, MaxKey, MinKey, ObjectId, Timestamp } from 'bson';
import fc from 'fast-check';
import type { Numeric } from './numbers.ts';
import { compareValues, encodeKey, equals, invert, rankOf } from './order.ts';
import { type Document, decode, encode, type Value } from './values.ts';

const numbers = fc.oneof(
  fc.integer(),
  fc.integer({ min: -3, max: 3 }),
  fc.double(),
  fc.integer({ min: -3, max: 3 }).map((n) => new Double(n)),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((n) => Long.fromBigInt(n)),
  fc.integer({ min: -3, max: 3 }).map((n) => Long.fromNumber(n)),
  // neighbours that share their nearest double
  fc.integer({ min: -2, max: 2 }).map((n) => Long.fromBigInt(2n ** 60n + BigInt(n))),
  fc.constantFrom(0.1, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
);

const scalars: fc.Arbitrary<Value> = fc.oneof(
  { weight: 4, arbitrary: numbers },
  fc.string({ unit: 'binary', maxLength: 5 }),
  fc.constantFrom('', 'a', 'a\0', 'a\0b', 'ab', '\uffff', '\u{10000}'),
  fc.boolean(),
  fc.constantFrom<Value>(null, undefined, new MinKey(), new MaxKey()),
  fc.date({ noInvalidDate: true, min: new Date(-1e12), max: new Date(1e13) }),
  fc.uint8Array({ minLength: 12, maxLength: 12 }).map((bytes) => new ObjectId(bytes)),
  fc.uint8Array({ maxLength: 3 }).map((bytes) => new Binary(bytes)),
  fc.tuple(fc.nat(), fc.nat()).map(([t, i]) => new Timestamp({ t, i })),
  fc.constantFrom(new BSONRegExp('a', 'i'), new BSONRegExp('a'), new BSONRegExp('ab')),
);

const { value: values } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    scalars,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'ab', 'a\u00e9'), tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
}));

const sign = Math.sign;

/** The order as the manual tells it, value by value: what the bytes of index keys are held against. */
function compareByManual(a: Value, b: Value): number {
  const rank = rankOf(a);
  const difference = rank - rankOf(b);
  return difference !== 0 ? difference : compareSameRank(rank, a, b);
}

function compareSameRank(rank: number, a: Value, b: Value): number {
  switch (rank) {
    case 4:
      return compareNumbers(a as Numeric, b as Numeric);
    case 5:
      return compareStrings(a as string, b as string);
    case 6:
      return compareDocuments(a as Document, b as Document);
    case 7:
      return compareArrays(a as Value[], b as Value[]);
    case 8:
      return compareBinaries(a as Binary, b as Binary);
    case 9:
      return Buffer.compare((a as ObjectId).id, (b as ObjectId).id);
    case 10:
    case 11:
      return Number(a) - Number(b);
    case 12:
      return (a as Timestamp).compare(b as Timestamp);
    case 13:
      return (
        compareStrings((a as BSONRegExp).pattern, (b as BSONRegExp).pattern) ||
        compareStrings((a as BSONRegExp).options, (b as BSONRegExp).options)
      );
    default:
      return 0;
  }
}

const compareStrings = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

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
    const order = compareByManual(a[i], b[i]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareBinaries(a: Binary, b: Binary): number {
  return a.position - b.position || a.sub_type - b.sub_type || Buffer.compare(a.value(), b.value());
}

function compareNumbers(a: Numeric, b: Numeric): number {
  const [x, y] = [Number(a), Number(b)];
  if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(y)) - Number(Number.isNaN(x));
  if (x !== y || !Number.isInteger(x)) return x < y ? -1 : Number(x > y);
  const [p, q] = [BigInt(String(a)), BigInt(String(b))];
  return p < q ? -1 : Number(p > q);
}

describe('the comparison order', () => {
  it('is total: antisymmetric', () =>
    fc.assert(
      fc.property(values, values, (a, b) => sign(compareValues(a, b)) === -sign(compareValues(b, a)) || equals(a, b)),
    ));

  it('is total: transitive', () =>
    fc.assert(
      fc.property(values, values, values, (a, b, c) => {
        // wrapped: JavaScript's sort never compares undefined
        const sorted = [{ value: a }, { value: b }, { value: c }].sort((x, y) => compareValues(x.value, y.value));
        const [x, y, z] = sorted.map(({ value }) => value);
        assert.ok(compareValues(x, y) <= 0 && compareValues(y, z) <= 0 && compareValues(x, z) <= 0);
      }),
    ));

  it('puts the types in the order of the manual', () => {
    const inOrder: Value[] = [
      new MinKey(),
      undefined,
      null,
      Number.NaN,
      -1,
      'a',
      { a: 1 },
      [0],
      new Binary(new Uint8Array([1])),
      new ObjectId(),
      false,
      true,
      new Date(0),
      new Timestamp({ t: 0, i: 0 }),
      new BSONRegExp('a'),
      new MaxKey(),
    ];
    for (const [i, value] of inOrder.entries()) {
      for (const later of inOrder.slice(i + 1)) assert.ok(compareValues(value, later) < 0);
    }
  });

  for (const { title, a, b } of [
    { title: 'int32 and double', a: 1, b: new Double(1) },
    { title: 'int32 and int64', a: 1, b: Long.fromNumber(1) },
    { title: 'zero and minus zero', a: 0, b: -0 },
    { title: 'NaN and NaN', a: Number.NaN, b: new Double(Number.NaN) },
  ] as { title: string; a: Value; b: Value }[])
    it(`holds equal numbers of two types equal: ${title}`, () => assert.ok(equals(a, b)));

  for (const { title, a, b } of [
    { title: 'int64 beyond 2^53 exactly', a: Long.fromBigInt(2n ** 60n), b: Long.fromBigInt(2n ** 60n + 1n) },
    { title: 'a double and its int64 neighbour exactly', a: 2 ** 60, b: Long.fromBigInt(2n ** 60n + 1n) },
    { title: 'strings as UTF-8, not as UTF-16', a: '\uffff', b: '\u{10000}' },
    { title: 'a field by its type before its name', a: { b: 1 }, b: { a: 'x' } },
    { title: 'fields in their order', a: { a: 1, b: 2 }, b: { b: 2, a: 1 } },
    {
      title: 'binaries by their length first',
      a: new Binary(new Uint8Array([9])),
      b: new Binary(new Uint8Array([1, 1])),
    },
  ] as { title: string; a: Value; b: Value }[])
    it(`compares ${title}`, () => assert.ok(compareValues(a, b) < 0));
});

describe('index keys', () => {
  it('sort as the values do, and are equal where they are', () =>
    fc.assert(
      fc.property(values, values, (a, b) => {
        assert.equal(sign(Buffer.compare(encodeKey(a), encodeKey(b))), sign(compareByManual(a, b)) + 0);
        assert.equal(sign(compareValues(a, b)), sign(compareByManual(a, b)) + 0);
      }),
      { numRuns: 1000 },
    ));

  it('sort the other way round when inverted', () =>
    fc.assert(
      fc.property(values, values, (a, b) => {
        const order = Buffer.compare(invert(encodeKey(a)), invert(encodeKey(b)));
        assert.equal(sign(order), sign(compareValues(b, a)) + 0);
      }),
    ));

  it('keep their order with anything behind them', () =>
    fc.assert(
      fc.property(values, values, values, values, (a, b, c, d) => {
        const order = Buffer.compare(
          Buffer.concat([encodeKey(a), encodeKey(b)]),
          Buffer.concat([encodeKey(c), encodeKey(d)]),
        );
        assert.equal(sign(order), sign(compareValues(a, c) || compareValues(b, d)));
      }),
    ));
});

describe('documents', () => {
  it('come back from their bytes with every type kept', () =>
    fc.assert(
      fc.property(values, (value) => {
        const bytes = encode({ value });
        assert.deepEqual(encode(decode(bytes)), bytes);
      }),
    ));
});
