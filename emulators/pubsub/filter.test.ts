import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RpcError } from './errors.ts';
import { type Filter, matches, parseFilter } from './filter.ts';

const quote = (text: string) => JSON.stringify(text);

function print(filter: Filter): string {
  switch (filter.kind) {
    case 'has':
      return `attributes:${quote(filter.key)}`;
    case 'equals':
      return `attributes.${quote(filter.key)}=${quote(filter.value)}`;
    case 'differs':
      return `attributes . ${quote(filter.key)} != ${quote(filter.value)}`;
    case 'prefix':
      return `hasPrefix(attributes.${quote(filter.key)}, ${quote(filter.value)})`;
    case 'not':
      return `NOT (${print(filter.of)})`;
    default:
      return filter.of.map((part) => `(${print(part)})`).join(` ${filter.kind.toUpperCase()} `);
  }
}

const word = fc.constantFrom('a', 'b', 'ab', 'A', '', 'x y', '"', '\\', 'ü', '\u0001', '__proto__', 'constructor');
const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record<T>(model, { noNullPrototype: true });
const { filter } = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    record({ kind: fc.constant('has' as const), key: word }),
    record({ kind: fc.constantFrom('equals' as const, 'differs' as const, 'prefix' as const), key: word, value: word }),
    record({ kind: fc.constant('not' as const), of: tie('filter') }),
    record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      of: fc.array(tie('filter'), { minLength: 2, maxLength: 3 }),
    }),
  ),
}));
const short = filter.filter((f) => Buffer.byteLength(print(f)) <= 256);
const attributes = fc.dictionary(fc.constantFrom('a', 'b', 'ab', 'A'), word);

describe('parseFilter', () => {
  it('reads back every filter that can be written', () =>
    fc.assert(fc.property(short, (f) => assert.deepEqual(parseFilter(print(f)), f))));
  it('either reads a text or refuses it with INVALID_ARGUMENT', () =>
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...'attributes|hasPrefix|AND|OR|NOT|-|(|)|.|:|=|!=|"v"|"|\\|k| '.split('|'))),
        (parts) => {
          try {
            parseFilter(parts.join(''));
          } catch (error) {
            assert.ok(error instanceof RpcError && error.code === 3);
          }
        },
      ),
    ));

  for (const text of [
    'attributes:domain',
    'attributes:"iana.org/language_tag"',
    'attributes.domain = "com"',
    'attributes."iana.org/language_tag"="en"',
    'hasPrefix(attributes.objectId, "track/")',
    '-attributes:a-b',
    'NOT NOT attributes:a',
    'NOT(attributes:a)AND(attributes:b)',
    '(attributes:a OR attributes:b) AND attributes:c AND -hasPrefix(attributes.d, "")',
    '  attributes : a  ',
  ])
    it(`accepts ${text}`, () => assert.ok(parseFilter(text)));

  for (const text of [
    '',
    'attributes',
    'attributes.a',
    'attributes:a AND attributes:b OR attributes:c',
    'attributes:a attributes:b',
    'attributes:a and attributes:b',
    'attributes:a ANDattributes:b',
    'not attributes:a',
    'NOTattributes:a',
    "attributes.a = 'x'",
    'attributes.a = x',
    'attributes.a == "x"',
    'attributes.a < "x"',
    'attributes.a = "x',
    'attributes.a = "\\q"',
    'attributes.a = "\\u12"',
    'attributes.a = "\\UFFFFFFFF"',
    'hasSuffix(attributes.a, "x")',
    'hasPrefix(attributes:a, "x")',
    'hasPrefix(attributes.a "x")',
    'data:a',
    '(attributes:a',
    'attributes:a)',
    'attributes:a AND',
    'attributes:a.b',
    `attributes:${'a'.repeat(256)}`,
  ])
    it(`refuses ${text.slice(0, 60)}`, () =>
      assert.throws(() => parseFilter(text), { code: 3, message: /^Invalid filter: / }));

  it('reads escapes in strings', () =>
    assert.deepEqual(parseFilter(String.raw`attributes.a = "\n\t\\\"\'\/\x41\101\u00e9\U0001F600"`), {
      kind: 'equals',
      key: 'a',
      value: '\n\t\\"\'/AAé😀',
    }));
});

describe('matches', () => {
  const holds = (text: string, given: Record<string, string>) => matches(parseFilter(text), given);

  it('takes a missing key as different from every value, and as equal to none', () => {
    assert.equal(holds('attributes.a != "x"', {}), true);
    assert.equal(holds('attributes.a = ""', {}), false);
    assert.equal(holds('hasPrefix(attributes.a, "")', {}), false);
    assert.equal(holds('attributes:toString', {}), false);
  });
  it('is case-sensitive', () => {
    assert.equal(holds('attributes.a = "X"', { a: 'x' }), false);
    assert.equal(holds('attributes:A', { a: 'x' }), false);
  });
  it('has NOT turn every answer around', () =>
    fc.assert(
      fc.property(filter, attributes, (of, given) =>
        assert.notEqual(matches({ kind: 'not', of }, given), matches(of, given)),
      ),
    ));
  it('has AND and OR agree with De Morgan', () =>
    fc.assert(
      fc.property(filter, filter, attributes, (a, b, given) =>
        assert.equal(
          matches({ kind: 'not', of: { kind: 'and', of: [a, b] } }, given),
          matches(
            {
              kind: 'or',
              of: [
                { kind: 'not', of: a },
                { kind: 'not', of: b },
              ],
            },
            given,
          ),
        ),
      ),
    ));
});
