import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LosslessNumber } from 'lossless-json';
import { castField, lossOf } from './cast-field.ts';
import { FIELDS } from './fields.ts';

describe('castField', () => {
  const loss = (column: string, sent: unknown) => lossOf(field(column), sent, castField(field(column), sent) ?? null);
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
        if (one.type === 'text') assert.ok(typeof result === 'string' && [...result].length <= (one.maxLength ?? 256));
        if (one.type === 'url') assert.ok(typeof result === 'string' && /^https?:\/\/[^?#]+$/.test(result));
        if (one.type === 'integer' || one.type === 'bytes') assert.ok(Number.isSafeInteger(result));
        if (one.type === 'boolean') assert.equal(typeof result, 'boolean');
      }),
    ));

  for (const column of ['users_by_role', 'plugins'])
    for (const nothing of [[], '', null])
      it(`knows no ${column} in ${JSON.stringify(nothing)}`, () =>
        assert.equal(castField(field(column), nothing), null));

  for (const value of [['a'], new LosslessNumber('1.0'), 'x', 5])
    it(`does not cast ${JSON.stringify(value)} to a map`, () => {
      assert.equal(castField(field('users_by_role'), value), undefined);
      assert.equal(castField(field('plugins'), value), undefined);
    });

  for (const column of ['theme_version', 'theme_uri', 'theme_author', 'theme_name', 'project_version', 'wp_version'])
    for (const no of ['0', 0, false])
      it(`takes ${JSON.stringify(no)} in ${column} for PHP's false: unknown`, () =>
        assert.equal(castField(field(column), no), null));

  it('takes a site that is called 0 at its word', () => {
    assert.equal(castField(field('name'), '0'), '0');
    assert.equal(castField(field('name'), false), null);
  });

  it('counts users that are grouped, and leaves out what no double holds', () => {
    const users = { total: '1,234', subscriber: '1.200', editor: new LosslessNumber('9007199254740993') };
    assert.equal(castField(field('users_total'), users.total), 1234);
    assert.deepEqual(castField(field('users_by_role'), users), { subscriber: 1200 });
    assert.equal(loss('users_by_role', users), '1 entries left out');
  });

  it('keeps at most 200 roles, 2000 plugins, and texts of their length, and says so', () => {
    const entries = (count: number, value: unknown) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, value]));
    assert.equal(Object.keys(castField(field('users_by_role'), entries(300, 1)) ?? {}).length, 200);
    assert.equal(loss('users_by_role', entries(300, 1)), '100 entries left out');
    assert.equal((castField(field('plugins'), entries(2001, {})) as unknown[]).length, 2000);
    assert.equal(loss('plugins', entries(2001, {})), '1 entries left out');
    const long = { ['s'.repeat(300)]: { name: 'n'.repeat(300), version: 'v'.repeat(300) } };
    assert.deepEqual(castField(field('plugins'), long), [
      { slug: 's'.repeat(256), name: 'n'.repeat(256), version: 'v'.repeat(64) },
    ]);
    assert.equal(loss('plugins', long), '3 texts cut');
    const role = castField(field('users_by_role'), { ['r'.repeat(300)]: 1 });
    assert.deepEqual(role, { ['r'.repeat(128)]: 1 });
    assert.equal(castField(field('name'), 'x'.repeat(513)), 'x'.repeat(512));
    assert.equal(loss('name', 'x'.repeat(513)), 'cut to 512 characters');
  });

  it('says nothing of what was kept whole', () => {
    assert.equal(loss('name', 'x'.repeat(512)), null);
    assert.equal(loss('plugins', { woo: { name: 'Woo', version: '9' } }), null);
    assert.equal(loss('users_by_role', { total: 3, administrator: 3 }), null);
    assert.equal(loss('users_total', '4,5'), null);
  });
});
