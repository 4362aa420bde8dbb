import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LosslessNumber } from 'lossless-json';
import { castBoolean, castBytes, castInteger, castNumber, castText, castUrl, isCut } from './cast.ts';

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
    {
      title: 'keeps a number as it was written',
      value: new LosslessNumber('9007199254740993'),
      text: '9007199254740993',
    },
    { title: 'keeps the zero of a number', value: new LosslessNumber('1.10'), text: '1.10' },
    {
      title: 'takes the password out of a url',
      value: 'at https://ed:pw@a.example/x!',
      text: 'at https://a.example/x!',
    },
    { title: 'takes it out of an escaped one', value: 'ftp:&#x2F;/ed:p&amp;w@a@b.example', text: 'ftp://b.example' },
    { title: 'takes it out of a broken one', value: 'ftp:/\u0000/ed:pw@a.example', text: 'ftp://a.example' },
    { title: 'leaves an e-mail address', value: 'bob@a.example', text: 'bob@a.example' },
  ])
    it(title, () =>
      assert.equal(castText(value, 3 + (typeof value === 'string' && value.startsWith('商') ? 0 : 99)), text),
    );
});

describe('isCut', () => {
  for (const [value, cut] of [
    ['abc', false],
    ['abcd', true],
    ['  abc  ', false],
    ['a&amp;b', false],
    ['😀😀😀', false],
    ['😀😀😀😀', true],
    [12345, true],
    [{}, false],
    [null, false],
  ] as const)
    it(`${JSON.stringify(value)} is ${cut ? 'cut' : 'whole'}`, () => assert.equal(isCut(value, 3), cut));
});

describe('castUrl', () => {
  for (const [value, url] of [
    ['https://ed:pw@a.example/wp?token=1#x', 'https://a.example/wp'],
    ['https://a.example/x&amp;y/', 'https://a.example/x&y'],
    ['', null],
    [null, null],
    ['javascript:alert(1)', undefined],
    ['a theme of ours', undefined],
    [{}, undefined],
  ] as const)
    it(`${JSON.stringify(value)} is ${url}`, () => assert.equal(castUrl(value), url));
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
    ['1,000 MB', 1000 * MIB],
    ['1.000 MB', 1000 * MIB],
    ["1'000 MB", 1000 * MIB],
    ['1&#039;000 MB', 1000 * MIB],
    ['1’000 MB', 1000 * MIB],
    ['1&nbsp;000 Mo', 1000 * MIB],
    ['1\u202f000 Mo', 1000 * MIB],
    ['1,048,576', MIB],
    ['1.234,5 KB', 1234.5 * 1024],
    ['1,50 GB', 1.5 * 1024 * MIB],
    ['1,5000 KB', 1536],
    ['1024,000 KB', MIB],
    ['0,500 GB', 512 * MIB],
    ['1,000.000 MB', 1000 * MIB],
    ['1,00,000 B', undefined],
    ['1,000 000 B', undefined],
    ['12,34,56', undefined],
    ['-1 MB', undefined],
    [new LosslessNumber('1048576.0'), MIB],
    [new LosslessNumber('1.000'), 1],
    [new LosslessNumber('9007199254740993'), undefined],
    ['-1', -1],
    [1.5, undefined],
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
    ['1e-400', undefined, undefined],
    ['1e4000', undefined, undefined],
    ['12abc', undefined, undefined],
    ['', null, null],
    [' ', null, null],
    ['0.1', 0.1, 0],
    ['1.10', 1.1, 1],
    ['1.50e1', 15, 15],
    ['-0.10', -0.1, 0],
    ['007', 7, 7],
    ['0.10000000000000001', 0.1, 0],
    ['3.14159265358979323846', undefined, undefined],
    ['9007199254740992', 9007199254740992, undefined],
    ['9007199254740993', undefined, undefined],
    ['9007199254740991.5', undefined, undefined],
    ['1e23', 1e23, undefined],
    ['9'.repeat(65), undefined, undefined],
    ['1,234', undefined, 1234],
    ['-1,234', undefined, -1234],
    ['1.234', 1.234, 1234],
    ['1234,567', 1234.567, 1234],
    ['0,123', 0.123, 0],
    ['1,234,567', undefined, 1234567],
    ["1'234", undefined, 1234],
    ['1 234', undefined, 1234],
    ['1&nbsp;234', undefined, 1234],
    ['1,23,456', undefined, undefined],
    [1.234, 1.234, 1],
    [new LosslessNumber('1.234'), 1.234, 1],
    [new LosslessNumber('1.000'), 1, 1],
    [new LosslessNumber('12345678901234567890'), undefined, undefined],
    [new LosslessNumber('1e400'), undefined, undefined],
    [{}, undefined, undefined],
    [null, null, null],
    [undefined, null, null],
    [true, 1, 1],
  ] as const)
    it(`${JSON.stringify(value)} is ${number} and ${integer}`, () => {
      assert.equal(castNumber(value), number);
      assert.equal(castInteger(value), integer);
    });

  it('is never another number than the one that was sent', () =>
    fc.assert(
      fc.property(fc.bigInt(), fc.nat(20), (whole, zeros) => {
        for (const text of [String(whole), `${whole}.${'0'.repeat(zeros + 1)}`, `${whole}e${zeros}`]) {
          const value = castNumber(new LosslessNumber(text));
          if (typeof value !== 'number') continue;
          const [digits = '', exponent = '0'] = text.replace(/\.0+$/, '').split('e');
          assert.equal(BigInt(value), BigInt(digits) * 10n ** BigInt(exponent));
        }
      }),
    ));

  it('takes every number as JSON and PHP print it', () =>
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        fc.pre(!Object.is(number, -0));
        assert.equal(castNumber(String(number)), number);
        assert.equal(castNumber(number.toPrecision(17)), number);
        assert.equal(castNumber(new LosslessNumber(String(number))), number);
      }),
    ));

  it('gives the same for what a form and what JSON say', () =>
    fc.assert(
      fc.property(fc.integer(), fc.boolean(), (number, boolean) => {
        assert.equal(castInteger(String(number)), castInteger(number));
        assert.equal(castBoolean(boolean ? '1' : ''), castBoolean(boolean));
      }),
    ));

  it('reads a count that is grouped by any locale', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1000, max: 2 ** 40 }),
        fc.constantFrom(',', '.', "'", '’', ' ', '\u00a0', '\u202f'),
        (count, separator) => {
          const grouped = String(count).replace(/\B(?=(\d{3})+$)/g, separator);
          assert.equal(castInteger(grouped), count);
          assert.equal(castBytes(`${grouped} KB`), count * 1024);
        },
      ),
    ));
});
