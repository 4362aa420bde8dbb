import assert from 'node:assert/strict';
import { addressDigest } from '../../shared/event/subscriber.ts';
import type { MailIntegration } from '../../shared/project/project.ts';
import { TEST_PROJECT } from '../../shared/testing/events.ts';
import { IS_PROOF } from '../../shared/testing/in-proof.ts';
import { BOB, dayOf, NEW, type OwnMail, openOwnMail, track } from '../testing/own-mail.ts';
import { at, deactivate, LIST, skip } from './testing/site-events.ts';

/** Addresses that one site has one after the other. */
const MANY = IS_PROOF ? 40 : 10;
const OF_SITE = { project: TEST_PROJECT.hash, site: 'shop.example.org' };
/** A report so many days after the ninth of March. */
const later = (days: number, payload = {}) => ({
  ...track(0, payload),
  id: `track-on-day-${days}`,
  receivedAt: dayOf(days).toISOString(),
});

describe('a request to the mail lists', () => {
  let own: OwnMail;
  before(() => {
    own = openOwnMail();
  });
  beforeEach(() => own.empty());
  after(() => own.close());

  it('asks for the admin of a new site, on each list that is on', async () => {
    await own.putProject([
      LIST,
      { ...LIST, enabled: false, list: 'off' },
      { ...LIST, provider: 'mailjet', list: 'list-2' },
    ]);
    await own.update(track(1, { first_name: 'Bob', last_name: '' }));
    const request = { ...OF_SITE, eventId: 'track-1', address: addressDigest(TEST_PROJECT.hash, BOB) };
    const attributes = { eventId: 'track-1', receivedAt: at(1) };
    assert.deepEqual(own.published, [
      { request: { ...request, provider: 'mailchimp', list: 'list-1' }, attributes },
      { request: { ...request, provider: 'mailjet', list: 'list-2' }, attributes },
    ]);
    assert.deepEqual(await own.pending(), []);
  });

  for (const { title, events, asked } of [
    { title: 'asks once, however often the site reports', events: [track(1), track(2), track(1)], asked: [BOB] },
    {
      title: 'asks for another address a week after the one before',
      events: [track(0), later(7, { admin_email: NEW })],
      asked: [BOB, NEW],
    },
    {
      title: 'asks for another address that waited, with the first report after a week',
      events: [track(0), later(3, { admin_email: NEW }), later(8, { admin_email: NEW })],
      asked: [BOB, NEW],
    },
    {
      title: 'asks for the latest of those that waited, and none of the others',
      events: [
        track(0),
        later(3, { admin_email: 'a1@example.org' }),
        later(4, { admin_email: NEW }),
        later(8, { admin_email: undefined, first_name: undefined, last_name: undefined }),
      ],
      asked: [BOB, NEW],
    },
    {
      title: 'does not ask again for an address that came back',
      events: [track(0), later(8, { admin_email: NEW }), later(16)],
      asked: [BOB, NEW],
    },
    {
      title: 'takes an address in another case for the same',
      events: [track(1), track(2, { admin_email: 'Bob@EXAMPLE.org' }), later(9, { admin_email: 'BOB@example.org' })],
      asked: [BOB],
    },
    {
      title: 'does not ask for an address that had lost when it came',
      events: [track(2, { admin_email: NEW }), track(1)],
      asked: [NEW],
    },
    {
      title: 'does not ask again when a report says nothing of the admin',
      events: [track(1), track(2, { admin_email: undefined, first_name: undefined, last_name: undefined }), track(3)],
      asked: [BOB],
    },
    { title: 'asks when consent follows a deactivation', events: [deactivate(1), track(2)], asked: [BOB] },
    { title: 'asks when consent comes after a later deactivation', events: [deactivate(2), track(1)], asked: [BOB] },
    { title: 'waits for consent after an opt-out', events: [skip(2), track(1), track(3)], asked: [BOB] },
  ])
    it(title, async () => {
      for (const event of events) await own.update(event);
      assert.deepEqual(own.emails(), asked);
      assert.deepEqual(await own.pending(), []);
    });

  for (const { title, events, lists = [LIST] } of [
    { title: 'a local site', events: [track(1, { url: 'http://shop.test' })] },
    { title: 'a staging site', events: [track(1, { url: 'https://shop.wpengine.com' })] },
    { title: 'a site that opted out before it reported', events: [skip(2), track(1)] },
    { title: 'an address without a domain', events: [track(1, { admin_email: 'bob' })] },
    { title: 'an address on no public host', events: [track(1, { admin_email: 'wordpress@localhost' })] },
    { title: 'two addresses in one', events: [track(1, { admin_email: `${BOB}, eve@example.org` })] },
    { title: 'a site without an address', events: [track(1, { admin_email: '' })] },
    { title: 'a site whose project has its lists off', events: [track(1)], lists: [{ ...LIST, enabled: false }] },
    { title: 'a site whose project has no list', events: [track(1)], lists: [] },
    { title: 'a site that only left', events: [deactivate(1), deactivate(2)] },
  ])
    it(`never asks for ${title}`, async () => {
      await own.putProject(lists);
      for (const event of [...events, ...events]) await own.update(event);
      assert.deepEqual(own.published, []);
    });

  it('asks at least once, and for no other address, when all events come at once', async () => {
    const events = [track(1), deactivate(2), track(3), track(4, { first_name: 'Robert' })];
    await Promise.all([...events, ...events].map(own.update));
    assert.deepEqual(new Set(own.emails()), new Set([BOB]));
    assert.deepEqual(await own.pending(), []);
  });

  it('asks each list once, also one that is added later, with the next report', async () => {
    const second: MailIntegration = { ...LIST, list: 'list-2' };
    await own.update(track(1));
    await own.putProject([LIST, second]);
    assert.equal(own.published.length, 1);
    await own.update(deactivate(2));
    assert.equal(own.published.length, 1, 'a deactivation is no consent');
    await own.update(track(3));
    await own.update(track(4));
    assert.deepEqual(
      own.published.map(({ request }) => request.list),
      ['list-1', 'list-2'],
    );
  });

  it(`makes one request of ${MANY} reports with as many addresses, and lets the last of them wait`, async () => {
    for (let index = 0; index < MANY; index += 1)
      await own.update(track(index, { admin_email: `a${index}@example.org` }));
    assert.deepEqual(own.emails(), ['a0@example.org']);
    assert.deepEqual(await own.pending(), [`a${MANY - 1}@example.org`]);
    assert.equal(await own.counted(), 1);
  });

  it('makes one request of them when they come at once, too', async () => {
    const reports = Array.from({ length: MANY / 2 }, (_, index) =>
      track(index, { admin_email: `a${index}@example.org` }),
    );
    await Promise.all(reports.map(own.update));
    assert.equal(new Set(own.emails()).size, 1);
    const [site] = await own.sites();
    assert.equal(site?.askedMail?.length, 1);
  });

  it('lets what is above the cap of its project wait, for all lists together', async () => {
    await own.putProject([LIST, { ...LIST, list: 'list-2' }], 3);
    for (const site of ['one', 'two', 'three']) {
      const event = track(1, { url: `https://${site}.example.org`, admin_email: `of-${site}@example.org` });
      await own.update({ ...event, id: `of-${site}` });
    }
    assert.deepEqual(
      own.published.map(({ request }) => `${request.site} ${request.list}`),
      ['one.example.org list-1', 'one.example.org list-2', 'two.example.org list-1'],
    );
    assert.equal((await own.pending()).length, 2);
  });
});
