import assert from 'node:assert/strict';
import fc from 'fast-check';
import { castBoolean, castBytes, castField, castInteger, castNumber, castText } from './cast.ts';
import { FIELDS } from './fields.ts';

const MIB = 1024 ** 2;

describe('castText', () => {
  for (const { title, value, text } of [
    { title: 'decodes entities once', value: 'Bob&#039;s &amp;lt; &quot;x&quot;', text: 'Bob\'s &lt; "x"' },
    { title: 'leaves what only looks like an entity', value: 'a&copy b & c;', text: 'a&copy b & c;' },
    { title: 'takes a number', value: 12, text: '12' },
    { title: 'drops control characters', value: 'a\u0000b', text: 'ab' },
    { title: 'says nothing of an empty text', value: '  ', text: null },
    { title: 'says nothing of null', value: null, text: null },
    { title: 'does not cast an object', value: {}, text: undefined },
    { title: 'cuts by characters, not within one', value: '商😀😀😀', text: '商😀😀' },
    { title: 'repairs a lone surrogate', value: '\ud800x', text: '\ufffdx' },
  ])
    it(title, () =>
      assert.equal(castText(value, 3 + (typeof value === 'string' && value.startsWith('商') ? 0 : 99)), text),
    );
});

describe('castBytes', () => {
  for (const [value, bytes] of [
    ['2 MB', 2 * MIB],
    ['64 Mo', 64 * MIB],
    ['2 МБ', 2 * MIB],
    ['1,5 ГБ', 1.5 * 1024 * MIB],
    ['64M', 64 * MIB],
    ['2 mégaoctets', 2 * MIB],
    ['5 octets', 5],
    ['512', 512],
    ['1 024 KB', MIB],
    ['-1', -1],
    [1048576, MIB],
    ['', null],
    ['much', undefined],
    ['2 lightyears', undefined],
    ['9'.repeat(30), undefined],
  ] as const)
    it(`${JSON.stringify(value)} is ${bytes}`, () => assert.equal(castBytes(value), bytes));
});

describe('castBoolean', () => {
  for (const [value, expected] of [
    ['1', true],
    ['0', false],
    ['', false],
    ['Yes', true],
    ['No', false],
    [true, true],
    [0, false],
    [null, null],
    [undefined, null],
    ['perhaps', undefined],
    [{}, undefined],
  ] as const)
    it(`${JSON.stringify(value)} is ${expected}`, () => assert.equal(castBoolean(value), expected));
});

describe('castNumber and castInteger', () => {
  for (const [value, number, integer] of [
    ['12', 12, 12],
    ['4,5', 4.5, 4],
    ['-0', -0, 0],
    [' 7 ', 7, 7],
    [3.9, 3.9, 3],
    ['1e400', undefined, undefined],
    ['12abc', undefined, undefined],
    ['', null, null],
    ['9007199254740993', 9007199254740992, undefined],
  ] as const)
    it(`${JSON.stringify(value)} is ${number} and ${integer}`, () => {
      assert.equal(castNumber(value), number);
      assert.equal(castInteger(value), integer);
    });
});

describe('castField', () => {
  const field = (column: string) => FIELDS.find((candidate) => candidate.column === column) as (typeof FIELDS)[number];

  it('gives users per role without the total, zero counts as well', () => {
    assert.deepEqual(castField(field('users_by_role'), { total: '3', administrator: '2', editor: '0', odd: 'x' }), {
      administrator: 2,
      editor: 0,
    });
  });

  it('sorts plugins by slug, which may be a number', () => {
    assert.deepEqual(
      castField(field('plugins'), { woo: { name: 'Woo', version: '9' }, '404': { name: 'Not &amp; found' } }),
      [
        { slug: '404', name: 'Not & found', version: null },
        { slug: 'woo', name: 'Woo', version: '9' },
      ],
    );
  });

  it('never throws, and gives a value of its type, null or undefined', () =>
    fc.assert(
      fc.property(fc.constantFrom(...FIELDS), fc.anything(), (one, value) => {
        const result = castField(one, value);
        if (result === null || result === undefined) return;
        if (one.type === 'text') assert.ok(typeof result === 'string' && result.length <= 2 * (one.maxLength ?? 0));
        if (one.type === 'integer' || one.type === 'bytes') assert.ok(Number.isSafeInteger(result));
        if (one.type === 'boolean') assert.equal(typeof result, 'boolean');
      }),
    ));

  it('gives the same value for what a form and what JSON say', () =>
    fc.assert(
      fc.property(fc.integer(), fc.boolean(), (number, boolean) => {
        assert.equal(castInteger(String(number)), castInteger(number));
        assert.equal(castBoolean(boolean ? '1' : ''), castBoolean(boolean));
      }),
    ));
});
