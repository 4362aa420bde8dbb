import assert from 'node:assert/strict';
import type { JsonObject } from '../../../shared/event/envelope.ts';
import { eventKeys, keyOf, NO_PROJECT, tracesOf } from '../../../shared/report/event-keys.ts';
import { capturedEvent, TEST_PROJECT } from '../../../shared/testing/events.ts';
import { keysOfSubject, relationTo, type Subject } from './subject.ts';

const MD5 = '6ea0a65d4dee544e5e0f4ff88b2e1c30';
const SHOP: Subject = {
  projectHash: TEST_PROJECT.hash,
  otherProjects: new Set(['other']),
  sites: new Set(['shop.example.org']),
  urlMd5s: new Set([MD5]),
  unsharedMd5s: new Set([MD5]),
  email: null,
};

describe('relationTo', () => {
  const other = { sites: new Set<string>(), urlMd5s: new Set<string>(), unsharedMd5s: new Set<string>() };
  const withoutProject = { hash: undefined, url: undefined };
  const cases: {
    title: string;
    payload: JsonObject;
    subject: Partial<Subject>;
    expected: 'own' | 'admin' | 'mention' | undefined;
  }[] = [
    {
      title: 'a report of the url, however it is spelled',
      payload: { url: 'http://www.shop.example.org:80/?a=1' },
      subject: {},
      expected: 'own',
    },
    {
      title: 'a report of another url under the same md5',
      payload: { url: 'https://b.example' },
      subject: {},
      expected: undefined,
    },
    { title: 'a report of the url for another project', payload: { hash: 'other' }, subject: {}, expected: undefined },
    { title: 'a report without a usable url, by its md5', payload: { url: 'http://' }, subject: {}, expected: 'own' },
    { title: 'one of a shared md5', payload: { url: 'http://' }, subject: { urlMd5s: new Set() }, expected: undefined },
    { title: 'one without project and url, by its md5', payload: withoutProject, subject: {}, expected: 'own' },
    {
      title: 'one that another project may have sent',
      payload: withoutProject,
      subject: { unsharedMd5s: new Set() },
      expected: undefined,
    },
    {
      title: 'the address, in any case',
      payload: {},
      subject: { ...other, email: 'admin@example.org' },
      expected: 'admin',
    },
    {
      title: 'the address of an old client',
      payload: { admin_email: undefined, user_email: 'Ada@Example.org' },
      subject: { ...other, email: 'ada@example.org' },
      expected: 'admin',
    },
    {
      title: 'the address for another project',
      payload: { hash: 'other' },
      subject: { email: 'admin@example.org' },
      expected: undefined,
    },
    { title: 'another address', payload: {}, subject: { ...other, email: 'dmin@example.org' }, expected: undefined },
    {
      title: 'a report of the url for a project that nobody here has',
      payload: { hash: 'nobody' },
      subject: {},
      expected: 'own',
    },
    {
      title: 'the address with a name',
      payload: { admin_email: 'Ada <Ada@Bücher.example>' },
      subject: { ...other, email: 'ada@xn--bcher-kva.example' },
      expected: 'admin',
    },
    {
      title: "the address in somebody else's words, as a mention",
      payload: { reason_info: 'ask ada@example.org.' },
      subject: { ...other, email: 'ada@example.org' },
      expected: 'mention',
    },
    {
      title: 'an unusable url that speaks of the site',
      payload: { url: 'my site www.shop.example.org' },
      subject: { urlMd5s: new Set() },
      expected: 'own',
    },
  ];
  for (const { title, payload, subject, expected } of cases)
    it(`${expected ? 'knows' : 'does not take'} ${title}`, () => {
      assert.equal(relationTo(tracesOf(capturedEvent('track', { payload })), { ...SHOP, ...subject }), expected);
    });

  it('knows an opt-out by its md5', () =>
    assert.equal(relationTo(tracesOf(capturedEvent('tracking-skipped')), SHOP), 'own'));
});

describe('keysOfSubject', () => {
  const { proving, withoutProject, possible } = keysOfSubject({ ...SHOP, email: 'ada@example.org' });

  it('are those of its events, whoever they are of', () => {
    for (const payload of [{}, { url: 'http://' }, { url: 'https://b.example', admin_email: 'ada@example.org' }]) {
      const traces = tracesOf(capturedEvent('track', { payload }));
      assert.ok(eventKeys(traces, { project: TEST_PROJECT }).some((key) => proving.has(key)));
      assert.ok(eventKeys(traces, {}).some((key) => withoutProject.has(key)));
      assert.ok(eventKeys(traces, {}).every((key) => !proving.has(key)));
      const project = { ...TEST_PROJECT, hash: 'other' };
      assert.ok(eventKeys(traces, { project }).every((key) => !proving.has(key) && !withoutProject.has(key)));
    }
  });

  it('ask for what may hold the address, when there is one', () => {
    assert.deepEqual(
      [...possible].sort(),
      [TEST_PROJECT.hash, NO_PROJECT].map((hash) => keyOf(hash, 'many', '')).sort(),
    );
    assert.equal(keysOfSubject(SHOP).possible.size, 0);
  });
});
