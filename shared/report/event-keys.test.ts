import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { JsonObject } from '../event/envelope.ts';
import { capturedEvent, TEST_PROJECT } from '../testing/events.ts';
import { addressKey } from './email-address.ts';
import { eventKeys, indexedKeys, keyOf, NO_PROJECT, tracesOf } from './event-keys.ts';

const MD5 = '6ea0a65d4dee544e5e0f4ff88b2e1c30';
const OF_PROJECT = { project: TEST_PROJECT };
const traces = (payload: JsonObject = {}) => tracesOf(capturedEvent('track', { payload }));

describe('tracesOf', () => {
  for (const [title, url] of Object.entries({
    letters: `https://a.example/${'x'.repeat(500_000)}`,
    dots: `https://${'a.'.repeat(250_000)}example`,
    'signs of an address': `https://${'a@'.repeat(250_000)}`,
  }))
    it(`reads a url of half a megabyte of ${title} in time that grows with its length`, () => {
      assert.ok(tracesOf(capturedEvent('track', { payload: { url } })).namedSites.length <= 5);
    });

  for (const { title, payload, emails } of [
    { title: 'a field that is an address', payload: { admin_email: 'Bob@Example.org' }, emails: ['bob@example.org'] },
    { title: 'an address with a name', payload: { admin_email: 'Bob <bob@example.org>' }, emails: ['bob@example.org'] },
    {
      title: 'an address within a sentence',
      payload: { reason_info: 'write to bob@bücher.example.' },
      emails: ['bob@xn--bcher-kva.example'],
    },
    {
      title: 'one in an unknown field',
      payload: { extra: { a: [{ b: 'x;bob@a.example' }] } },
      emails: ['bob@a.example'],
    },
    { title: 'one that is a key', payload: { extra: { 'bob@a.example': 1 } }, emails: ['bob@a.example'] },
    {
      title: "those within a parser's own objects",
      payload: { extra: { n: Object.assign(Object.create({ valueOf: () => 1 }), { value: 'bob@a.example' }) } },
      emails: ['bob@a.example'],
    },
  ])
    it(`finds ${title}`, () => assert.deepEqual(traces({ admin_email: undefined, ...payload }).emails, emails));

  it('finds an address wherever it stands in a payload', () =>
    fc.assert(
      fc.property(fc.emailAddress(), fc.json({ maxDepth: 3 }), fc.array(fc.string()), (email, json, path) => {
        fc.pre(!/"|^'|%40/.test(email));
        const nested = path.reduce<unknown>((value, key) => ({ [`k${key}`]: value }), `Ada <${email}>`);
        assert.ok(traces({ extra: [JSON.parse(json), nested] }).emails.includes(addressKey(email)));
      }),
    ));

  it('tells the address of who runs the site from the others', () => {
    const { adminEmails, emails } = traces({ admin_email: 'a@a.example', extra: { support: 'help@b.example' } });
    assert.deepEqual([adminEmails, emails], [['a@a.example'], ['a@a.example', 'help@b.example']]);
  });

  it('reads what is nested deeper than the stack', () => {
    let deep: unknown = 'bob@a.example';
    for (let depth = 0; depth < 50_000; depth += 1) deep = [deep];
    assert.ok(traces({ extra: deep }).emails.includes('bob@a.example'));
  });

  for (const { url, site, namedSites } of [
    { url: 'http://WWW.shop.example.org:80/?a=1', site: 'shop.example.org', namedSites: [] },
    { url: 'ftp://shop.example.org/a', site: null, namedSites: ['shop.example.org/a'] },
    {
      url: 'see Shop.example.org, or www.b.example/x?y me@c.example',
      site: null,
      namedSites: ['shop.example.org', 'b.example/x'],
    },
    { url: 'http://', site: null, namedSites: [] },
  ])
    it(`knows whose ${url} is`, () => {
      const found = traces({ url });
      assert.deepEqual([found.site, found.namedSites], [site, namedSites]);
    });
});

describe('eventKeys', () => {
  const { hash } = TEST_PROJECT;
  const only = { admin_email: undefined };
  for (const { title, payload, attribution, keys } of [
    {
      title: 'its site and its addresses, and no md5 beside them',
      payload: { admin_email: 'a@a.example' },
      attribution: OF_PROJECT,
      keys: [keyOf(hash, 'site', 'shop.example.org'), keyOf(hash, 'email', 'a@a.example')],
    },
    {
      title: 'its md5 where the url tells nothing',
      payload: { ...only, url: 'http://' },
      attribution: OF_PROJECT,
      keys: [keyOf(hash, 'md5', MD5)],
    },
    {
      title: 'the site that its md5 was found to stand for',
      payload: { ...only, url: undefined, hash: undefined },
      attribution: { ...OF_PROJECT, site: 'shop.example.org' },
      keys: [keyOf(hash, 'site', 'shop.example.org'), keyOf(hash, 'md5', MD5)],
    },
    {
      title: 'those of no project, when nobody here has its project',
      payload: only,
      attribution: {},
      keys: [keyOf(NO_PROJECT, 'site', 'shop.example.org')],
    },
  ])
    it(`are ${title}`, () => assert.deepEqual(eventKeys(traces(payload), attribution), keys));

  it('say nothing of whom they stand for', () =>
    assert.ok(eventKeys(traces(), OF_PROJECT).every((key) => /^[0-9a-f]{64}$/.test(key))));
});

describe('indexedKeys', () => {
  it('are all of them, up to a bound, and then the mark of those that have more', () => {
    const keys = (count: number) => Array.from({ length: count }, (_, n) => `key-${n}`);
    assert.deepEqual(indexedKeys(keys(30), OF_PROJECT), keys(30));
    assert.deepEqual(indexedKeys(keys(31), OF_PROJECT), [...keys(29), keyOf(TEST_PROJECT.hash, 'many', '')]);
  });
});
