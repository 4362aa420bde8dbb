import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { StoredEvent } from '../../shared/event/envelope.ts';
import { interpret } from '../../shared/report/interpret.ts';
import { urlMd5 } from '../../shared/report/site-id.ts';
import { versionKey } from '../../shared/report/versions.ts';
import type { SiteDocument } from '../../shared/stores/sites/sites.ts';
import { capturedEvent, TEST_PROJECT } from '../../shared/testing/events.ts';
import { IS_PROOF } from '../../shared/testing/in-proof.ts';
import { mergeOptOut, mergeSite, stampOf } from './merge-site.ts';

const FILTERABLE = ['plan', 'a.b'];
/** More are tried by `npm run proof:ci`. */
const TRIES = IS_PROOF ? 100 : 25;
const LIST = { provider: 'mailchimp' as const, list: 'list-1', enabled: true };

const meanings = new WeakMap<StoredEvent, ReturnType<typeof interpret>>();

/** What an event means, whenever it comes. */
function meaningOf(event: StoredEvent): ReturnType<typeof interpret> {
  const meaning = meanings.get(event) ?? interpret(event, { project: TEST_PROJECT });
  meanings.set(event, meaning);
  return meaning;
}

/** Folds events as update-site does: an opt-out that comes before the site waits for it. */
function fold(events: StoredEvent[]): SiteDocument | undefined {
  let site: SiteDocument | undefined;
  const optOuts: string[] = [];
  for (const event of events) {
    const { report, deactivation, optOut } = meaningOf(event);
    const stated = report ?? deactivation;
    if (stated) {
      const { eventId, receivedAt, projectHash, site: name, environment, urlMd5 } = stated;
      site = mergeSite(site, {
        eventId,
        receivedAt,
        projectHash,
        site: name,
        environment,
        urlMd5,
        report,
        deactivation,
        mailLists: [LIST],
        filterable: FILTERABLE,
      });
    }
    if (optOut) optOuts.push(stampOf(optOut));
    for (const stamp of site ? optOuts : []) site = mergeOptOut(site as SiteDocument, stamp);
  }
  return site;
}

function foldOnto(known: SiteDocument, event: StoredEvent): SiteDocument {
  const { report } = interpret(event, { project: TEST_PROJECT });
  assert.ok(report);
  return mergeSite(known, { ...report, report, mailLists: [], filterable: FILTERABLE });
}

/**
 * Whether the address waits for the mail lists is the same in any order. Since which report is the first to arrive: a site
 * that goes on reporting keeps its place.
 */
function comparable({ pendingMail = [], mailDueAt, ...site }: SiteDocument) {
  return { ...site, pending: pendingMail.length, isDue: mailDueAt !== undefined };
}

const at = (second: number) => `2026-03-09T07:00:${String(second).padStart(2, '0')}.000Z`;
const track = (second: number, payload = {}) =>
  capturedEvent('track', { id: `track-${second}`, receivedAt: at(second), payload });
const deactivate = (second: number) =>
  capturedEvent('deactivate', { id: `deactivate-${second}`, receivedAt: at(second) });
const skip = (second: number) => capturedEvent('tracking-skipped', { id: `skip-${second}`, receivedAt: at(second) });

const events = fc
  .array(
    fc
      .record({
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
      })
      .map(({ kind, second, payload }) => ({ kind, second, payload })),
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

  it('leaves a silent site silent until it reports again, or leaves', () => {
    const silent: SiteDocument = { ...(fold([track(2)]) as SiteDocument), state: 'silent' };
    const after = (event: StoredEvent) => {
      const { report, deactivation, optOut } = interpret(event, { project: TEST_PROJECT });
      if (optOut) return mergeOptOut(silent, stampOf(optOut)).state;
      assert.ok(report);
      return mergeSite(silent, { ...report, report, deactivation, mailLists: [], filterable: FILTERABLE }).state;
    };
    const states = [track(1), skip(4), track(3), deactivate(1), deactivate(3)].map(after);
    assert.deepEqual(states, ['silent', 'silent', 'active', 'silent', 'left']);
  });

  it('reads what earlier versions wrote, who had a status', () => {
    const { state: _, ...site } = fold([track(1), deactivate(2)]) as SiteDocument;
    const earlier = { ...site, status: 'deactivated' } as unknown as SiteDocument;
    for (const merged of [
      mergeOptOut(earlier, stampOf({ receivedAt: at(3), eventId: 'skip' })),
      foldOnto(earlier, track(1)),
    ]) {
      assert.equal(merged.state, 'left');
      assert.ok(!Object.hasOwn(merged, 'status'));
    }
    assert.equal(foldOnto(earlier, track(3)).state, 'active');
  });

  for (const { title, events: list, state, optedOut, returned } of [
    { title: 'a report makes a site active', events: [track(1)], state: 'active', optedOut: false, returned: at(1) },
    {
      title: 'a deactivation ends that',
      events: [track(1), deactivate(2)],
      state: 'left',
      optedOut: false,
      returned: undefined,
    },
    {
      title: 'a later report makes it active again, since the first of them',
      events: [deactivate(2), track(4), track(3)],
      state: 'active',
      optedOut: false,
      returned: at(3),
    },
    { title: 'an opt-out marks it', events: [track(1), skip(2)], state: 'active', optedOut: true, returned: at(1) },
    {
      title: 'a later report is an opt-in',
      events: [track(1), skip(2), track(3)],
      state: 'active',
      optedOut: false,
      returned: at(1),
    },
    {
      title: 'a deactivation is no opt-in',
      events: [track(1), skip(2), deactivate(3)],
      state: 'left',
      optedOut: true,
      returned: undefined,
    },
  ])
    it(title, () => {
      const site = fold(list);
      assert.equal(site?.state, state);
      assert.equal(site?.optedOut, optedOut);
      assert.equal(site?.emailKey, optedOut || site?.adminEmail === undefined ? undefined : 'admin@example.org');
      assert.equal(site?.tracksSince[0]?.toISOString(), returned);
    });
});
