import assert from 'node:assert/strict';
import type { JsonObject } from '../../../shared/event/envelope.ts';
import { capturedEvent, TEST_PROJECT } from '../../../shared/testing/events.ts';
import { isOf, type Subject, tracesOf } from './traces.ts';

const MD5 = '6ea0a65d4dee544e5e0f4ff88b2e1c30';
const SHOP: Subject = {
  projectHash: TEST_PROJECT.hash,
  sites: new Set(['shop.example.org']),
  urlMd5s: new Set([MD5]),
  unsharedMd5s: new Set([MD5]),
  email: null,
};

describe('isOf', () => {
  const other = { sites: new Set<string>(), urlMd5s: new Set<string>(), unsharedMd5s: new Set<string>() };
  const withoutProject = { hash: undefined, url: undefined };
  const cases: { title: string; payload: JsonObject; subject: Partial<Subject>; expected: boolean }[] = [
    {
      title: 'a report of the url, however it is spelled',
      payload: { url: 'http://www.shop.example.org:80/?a=1' },
      subject: {},
      expected: true,
    },
    {
      title: 'a report of another url under the same md5',
      payload: { url: 'https://b.example' },
      subject: {},
      expected: false,
    },
    { title: 'a report of the url for another project', payload: { hash: 'other' }, subject: {}, expected: false },
    { title: 'a report without a usable url, by its md5', payload: { url: 'http://' }, subject: {}, expected: true },
    { title: 'one of a shared md5', payload: { url: 'http://' }, subject: { urlMd5s: new Set() }, expected: false },
    { title: 'one without project and url, by its md5', payload: withoutProject, subject: {}, expected: true },
    {
      title: 'one that another project may have sent',
      payload: withoutProject,
      subject: { unsharedMd5s: new Set() },
      expected: false,
    },
    {
      title: 'the address, in any case',
      payload: {},
      subject: { ...other, email: 'admin@example.org' },
      expected: true,
    },
    {
      title: 'the address of an old client',
      payload: { admin_email: undefined, user_email: 'Ada@Example.org' },
      subject: { ...other, email: 'ada@example.org' },
      expected: true,
    },
    {
      title: 'the address for another project',
      payload: { hash: 'other' },
      subject: { email: 'admin@example.org' },
      expected: false,
    },
    { title: 'another address', payload: {}, subject: { ...other, email: 'dmin@example.org' }, expected: false },
  ];
  for (const { title, payload, subject, expected } of cases)
    it(`${expected ? 'knows' : 'does not take'} ${title}`, () => {
      assert.equal(isOf(tracesOf(capturedEvent('track', { payload })), { ...SHOP, ...subject }), expected);
    });

  it('knows an opt-out by its md5', () => assert.equal(isOf(tracesOf(capturedEvent('tracking-skipped')), SHOP), true));
});
