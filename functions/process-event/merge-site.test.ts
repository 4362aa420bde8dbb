import assert from 'node:assert/strict';
import fc from 'fast-check';
import { interpret } from '../../shared/report/interpret.ts';
import { urlMd5 } from '../../shared/report/site-id.ts';
import { versionKey } from '../../shared/report/versions.ts';
import type { SiteDocument } from '../../shared/stores/sites/sites.ts';
import { capturedEvent, TEST_PROJECT } from '../../shared/testing/events.ts';
import { IS_PROOF } from '../../shared/testing/in-proof.ts';
import { mergeSite, stampOf } from './merge-site.ts';
import { at, deactivate, FILTERABLE, fold, LIST, track } from './testing/site-events.ts';

/** More are tried by `npm run proof:ci`. */
const TRIES = IS_PROOF ? 100 : 25;

/**
 * Whether the address waits for the mail lists is the same in any order. Since which report is the first to arrive: a site
 * that goes on reporting keeps its place.
 */
function comparable({ pendingMail = [], mailDueAt, ...site }: SiteDocument) {
  return { ...site, pending: pendingMail.length, isDue: mailDueAt !== undefined };
}

const events = fc
  .array(
    fc.record({
      kind: fc.constantFrom('track', 'deactivate', 'tracking-skipped'),
      second: fc.integer({ min: 0, max: 6 }),
      // fields that come, change and are missing
      payload: fc.record(
        {
          project_version: fc.constantFrom('1.0', '2.0', undefined),
          site: fc.constantFrom('One', 'Two', '', undefined),
          admin_email: fc.constantFrom(
            'one@example.org',
            'One@EXAMPLE.org',
            'two@example.org',
            'nobody',
            '',
            undefined,
          ),
          first_name: fc.constantFrom('Ann', '', undefined),
          plugins: fc.constantFrom({ a: { name: 'A', version: '1' } }, undefined),
          extra: fc.constantFrom({ plan: 'free' }, { plan: '' }, { forms_count: 3, 'a.b': 'x' }, undefined),
          server: fc.constantFrom(
            { php_version: '8.3.1' },
            { mysql_version: '10.6.1' },
            { mysql_version: '' },
            undefined,
          ),
        },
        { requiredKeys: [] },
      ),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((list) =>
    list.map(({ kind, second, payload }, index) =>
      capturedEvent(kind as 'track', {
        id: `event-${index}`,
        receivedAt: at(second),
        payload: kind === 'tracking-skipped' ? {} : payload,
      }),
    ),
  );

describe('mergeSite', () => {
  it('ends in the same document whatever the order and repetition of events', () =>
    fc.assert(
      fc.property(
        events.chain((list) =>
          fc.tuple(fc.constant(list), fc.shuffledSubarray([...list, ...list], { minLength: list.length })),
        ),
        ([list, arrivals]) => {
          const inOrder = [...list].sort((one, other) =>
            stampOf({ ...one, eventId: one.id }) < stampOf({ ...other, eventId: other.id }) ? -1 : 1,
          );
          const [site, expected] = [fold([...arrivals, ...list]), fold(inOrder)];
          assert.deepEqual(site && comparable(site), expected && comparable(expected));
          for (const { eventId, receivedAt } of site?.pendingMail ?? []) {
            assert.ok(
              list.some((event) => event.kind === 'track' && event.id === eventId && event.receivedAt === receivedAt),
            );
          }
        },
      ),
      { numRuns: TRIES },
    ));

  it('gives the very document when an event comes again', () => {
    const site = fold([track(1), deactivate(2)]);
    const { report } = interpret(track(1), { project: TEST_PROJECT });
    assert.ok(site && report);
    assert.equal(mergeSite(site, { ...report, report, mailLists: [LIST], filterable: FILTERABLE }), site);
  });

  it('lets an absent field keep what was known, and a newer one win, also when it comes first', () => {
    const full = track(1, { plugins: { a: { name: 'A', version: '1' } } });
    const thin = capturedEvent('track', {
      id: 'thin',
      receivedAt: at(2),
      only: { hash: TEST_PROJECT.hash, url: 'https://shop.example.org', version: '4.0' },
    });
    for (const order of [
      [full, thin],
      [thin, full],
    ]) {
      const site = fold(order);
      assert.equal(site?.projectVersion, '4.0');
      assert.equal(site?.versionKey, versionKey('4.0'));
      assert.deepEqual([site?.c1, site?.c2, site?.emailKey], ['pro', 'dots', 'admin@example.org']);
      assert.equal(site?.name, 'Bob\'s "Café" & Söhne 商店');
      assert.deepEqual(site?.customFields, { 'a．b': 'dots', forms_count: 12, plan: 'pro' });
      assert.deepEqual(site?.plugins, [{ slug: 'a', name: 'A', version: '1' }]);
      assert.equal(site?.firstSeenAt.toISOString(), at(1));
      assert.equal(site?.lastSeenAt.toISOString(), at(2));
    }
  });

  for (const { title, first, second, field, value } of [
    {
      title: 'an address brings its own name, or none',
      first: { admin_email: 'ann@example.org', first_name: 'Ann', last_name: undefined },
      second: { admin_email: 'bob@example.org', first_name: undefined, last_name: undefined },
      field: 'firstName',
      value: undefined,
    },
    {
      title: 'the database is that of the version beside it',
      first: { server: { php_version: '8.2.1', mysql_version: '8.0.36' } },
      second: { server: { php_version: '7.4.33', mysql_version: '5.5.5' } },
      field: 'database',
      value: undefined,
    },
    {
      title: 'a theme brings its own version, or none',
      first: { wp: { theme_slug: 'one', theme_version: '1.0' } },
      second: { wp: { theme_slug: 'two' } },
      field: 'themeVersion',
      value: undefined,
    },
    {
      title: 'a preview is one by the software that it says it runs on',
      first: { server: { software: 'PHP.wasm' } },
      second: { server: undefined },
      field: 'environment',
      value: 'ephemeral',
    },
    {
      title: 'an empty text says that there is none',
      first: { site: 'One' },
      second: { site: '' },
      field: 'name',
      value: undefined,
    },
    {
      title: 'an absent text does not',
      first: { site: 'One' },
      second: { site: undefined },
      field: 'name',
      value: 'One',
    },
    {
      title: 'an empty custom field says that there is none',
      first: { extra: { plan: 'pro' } },
      second: { extra: { plan: '' } },
      field: 'customFields',
      value: {},
    },
  ])
    it(title, () => {
      const [one, other] = [track(1, first), track(2, second)];
      for (const order of [
        [one, other],
        [other, one],
        [other, one, other],
      ])
        assert.deepEqual(fold(order)?.[field as keyof SiteDocument], value);
    });

  it('goes on from what earlier versions wrote, who noted a stamp a field', () => {
    const now = fold([track(1, { admin_email: 'ann@example.org' }), track(3, { site: undefined })]) as SiteDocument;
    const { otherMd5s, ...clock } = now.clock;
    const earlier: SiteDocument = {
      ...now,
      urlMd5s: ['6ea0a65d4dee544e5e0f4ff88b2e1c30'],
      clock: { ...clock, older: [['name', stampOf({ receivedAt: at(1), eventId: 'track-1' })]] },
    };
    const { report } = interpret(track(2, { site: 'Two', admin_email: 'bob@example.org' }), { project: TEST_PROJECT });
    assert.ok(report && otherMd5s);
    const merged = mergeSite(earlier, { ...report, report, mailLists: [], filterable: FILTERABLE });
    assert.equal(merged.name, 'Two', 'newer than the name');
    assert.equal(merged.adminEmail, now.adminEmail, 'older than the address');
    assert.deepEqual(merged.urlMd5s, now.urlMd5s);
  });

  it('keeps the md5s of its own url, whatever others it is sent', () => {
    const sent = (second: number, userAgent: string) => ({ ...track(second), id: `sent-${second}`, userAgent });
    const forged = Array.from({ length: 50 }, (_, index) => sent(10 + index, `X/${String(index).padStart(32, '0')};`));
    const site = fold([track(1), ...forged]);
    const own = ['https://shop.example.org', 'http://www.shop.example.org/'].map(urlMd5);
    assert.deepEqual(
      own.filter((md5) => !site?.urlMd5s.includes(md5)),
      [],
    );
    assert.ok(site?.urlMd5s.includes('49'.padStart(32, '0')), 'and the newest of the others');
    assert.ok((site?.urlMd5s.length ?? 0) <= 32);
  });
});
