import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CUSTOM_FIELD_TYPES, listKey, MAIL_PROVIDERS } from '../../../shared/project/project.ts';
import { TEST_PROJECT } from '../../../shared/testing/events.ts';
import { parseCustomField, parseMailCap, parseMailIntegration, parseReason, validateProject } from './project-input.ts';

describe('validateProject', () => {
  it('takes a good one', () => assert.equal(validateProject(TEST_PROJECT), TEST_PROJECT));

  for (const { title, change, names } of [
    { title: 'a hash that is no UUID', change: { hash: 'abc' }, names: /hash must be a UUID/ },
    { title: 'a hash in capitals', change: { hash: TEST_PROJECT.hash.toUpperCase() }, names: /hash/ },
    { title: 'a slug with spaces', change: { slug: 'my plugin' }, names: /slug/ },
    { title: 'a slug that could be a hash', change: { slug: TEST_PROJECT.hash }, names: /slug/ },
    { title: 'no name', change: { name: '' }, names: /name should not be empty/ },
    {
      title: 'two custom fields of one key',
      change: { customFields: [{ key: 'a.b', type: 'string' as const, label: 'A' }, ...TEST_PROJECT.customFields] },
      names: /every custom field needs a key of its own/,
    },
    {
      title: 'a custom field without label',
      change: { customFields: [{ key: 'a', type: 'string' as const, label: '' }] },
      names: /customFields: 0: label/,
    },
    {
      title: 'a custom field that no chart could ask for',
      change: { customFields: [{ key: 'a"b', type: 'string' as const, label: 'A' }] },
      names: /no quotes, backslashes and control characters/,
    },
    { title: 'a stock reason', change: { reasons: [{ id: 'other', label: 'O' }] }, names: /other is there for every/ },
    {
      title: 'the reason that stands for all others',
      change: { reasons: [{ id: 'unlisted', label: 'U' }] },
      names: /unlisted/,
    },
    {
      title: 'one mail list twice',
      change: {
        mailIntegrations: [true, false].map((enabled) => ({ provider: 'wemail' as const, list: '1', enabled })),
      },
      names: /a list of its own/,
    },
    { title: 'a mail cap of none', change: { mailCapPerHour: 0 }, names: /mail cap must be at least 1/ },
    { title: 'a mail cap in parts', change: { mailCapPerHour: 1.5 }, names: /mail cap must be a whole number/ },
    { title: 'a mail cap without end', change: { mailCapPerHour: 1e9 }, names: /mail cap must be at most 100000/ },
  ])
    it(`refuses ${title}`, () =>
      assert.throws(() => validateProject({ ...TEST_PROJECT, ...change }), { exitCode: 2, message: names }));

  it('names every wrong place at once', () =>
    assert.throws(() => validateProject({ ...TEST_PROJECT, hash: 'x', slug: 'X' }), { message: /hash .*slug/s }));
});

describe('parseCustomField', () => {
  for (const { text, field } of [
    { text: 'plan:string:Plan', field: { key: 'plan', type: 'string', label: 'Plan' } },
    { text: 'plan:string', field: { key: 'plan', type: 'string', label: 'plan' } },
    { text: 'a:b.c:json:One: two', field: { key: 'a:b.c', type: 'json', label: 'One: two' } },
  ])
    it(`reads ${text}`, () => assert.deepEqual(parseCustomField(text), field));

  for (const text of ['plan', 'plan:int:Plan', ':string:Plan', ''])
    it(`refuses '${text}'`, () => assert.throws(() => parseCustomField(text), /expected KEY:TYPE/));

  it('gives back any key without colon, type and label', () =>
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }).filter((key) => !key.includes(':')),
        fc.constantFrom(...CUSTOM_FIELD_TYPES),
        fc.string({ minLength: 1 }),
        (key, type, label) => assert.deepEqual(parseCustomField(`${key}:${type}:${label}`), { key, type, label }),
      ),
    ));
});

describe('parseReason', () => {
  it('reads an id and a label', () =>
    assert.deepEqual(parseReason('slow:It: slow'), { id: 'slow', label: 'It: slow' }));
  it('takes the id for a label', () => assert.deepEqual(parseReason('slow'), { id: 'slow', label: 'slow' }));
});

describe('parseMailIntegration', () => {
  it('reads what listKey writes, on and off', () =>
    fc.assert(
      fc.property(
        fc.constantFrom(...MAIL_PROVIDERS),
        fc.stringMatching(/^[\w-]{1,20}$/),
        fc.boolean(),
        (provider, list, enabled) => {
          const text = `${listKey({ provider, list })}${enabled ? '' : ':off'}`;
          assert.deepEqual(parseMailIntegration(text), { provider, list, enabled });
        },
      ),
    ));
  for (const text of ['mailchimp', 'mailchimp:', 'other:1', 'mailchimp:1:on'])
    it(`refuses '${text}'`, () => assert.throws(() => parseMailIntegration(text), /expected PROVIDER:LIST/));
});

describe('parseMailCap', () => {
  it('reads what a number is written like', () =>
    fc.assert(fc.property(fc.integer(), (cap) => assert.equal(parseMailCap(String(cap)), cap))));
  for (const text of ['', 'many', '1e3', '0x10', ' 5', '5 '])
    it(`refuses '${text}'`, () => assert.throws(() => parseMailCap(text), /expected a number/));
});
