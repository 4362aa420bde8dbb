import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseExactJson, stringifyExactJson } from '../event/exact-json.ts';
import { cleanPayload } from './clean.ts';

const clean = (payload: object) => cleanPayload({ ...payload }, { anonymous: false });

describe('cleanPayload', () => {
  for (const { title, payload, errors } of [
    {
      title: "takes PHP's empty map for no value",
      payload: { users: [], plugins: [], extra: [], wp: [], server: [] },
      errors: [],
    },
    { title: 'names a text that is cut', payload: { site: 'x'.repeat(513) }, errors: ['site: cut to 512 characters'] },
    {
      title: 'names entries that it leaves out',
      payload: { users: { total: 2, odd: 'x' } },
      errors: ['users: 1 entries left out'],
    },
    {
      title: 'names a reason that is cut',
      payload: { reason_info: 'x'.repeat(4097) },
      errors: ['reason_info: cut to 4096 characters'],
    },
    { title: 'names a reason that is none', payload: { reason_id: {} }, errors: ['reason_id'] },
    { title: 'names a theme whose url is none', payload: { wp: { theme_uri: 'our site' } }, errors: ['wp.theme_uri'] },
    {
      title: 'names a count that no double holds',
      payload: parseExactJson('{"active_plugins":9007199254740993}'),
      errors: ['active_plugins'],
    },
    { title: 'names the place that it read', payload: { theme: {} }, errors: ['theme'] },
  ])
    it(title, () => {
      const result = clean(payload as object);
      assert.deepEqual(result.errors, errors);
      assert.equal(result.additional, null);
    });

  it('knows nothing of a theme whose headers are false, and was not told that there are none', () => {
    const { values, cleared, errors } = clean({
      wp: { theme_slug: 'mine', theme_version: '0', theme_uri: '0', theme_author: '0' },
    });
    assert.deepEqual([values, cleared, errors], [{ theme_slug: 'mine' }, [], []]);
    assert.deepEqual(clean({ wp: { theme_uri: '' }, site: '' }).cleared, ['name', 'theme_uri']);
  });

  it('keeps the older place of a field that is stated in its newer one', () => {
    const { values, additional } = clean({
      project_version: '2.0',
      version: 'beta',
      wp: { theme_slug: 'astra' },
      theme: 'dark',
    });
    assert.deepEqual([values.project_version, values.theme_slug], ['2.0', 'astra']);
    assert.deepEqual(additional, { version: 'beta', theme: 'dark' });
  });

  it('reads the older place where it is the only one, and keeps it once', () => {
    const { values, additional } = clean({ version: '1.0', theme: 'astra' });
    assert.deepEqual([values.project_version, values.theme_slug, additional], ['1.0', 'astra', null]);
  });

  it('keeps no second address of a person as an unknown field', () => {
    assert.equal(clean({ admin_email: 'a@a.example', user_email: 'b@a.example' }).additional, null);
  });

  it('keeps unknown numbers as they were sent', () => {
    const text = '{"licence":{"id":12345678901234567890,"rate":1.10}}';
    assert.equal(stringifyExactJson(clean(parseExactJson(text) as object).additional), text);
  });

  it('keeps no password and no query of an unknown url', () => {
    const { additional } = clean({ home: 'https://ed:pw@a.example/x?token=1', list: [{ u: 'http://a.example/#me' }] });
    assert.deepEqual(additional, { home: 'https://a.example/x', list: [{ u: 'http://a.example/' }] });
  });

  it('keeps at most 64 KiB of unknown fields, in bytes, however many keys', () => {
    const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`k${index}`, 1]));
    for (const payload of [{ novelty: 'é'.repeat(40_000) }, many]) {
      const { additional } = clean(payload);
      assert.deepEqual(Object.keys(additional ?? {}), ['omittedBytes']);
      assert.ok((additional?.omittedBytes as number) > 65_536);
    }
  });

  it('keeps a bounded list of bounded errors, whatever is sent', () =>
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.constantFrom('users', 'plugins', 'wp', 'server', 'site', 'reason_info', 'theme'),
          fc.anything(),
        ),
        (payload) => {
          const { errors } = clean(payload);
          assert.ok(errors.length < 50 && errors.every((error) => error.length < 120));
        },
      ),
    ));
});
