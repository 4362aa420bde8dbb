import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type Message, PubSub, type Subscription } from '@google-cloud/pubsub';
import fc from 'fast-check';
import type { StoredEvent } from '../../shared/event/envelope.ts';
import type { Kind } from '../../shared/event/object-name.ts';
import { addressDigest, type SubscriberRequest } from '../../shared/event/subscriber.ts';
import type { MailIntegration } from '../../shared/project/project.ts';
import { interpret, type Meaning } from '../../shared/report/interpret.ts';
import { TransientError } from '../../shared/runtime/errors.ts';
import type { Latest } from '../../shared/stores/mongodb.ts';
import type { ProjectDocument } from '../../shared/stores/projects.ts';
import type { SiteDocument } from '../../shared/stores/sites/sites.ts';
import { publishPendingMail, type Subscribers } from '../../shared/stores/topics/mail-outbox.ts';
import { openTopic } from '../../shared/stores/topics/topics.ts';
import { capturedEvent, TEST_PROJECT } from '../../shared/testing/events.ts';
import { IS_PROOF } from '../../shared/testing/in-proof.ts';
import { ownDatabase } from '../../shared/testing/stores.ts';
import { until } from '../../shared/testing/until.ts';
import { updateLatest } from '../testing/update-latest.ts';
import { mergeOptOut, mergeSite, stampOf } from './merge-site.ts';

const at = (second: number) => `2026-03-09T07:00:${String(second).padStart(2, '0')}.000Z`;
const DAY = 86_400;
const MANY = IS_PROOF ? 40 : 10;
/** A report so many days after the ninth of March. */
const later = (days: number, payload = {}) => ({
  ...track(0, payload),
  id: `track-on-day-${days}`,
  receivedAt: new Date(Date.parse(at(0)) + days * DAY * 1000).toISOString(),
});
const LIST: MailIntegration = { provider: 'mailchimp', list: 'list-1', enabled: true };
const BOB = 'bob@example.org';
const NEW = 'new@example.org';
const NAMES = new Map(
  [BOB, NEW, ...Array.from({ length: MANY }, (_, index) => `a${index}@example.org`)].map((email) => [
    addressDigest(TEST_PROJECT.hash, email),
    email,
  ]),
);
const OF_SITE = { project: TEST_PROJECT.hash, site: 'shop.example.org' };

const track = (second: number, payload = {}) =>
  capturedEvent('track', { id: `track-${second}`, receivedAt: at(second), payload: { admin_email: BOB, ...payload } });
const deactivate = (second: number) =>
  capturedEvent('deactivate', { id: `deactivate-${second}`, receivedAt: at(second) });
const skip = (second: number) => capturedEvent('tracking-skipped', { id: `skip-${second}`, receivedAt: at(second) });

describe('a request to the mail lists', () => {
  let latest: Latest;
  let published: { request: SubscriberRequest; attributes: Record<string, string> }[];
  let subscribers: Pick<Subscribers, 'publish'>;

  before(() => {
    latest = ownDatabase();
  });
  beforeEach(async () => {
    published = [];
    subscribers = { publish: async (request, attributes) => void published.push({ request, attributes }) };
    for (const name of ['sites', 'optOuts', 'projects', 'mailQuotas']) await latest.db.collection(name).deleteMany({});
    await putProject([LIST]);
  });
  after(async () => {
    await latest.db.dropDatabase();
    await latest.close();
  });

  async function putProject(mailIntegrations: MailIntegration[], mailCapPerHour = 200): Promise<void> {
    const { hash, ...project } = TEST_PROJECT;
    const projects = latest.db.collection<ProjectDocument>('projects');
    const changed = { ...project, mailIntegrations, mailCapPerHour };
    await projects.replaceOne({ _id: hash }, changed, { upsert: true });
  }

  const update = (event: StoredEvent) => updateLatest(event, latest.db, subscribers);

  /** The addresses that were asked for, as far as the tests here know whose the digests are. */
  const emails = () => published.map(({ request }) => NAMES.get(request.address));

  const sites = () => latest.db.collection<SiteDocument>('sites').find().toArray();

  /** The addresses that wait. */
  async function pending(): Promise<(string | undefined)[]> {
    return (await sites()).filter(({ pendingMail = [] }) => pendingMail.length > 0).map(({ adminEmail }) => adminEmail);
  }

  /** How many requests of the project are counted. */
  async function counted(): Promise<number> {
    const quotas = await latest.db.collection('mailQuotas').find().toArray();
    return quotas.reduce((sum, { count }) => sum + count, 0);
  }

  it('asks for the admin of a new site, on each list that is on', async () => {
    await putProject([
      LIST,
      { ...LIST, enabled: false, list: 'off' },
      { ...LIST, provider: 'mailjet', list: 'list-2' },
    ]);
    await update(track(1, { first_name: 'Bob', last_name: '' }));
    const request = { ...OF_SITE, eventId: 'track-1', address: addressDigest(TEST_PROJECT.hash, BOB) };
    const attributes = { eventId: 'track-1', receivedAt: at(1) };
    assert.deepEqual(published, [
      { request: { ...request, provider: 'mailchimp', list: 'list-1' }, attributes },
      { request: { ...request, provider: 'mailjet', list: 'list-2' }, attributes },
    ]);
    assert.deepEqual(await pending(), []);
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
      for (const event of events) await update(event);
      assert.deepEqual(emails(), asked);
      assert.deepEqual(await pending(), []);
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
      await putProject(lists);
      for (const event of [...events, ...events]) await update(event);
      assert.deepEqual(published, []);
    });

  it('keeps a request through a crash before it was published, and one after', async () => {
    const working = subscribers;
    subscribers = {
      publish: () => Promise.reject(new TransientError('topic subscribers failed', { cause: undefined })),
    };
    await assert.rejects(update(track(1)));
    assert.deepEqual(await pending(), [BOB]);
    // published, and dead before it is taken off
    subscribers = {
      publish: async (request, attributes) => {
        await working.publish(request, attributes);
        throw new Error('killed');
      },
    };
    await assert.rejects(update(track(1)));
    assert.deepEqual(await pending(), [BOB]);
    subscribers = working;
    await update(track(1));
    await update(track(1));
    assert.deepEqual(await pending(), []);
    assert.equal(await counted(), 1, 'a retry is not counted again');
    const [first, second] = published;
    assert.equal(published.length, 2);
    assert.deepEqual(first, second, 'a double is the same to the byte, and so is its Idempotency-Key');
  });

  it('lets the next event of the site publish what an earlier one could not', async () => {
    const working = subscribers;
    subscribers = { publish: () => Promise.reject(new Error('down')) };
    await assert.rejects(update(track(1)));
    subscribers = working;
    await update(track(2));
    assert.deepEqual(
      published.map(({ request }) => request.eventId),
      ['track-1'],
    );
  });

  it('drops what is pending for an address that lost, and for lists that were switched off', async () => {
    const working = subscribers;
    subscribers = { publish: () => Promise.reject(new Error('down')) };
    await assert.rejects(update(track(1)));
    await assert.rejects(update(track(2, { admin_email: NEW })));
    assert.deepEqual(await pending(), [NEW]);
    subscribers = working;
    await putProject([]);
    await update(track(3, { admin_email: NEW }));
    assert.deepEqual(await pending(), []);
    assert.deepEqual(published, []);
  });

  it('asks at least once, and for no other address, when all events come at once', async () => {
    const events = [track(1), deactivate(2), track(3), track(4, { first_name: 'Robert' })];
    await Promise.all([...events, ...events].map(update));
    assert.deepEqual(new Set(emails()), new Set([BOB]));
    assert.deepEqual(await pending(), []);
  });

  it('asks each list once, also one that is added later, with the next report', async () => {
    const second: MailIntegration = { ...LIST, list: 'list-2' };
    await update(track(1));
    await putProject([LIST, second]);
    assert.equal(published.length, 1);
    await update(deactivate(2));
    assert.equal(published.length, 1, 'a deactivation is no consent');
    await update(track(3));
    await update(track(4));
    assert.deepEqual(
      published.map(({ request }) => request.list),
      ['list-1', 'list-2'],
    );
  });

  it(`makes one request of ${MANY} reports with as many addresses, and lets the last of them wait`, async () => {
    for (let index = 0; index < MANY; index += 1) await update(track(index, { admin_email: `a${index}@example.org` }));
    assert.deepEqual(emails(), ['a0@example.org']);
    assert.deepEqual(await pending(), [`a${MANY - 1}@example.org`]);
    assert.equal(await counted(), 1);
  });

  it('makes one request of them when they come at once, too', async () => {
    const reports = Array.from({ length: MANY / 2 }, (_, index) =>
      track(index, { admin_email: `a${index}@example.org` }),
    );
    await Promise.all(reports.map(update));
    assert.equal(new Set(emails()).size, 1);
    const [site] = await sites();
    assert.equal(site?.askedMail?.length, 1);
  });

  it('lets what is above the cap of its project wait, for all lists together', async () => {
    await putProject([LIST, { ...LIST, list: 'list-2' }], 3);
    for (const site of ['one', 'two', 'three']) {
      const event = track(1, { url: `https://${site}.example.org` });
      await update({ ...event, id: `of-${site}` });
    }
    assert.deepEqual(
      published.map(({ request }) => `${request.site} ${request.list}`),
      ['one.example.org list-1', 'one.example.org list-2', 'two.example.org list-1'],
    );
    assert.equal((await pending()).length, 2);
  });

  it('goes on from what earlier versions wrote, who kept the address in the request', async () => {
    const working = subscribers;
    subscribers = { publish: () => Promise.reject(new Error('down')) };
    await assert.rejects(update(track(1)));
    const pendingMail = [{ eventId: 'track-1', receivedAt: at(1), email: BOB, firstName: null, lastName: null }];
    const earlier = { $set: { pendingMail }, $unset: { mailDueAt: 1, askedMail: 1 } };
    await latest.db.collection('sites').updateOne({}, earlier);
    subscribers = working;
    await update(deactivate(2));
    assert.deepEqual(emails(), [BOB]);
    assert.deepEqual(await pending(), []);
  });

  describe('through Pub/Sub', () => {
    let pubsub: PubSub;
    let subscription: Subscription;
    let name: string;

    beforeEach(async () => {
      pubsub = new PubSub({ projectId: process.env.GOOGLE_CLOUD_PROJECT ?? '' });
      name = `subscribers-${randomUUID()}`;
      await pubsub.createTopic(name);
      [subscription] = await pubsub.createSubscription(name, name);
    });
    afterEach(async () => {
      await subscription.close();
      await subscription.delete();
      await pubsub.topic(name).delete();
      await pubsub.close();
    });

    it('publishes keys alone, and the event and its time as attributes', async () => {
      const topic: Subscribers = openTopic({ projectId: pubsub.projectId, topic: name });
      const messages: Message[] = [];
      subscription.on('message', (message) => {
        message.ack();
        messages.push(message);
      });
      subscribers = topic;
      await update(track(1, { first_name: 'Bob', last_name: 'Ross' }));
      await topic.close();
      const [message] = await until(() => messages.length > 0 && messages, { what: 'the message' });
      assert.deepEqual(message?.attributes, { eventId: 'track-1', receivedAt: at(1) });
      assert.deepEqual(JSON.parse(String(message?.data)), {
        ...OF_SITE,
        provider: 'mailchimp',
        list: 'list-1',
        eventId: 'track-1',
        address: addressDigest(TEST_PROJECT.hash, BOB),
      });
      assert.doesNotMatch(`${message?.data}${JSON.stringify(message?.attributes)}`, /bob|ross|@/i);
    });

    it('keeps the request while the topic is not there', async () => {
      const topic: Subscribers = openTopic({ projectId: pubsub.projectId, topic: `no-${name}` });
      subscribers = topic;
      await assert.rejects(update(track(1)), /topic no-.* failed/);
      await topic.close();
      assert.deepEqual(await pending(), [BOB]);
    });
  });
});

describe('the mail of a site', () => {
  const LISTS: MailIntegration[] = [LIST, { ...LIST, list: 'list-2' }];
  const PROJECT = { ...TEST_PROJECT, mailIntegrations: LISTS };
  const WEEK_MS = 7 * DAY * 1000;
  const dayOf = (day: number) => new Date(Date.parse(at(0)) + day * DAY * 1000);

  interface Arrival {
    kind: Kind;
    day: number;
    email: string;
  }

  /** How the function ends that works on an event: well, told that nothing is out, or killed before or after it is. */
  const faults = fc.constantFrom('none', 'none', 'none', 'refused', 'killed before', 'killed after');
  const arrivals = fc.array(
    fc.record({
      kind: fc.constantFrom('track' as const, 'track' as const, 'tracking-skipped' as const),
      day: fc.constantFrom(0, 1, 5, 6, 8, 13, 20),
      email: fc.constantFrom(BOB, 'BOB@example.org', NEW, 'a1@example.org'),
      fault: faults,
    }),
    { minLength: 1, maxLength: 10 },
  );

  const meanings = new Map<string, Meaning>();
  /** What an event means; the same of one kind, day and address is the same event. */
  function meaningOf({ kind, day, email }: { kind: Kind; day: number; email: string }): Meaning {
    const id = `${kind}-${day}-${email}`;
    const payload = kind === 'track' ? { admin_email: email } : {};
    const meaning =
      meanings.get(id) ??
      interpret(capturedEvent(kind, { id, receivedAt: dayOf(day).toISOString(), payload }), { project: PROJECT });
    meanings.set(id, meaning);
    return meaning;
  }

  /** A site, and whoever works on it with stores that fail as they are told. */
  function openSite() {
    const sent: { list: string; email: string | undefined }[] = [];
    let site: SiteDocument | undefined;
    let optOut: string | undefined;
    const storesWith = (fault: string) => {
      let isKilled = false;
      return {
        sites: {
          change: async (_: string, merge: (known: SiteDocument) => SiteDocument) => {
            if (isKilled) throw new Error('killed');
            site = site && merge(site);
            return site;
          },
        },
        mailQuotas: { take: async () => true },
        now: () => new Date(0),
        subscribers: {
          publish: async (request: SubscriberRequest) => {
            isKilled = fault.startsWith('killed');
            if (fault === 'refused' || fault === 'killed before') throw new Error(fault);
            sent.push({ list: request.list, email: NAMES.get(request.address) });
            if (isKilled) throw new Error(fault);
          },
        },
      };
    };
    const publish = async (time: Date, fault: string) =>
      site && publishPendingMail(site, PROJECT, time, storesWith(fault));
    return {
      sent,
      known: () => site,
      publish,
      /** As process-event does. */
      work: async (event: Arrival, fault: string) => {
        const { report, optOut: skipped } = meaningOf(event);
        if (report) site = mergeSite(site, { ...report, report, mailLists: LISTS, filterable: [] });
        if (skipped) optOut = [optOut ?? '', stampOf(skipped)].sort().at(-1);
        if (site && optOut) site = mergeOptOut(site, optOut);
        await publish(dayOf(event.day), fault);
      },
    };
  }

  /** Delivers until each is worked on, what failed once more in the end; then sweeps, week by week. */
  async function deliver(list: (Arrival & { fault: string })[]) {
    const site = openSite();
    const again: Arrival[] = [];
    for (const event of list) await site.work(event, event.fault).catch(() => again.push(event));
    for (const event of again) await site.work(event, 'none');
    for (let week = 5; week < 12; week += 1) await site.publish(dayOf(7 * week), 'none');
    return site;
  }

  const track = (day: number, email: string): Arrival => ({ kind: 'track', day, email });
  const sentTo = ({ sent }: ReturnType<typeof openSite>) => sent.map(({ list, email }) => `${list} ${email}`);

  it('is asked for once more at an address that comes back, when whoever noted it died, and nobody knows whether it is out', async () => {
    const site = openSite();
    await assert.rejects(site.work(track(0, BOB), 'killed before'));
    await site.work(track(1, NEW), 'none');
    assert.deepEqual(sentTo(site), [], 'for all one knows Bob has mail');
    await site.work(track(2, BOB), 'none');
    assert.deepEqual(sentTo(site), [`list-1 ${BOB}`, `list-2 ${BOB}`]);
  });

  it('goes to another address at once when it is known that nothing is out', async () => {
    const site = openSite();
    await assert.rejects(site.work(track(0, BOB), 'refused'));
    await site.work(track(1, NEW), 'none');
    assert.deepEqual(sentTo(site), [`list-1 ${NEW}`, `list-2 ${NEW}`]);
  });

  it('is due to nobody while the site is opted out', async () => {
    const site = openSite();
    await assert.rejects(site.work(track(0, BOB), 'refused'));
    assert.ok(site.known()?.mailDueAt);
    await site.work({ kind: 'tracking-skipped', day: 1, email: '' }, 'none');
    assert.equal(site.known()?.mailDueAt, undefined);
    await site.publish(dayOf(20), 'none');
    assert.deepEqual(sentTo(site), []);
    await site.work(track(2, BOB), 'none');
    assert.equal(site.sent.length, 2);
  });

  it('asks each list for the address that it ends with, once and at one new address a week, whatever the order and the failures', () =>
    fc.assert(
      fc.asyncProperty(
        arrivals.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
        async ([list, shuffled]) => {
          const inOrder = await deliver(list.map((each) => ({ ...each, fault: 'none' })));
          const { sent, known } = await deliver(shuffled);
          const site = known();
          const { adminEmail, optedOut, askedMail = [], pendingMail: waiting = [] } = site ?? {};
          assert.deepEqual([adminEmail, optedOut], [inOrder.known()?.adminEmail, inOrder.known()?.optedOut]);
          if (site && !optedOut) {
            assert.deepEqual(waiting, []);
            const asked = sent.filter(({ email }) => email === adminEmail?.toLowerCase()).map((each) => each.list);
            assert.deepEqual([...new Set(asked)].sort(), LISTS.map((each) => each.list).sort());
          }
          if (shuffled.every(({ fault }) => !fault.startsWith('killed'))) {
            assert.equal(new Set(sent.map(({ list: name, email }) => `${name} ${email}`)).size, sent.length, 'once');
          }
          const firsts = new Map<string, number>();
          for (const { address, askedAt } of askedMail) {
            firsts.set(address, Math.min(firsts.get(address) ?? Number.POSITIVE_INFINITY, askedAt.getTime()));
          }
          const times = [...firsts.values()].sort((one, other) => one - other);
          for (const [index, time] of times.entries()) {
            if (index > 0) assert.ok(time - (times[index - 1] as number) >= WEEK_MS, 'one new address a week');
          }
          const met = new Set(shuffled.map(({ fault }) => fault));
          // one that is refused takes the note with it that an earlier one may be out
          if (met.has('killed after') && met.has('refused')) return;
          assert.ok(sent.every(({ email }) => firsts.has(addressDigest(PROJECT.hash, email ?? ''))));
        },
      ),
      { numRuns: IS_PROOF ? 100 : 25 },
    ));
});
