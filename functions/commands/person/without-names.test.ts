import assert from 'node:assert/strict';
import fc from 'fast-check';
import { keysOf } from '../../../shared/report/event-keys.ts';
import type { DeactivationDocument } from '../../../shared/stores/sites/deactivations.ts';
import type { SiteDocument } from '../../../shared/stores/sites/sites.ts';
import { withoutNames } from './without-names.ts';

const [ADA_MD5, BOB_MD5] = ['a'.repeat(32), 'b'.repeat(32)];
const clean = withoutNames(
  'p',
  new Set(keysOf('p', { sites: ['ada.example.org'], urlMd5s: [ADA_MD5], emails: ['ada@example.org'] })),
);
const AT = new Date('2026-03-09T07:00:00Z');
const BOB: SiteDocument = {
  _id: 'p:bob.example.org',
  project: 'p',
  site: 'bob.example.org',
  environment: 'production',
  state: 'active',
  optedOut: false,
  firstSeenAt: AT,
  lastSeenAt: AT,
  cloneOf: null,
  urlMd5s: [BOB_MD5],
  customFields: { plan: 'pro' },
  deactivation: null,
  tracksSince: [AT],
  clock: { report: 's', older: [], track: null, deactivation: null, optOut: null, otherMd5s: [] },
  revision: 3,
};
const DEACTIVATION = {
  eventId: 'e',
  deactivatedAt: AT,
  reasonId: 'other',
  reasonSent: 'other',
  reasonInfo: 'bye',
  projectVersion: null,
};

describe('withoutNames', () => {
  it('gives the same document when it names nobody', () => {
    const document = { ...BOB, adminEmail: 'bob@example.org', cloneOf: 'eve.example.org', deactivation: DEACTIVATION };
    assert.equal(clean(document), document);
  });

  for (const { title, change, expected } of [
    { title: 'whose copy it is', change: { cloneOf: 'ada.example.org' }, expected: {} },
    {
      title: 'its md5s',
      change: { urlMd5s: [ADA_MD5, BOB_MD5], clock: { ...BOB.clock, otherMd5s: [[ADA_MD5, 's']] } },
      expected: {},
    },
    { title: 'a field with its address', change: { themeAuthor: 'Ada <ADA@example.org>' }, expected: {} },
    {
      title: 'a custom field with its address, and no other',
      change: { customFields: { plan: 'pro', list: { owner: 'x, ada@example.org' } } },
      expected: { customFields: { plan: 'pro', list: {} } },
    },
    {
      title: 'what is derived from a field with its address',
      change: {
        ...{ adminEmail: 'ada@example.org', emailKey: 'ada@example.org', c1: 'of ada@example.org', phpKey: 'a8a25' },
        ...{ projectVersion: 'ada@example.org', versionKey: '0005', phpMinor: '8.2' },
      },
      expected: { phpKey: 'a8a25', phpMinor: '8.2' },
    },
    { title: 'a key', change: { customFields: { plan: 'pro', 'ada@example.org': 1 } }, expected: {} },
    {
      title: 'an item of a list',
      change: {
        plugins: [
          { slug: 'a', name: 'by ada@example.org', version: '1' },
          { slug: 'b', name: null, version: '1' },
        ],
      },
      expected: { plugins: [{ slug: 'b', name: null, version: '1' }] },
    },
    {
      title: 'a request to a mail list',
      change: {
        pendingMail: [{ eventId: 'e', receivedAt: '', email: 'Ada@example.org', firstName: null, lastName: null }],
      },
      expected: { pendingMail: [] },
    },
    {
      title: 'a reason',
      change: { deactivation: { ...DEACTIVATION, reasonInfo: 'ask ada@example.org' } },
      expected: { deactivation: { ...DEACTIVATION, reasonInfo: null } },
    },
  ] as { title: string; change: Partial<SiteDocument>; expected: Partial<SiteDocument> }[])
    it(`takes out ${title}`, () => assert.deepEqual(clean({ ...BOB, ...change }), { ...BOB, ...expected }));

  it('takes it out of a deactivation', () => {
    const { _id, project, site, environment } = BOB;
    const document: DeactivationDocument = {
      ...{ _id, project, site, environment },
      ...{ ...DEACTIVATION, reasonInfo: 'ada@example.org', hasText: true, reactivatedAt: null, revision: 3 },
    };
    assert.deepEqual(clean(document), { ...document, reasonInfo: null, hasText: false });
  });

  it("leaves another project's", () => {
    const document = { ...BOB, cloneOf: 'ada.example.org' };
    assert.equal(withoutNames('q', new Set(keysOf('p', { sites: ['ada.example.org'] })))(document), document);
  });

  it('leaves nothing, wherever it stands, and cleans once', () =>
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.array(fc.string({ minLength: 1 })), (json, path) => {
        const value = path.reduce<unknown>((inner, key) => ({ [key]: inner, other: json }), 'to ada@example.org now');
        const cleaned = clean({ ...BOB, customFields: { value } });
        assert.doesNotMatch(JSON.stringify(cleaned), /ada@example/);
        assert.equal(clean(cleaned), cleaned);
      }),
    ));
});
