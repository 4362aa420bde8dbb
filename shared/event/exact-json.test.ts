import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isLosslessNumber, LosslessNumber } from 'lossless-json';
import { isTooDeep, MAX_JSON_DEPTH, parseExactJson, stringifyExactJson } from './exact-json.ts';

/** A number as JSON can write it, which JavaScript would mostly write otherwise. */
const numberText = fc.stringMatching(/^-?(?:0|[1-9]\d{0,24})(?:\.\d{1,20})?(?:[eE][+-]?\d{1,3})?$/);
const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('n1', 's', '__proto__', '1.10', '"1.10"'));

/** JSON text of odd numbers and texts, with space, doubled keys and `__proto__` in it. */
const { json } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    numberText,
    texts.map((text) => JSON.stringify(text)),
    fc.constantFrom('null', 'true', 'false'),
    fc.array(tie('json')).map((items) => `[${items.join(' ,\n')}]`),
    fc
      .array(fc.tuple(texts, tie('json')))
      .map((entries) => `{${entries.map(([key, value]) => `${JSON.stringify(key)} :\t${value}`).join()}}`),
  ),
}));

function withDoubles(value: unknown): unknown {
  if (isLosslessNumber(value)) return Number(value.value);
  if (Array.isArray(value)) return value.map(withDoubles);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, withDoubles(child)]));
}

describe('parseExactJson', () => {
  for (const text of ['9007199254740993', '1.10', '1e400', '-0', '1.0', '12345678901234567890', '1E5', '1e-400'])
    it(`keeps ${text} as it is written`, () => {
      assert.deepEqual(parseExactJson(text), new LosslessNumber(text));
      assert.deepEqual(parseExactJson(`{"a":[${text}]}`), { a: [new LosslessNumber(text)] });
    });

  for (const text of ['0', '-1', '1.5', '9007199254740991', '1e+21', '1e-7'])
    it(`gives the number ${text}`, () => assert.equal(parseExactJson(text), Number(text)));

  it('takes no text for a number, and no number for a text', () => {
    const value = { '1.10': 'n1.10', n: ['s', '1.10', 'n', ''], '"': '\\"1.10' };
    const withNumber = JSON.stringify({ ...value, last: 'HERE' }).replace('"HERE"', '1.10');
    assert.deepEqual(parseExactJson(withNumber), { ...value, last: new LosslessNumber('1.10') });
  });

  it('lets the last of equal keys win, and __proto__ be a key', () => {
    assert.deepEqual(parseExactJson('{"a":1.0,"a":1.10}'), { a: new LosslessNumber('1.10') });
    const value = parseExactJson('{"__proto__":{"x":1.0},"__proto__":[-0]}') as Record<string, unknown>;
    assert.deepEqual(Object.entries(value), [['__proto__', [new LosslessNumber('-0')]]]);
    assert.equal(Object.getPrototypeOf(value), Object.prototype);
  });

  it('reads any depth, and long texts', () => {
    const depth = 400_000;
    let value = parseExactJson(nested(depth));
    for (let level = 0; level < depth; level += 1) value = (value as unknown[])[0];
    assert.deepEqual(value, new LosslessNumber('1.10'));
    const long = '\\"x'.repeat(2_000_000);
    assert.deepEqual(parseExactJson(`["${long}",1.10]`), [JSON.parse(`"${long}"`), new LosslessNumber('1.10')]);
  });

  for (const text of ['', '{"a":1,}', '[01]', '[1.]', '+1', 'NaN', '"\n"', '{"a":1} x'])
    it(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => parseExactJson(text), SyntaxError));

  it('reads what JSON.parse reads, but for the numbers', () =>
    fc.assert(
      fc.property(json, (text) => {
        const plain = JSON.stringify(JSON.parse(text));
        assert.equal(JSON.stringify(withDoubles(parseExactJson(text))), plain);
      }),
    ));
});

describe('stringifyExactJson', () => {
  it('writes numbers as they were read', () =>
    fc.assert(
      fc.property(fc.array(numberText), (numbers) => {
        const text = `{"numbers":[${numbers.join()}]}`;
        assert.equal(stringifyExactJson(parseExactJson(text)), text);
      }),
    ));

  it('writes all else as JSON.stringify does', () =>
    fc.assert(fc.property(fc.jsonValue(), (value) => assert.equal(stringifyExactJson(value), JSON.stringify(value)))));

  it('writes all that is not too deep', () => {
    const half = MAX_JSON_DEPTH / 2;
    const text = `${'{"a":['.repeat(half)}1.10${']}'.repeat(half)}`;
    const value = parseExactJson(text);
    assert.equal(isTooDeep(value), false);
    assert.equal(stringifyExactJson(value), text);
  });
});

describe('isTooDeep', () => {
  it('counts objects and arrays, in whatever branch', () => {
    assert.equal(isTooDeep(parseExactJson(nested(MAX_JSON_DEPTH))), false);
    assert.equal(isTooDeep(parseExactJson(nested(MAX_JSON_DEPTH + 1))), true);
    assert.equal(isTooDeep(parseExactJson(`{"a":1,"b":${nested(MAX_JSON_DEPTH)},"c":[]}`)), true);
    assert.equal(isTooDeep(parseExactJson(nested(400_000))), true);
  });

  for (const text of ['1.10', '"x"', 'null', '[]'])
    it(`${text} is not`, () => assert.equal(isTooDeep(parseExactJson(text)), false));
});

function nested(depth: number): string {
  return `${'['.repeat(depth)}1.10${']'.repeat(depth)}`;
}
