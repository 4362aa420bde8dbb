import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LosslessNumber } from 'lossless-json';
import { parseExactJson } from '../event/exact-json.ts';
import { customFields } from './custom-fields.ts';
import { CUSTOM_FIELD_TYPES, type CustomFieldType } from './project.ts';

const cast = (type: CustomFieldType, value: unknown) => customFields({ k: value }, [{ key: 'k', type, label: 'K' }]);

describe('customFields', () => {
  for (const { type, sent, value } of [
    { type: 'string', sent: new LosslessNumber('9007199254740993'), value: '9007199254740993' },
    { type: 'string', sent: new LosslessNumber('1.10'), value: '1.10' },
    { type: 'string', sent: 'see https://ed:pw@a.example/x?y=1', value: 'see https://a.example/x?y=1' },
    { type: 'number', sent: new LosslessNumber('1.10'), value: 1.1 },
    { type: 'number', sent: '1234,5', value: 1234.5 },
    { type: 'number', sent: '0.1', value: 0.1 },
    { type: 'date', sent: '2024-02-29', value: '2024-02-29T00:00:00.000Z' },
    { type: 'date', sent: '2024-01-31 12:00:00', value: '2024-01-31T12:00:00.000Z' },
    { type: 'date', sent: '2024-01-01T00:30+02:00', value: '2023-12-31T22:30:00.000Z' },
    { type: 'date', sent: 1706702400, value: '2024-01-31T12:00:00.000Z' },
    { type: 'json', sent: '{"id":9007199254740993,"n":1.10}', value: { id: '9007199254740993', n: 1.1 } },
    {
      type: 'json',
      sent: parseExactJson('[12345678901234567890,1e400,-1.50]'),
      value: ['12345678901234567890', '1e400', -1.5],
    },
    { type: 'json', sent: { url: 'https://ed:pw@a.example/?x' }, value: { url: 'https://a.example/?x' } },
    { type: 'json', sent: [], value: [] },
  ] as const)
    it(`takes ${JSON.stringify(sent)} as ${type} for ${JSON.stringify(value)}`, () =>
      assert.deepEqual(cast(type, sent), { values: { k: value }, errors: [], cleared: false }));

  for (const { type, sent } of [
    { type: 'number', sent: new LosslessNumber('9007199254740993') },
    { type: 'number', sent: '9007199254740993' },
    { type: 'number', sent: new LosslessNumber('1e400') },
    { type: 'number', sent: '1,234' },
    { type: 'number', sent: '1,234,567' },
    { type: 'date', sent: '2026-02-30' },
    { type: 'date', sent: '2025-02-29 12:00:00' },
    { type: 'date', sent: '2026-04-31T10:00Z' },
    { type: 'date', sent: '2026-00-10' },
    { type: 'date', sent: '0000-00-00 00:00:00' },
    { type: 'date', sent: '2026-01-01T25:00' },
    { type: 'json', sent: '{' },
    { type: 'json', sent: JSON.stringify('x'.repeat(8192)) },
  ] as const)
    it(`cannot take ${JSON.stringify(sent).slice(0, 40)} as ${type}`, () =>
      assert.deepEqual(cast(type, sent), { values: {}, errors: ['extra.k'], cleared: false }));

  for (const nest of [JSON.parse, (text: string) => text])
    it(`puts a marker for what nests 5,000 levels deep, as ${nest === JSON.parse ? 'structure' : 'text'}`, () => {
      const { values, errors } = cast('json', nest(`${'['.repeat(5000)}1${']'.repeat(5000)}`));
      assert.match(JSON.stringify(values.k), /^\[{20}"\[nested too deep\]"\]{20}$/);
      assert.deepEqual(errors, []);
    });

  it('cuts a text to 1024 characters, and says so', () => {
    const { values, errors } = cast('string', 'x'.repeat(1025));
    assert.deepEqual([values.k, errors], ['x'.repeat(1024), ['extra.k: cut to 1024 characters']]);
    assert.deepEqual(cast('string', 'x'.repeat(1024)).errors, []);
  });

  for (const extra of [undefined, null, '', []])
    it(`takes ${JSON.stringify(extra)} for no custom fields`, () =>
      assert.deepEqual(customFields(extra, []), { values: {}, errors: [], cleared: false }));

  for (const extra of ['x', 5, ['x'], new LosslessNumber('1.0')])
    it(`cannot take ${JSON.stringify(extra)} for custom fields`, () =>
      assert.deepEqual(customFields(extra, []).errors, ['extra']));

  it('gives every day that there is, and no other', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9999 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 31 }),
        (year, month, day) => {
          const text = [
            String(year).padStart(4, '0'),
            String(month).padStart(2, '0'),
            String(day).padStart(2, '0'),
          ].join('-');
          const daysOfMonth = [
            31,
            year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28,
            31,
            30,
            31,
            30,
            31,
            31,
            30,
            31,
            30,
            31,
          ];
          const exists = day <= (daysOfMonth[month - 1] as number);
          assert.deepEqual(cast('date', text).values, exists ? { k: `${text}T00:00:00.000Z` } : {});
        },
      ),
    ));

  it('never throws, and gives nothing but what JSON holds within its bound', () =>
    fc.assert(
      fc.property(
        fc.constantFrom(...CUSTOM_FIELD_TYPES),
        fc.oneof(fc.anything(), fc.jsonValue(), fc.json()),
        (type, sent) => {
          const { values } = cast(type, sent);
          const json = JSON.stringify(values);
          assert.ok(json.length <= 8300 && !json.includes('isLosslessNumber'));
        },
      ),
    ));
});
