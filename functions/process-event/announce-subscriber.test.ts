import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type Message, PubSub, type Subscription } from '@google-cloud/pubsub';
import type { StoredEvent } from '../../shared/event/envelope.ts';
import type { SubscriberRequest } from '../../shared/event/subscriber.ts';
import type { MailIntegration } from '../../shared/project/project.ts';
import { TransientError } from '../../shared/runtime/errors.ts';
import type { Latest } from '../../shared/stores/mongodb.ts';
import type { ProjectDocument } from '../../shared/stores/projects.ts';
import type { SiteDocument } from '../../shared/stores/sites.ts';
import { openTopic } from '../../shared/stores/topics.ts';
import { capturedEvent, TEST_PROJECT } from '../../shared/testing/events.ts';
import { ownDatabase } from '../../shared/testing/stores.ts';
import { until } from '../../shared/testing/until.ts';
import { updateLatest } from '../testing/update-latest.ts';
import type { Subscribers } from './announce-subscriber.ts';

const at = (second: number) => `2026-03-09T07:00:0${second}.000Z`;
const LIST: MailIntegration = { provider: 'mailchimp', list: 'list-1', enabled: true };
const BOB = 'bob@example.org';
const OF_SITE = { project: TEST_PROJECT.hash, site: 'shop.example.org' };

const track = (second: number, payload = {}) =>
  capturedEvent('track', { id: `track-${second}`, receivedAt: at(second), payload: { admin_email: BOB, ...payload } });
const deactivate = (second: number) =>
  capturedEvent('deactivate', { id: `deactivate-${second}`, receivedAt: at(second) });
const skip = (second: number) => capturedEvent('tracking-skipped', { id: `skip-${second}`, receivedAt: at(second) });

describe('announceSubscriber', () => {
  let latest: Latest;
  let published: { request: SubscriberRequest; attributes: Record<string, string> }[];
  let subscribers: Pick<Subscribers, 'publish'>;

  before(() => {
    latest = ownDatabase();
  });
  beforeEach(async () => {
    published = [];
    subscribers = { publish: async (request, attributes) => void published.push({ request, attributes }) };
    for (const name of ['sites', 'optOuts', 'projects']) await latest.db.collection(name).deleteMany({});
    await putProject([LIST]);
  });
  after(async () => {
    await latest.db.dropDatabase();
    await latest.close();
  });

  async function putProject(mailIntegrations: MailIntegration[]): Promise<void> {
    const { hash, ...project } = TEST_PROJECT;
    const projects = latest.db.collection<ProjectDocument>('projects');
    await projects.replaceOne({ _id: hash }, { ...project, mailIntegrations }, { upsert: true });
  }

  const update = (event: StoredEvent) => updateLatest(event, latest.db, subscribers);

  const emails = () => published.map(({ request }) => request.email);

  async function pending(): Promise<string[]> {
    const sites = await latest.db.collection<SiteDocument>('sites').find().toArray();
    return sites.flatMap(({ pendingMail = [] }) => pendingMail.map(({ email }) => email));
  }

  it('asks for the admin of a new site, on each list that is on', async () => {
    await putProject([
      LIST,
      { ...LIST, enabled: false, list: 'off' },
      { ...LIST, provider: 'mailjet', list: 'list-2' },
    ]);
    await update(track(1, { first_name: 'Bob', last_name: '' }));
    const request = { ...OF_SITE, eventId: 'track-1', email: BOB, firstName: 'Bob', lastName: null };
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
      title: 'asks again when another address wins',
      events: [track(1), track(2, { admin_email: 'new@example.org' })],
      asked: [BOB, 'new@example.org'],
    },
    {
      title: 'does not ask for an address that had lost when it came',
      events: [track(2, { admin_email: 'new@example.org' }), track(1)],
      asked: ['new@example.org'],
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
    await assert.rejects(update(track(2, { admin_email: 'new@example.org' })));
    assert.deepEqual(await pending(), ['new@example.org']);
    subscribers = working;
    await putProject([]);
    await update(track(3, { admin_email: 'new@example.org' }));
    assert.deepEqual(await pending(), []);
    assert.deepEqual(published, []);
  });

  it('asks at least once, and for no other address, when all events come at once', async () => {
    const events = [track(1), deactivate(2), track(3), track(4, { first_name: 'Robert' })];
    await Promise.all([...events, ...events].map(update));
    assert.deepEqual(new Set(emails()), new Set([BOB]));
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

    it('publishes JSON that says everything, and the event and its time as attributes', async () => {
      const topic: Subscribers = openTopic({ projectId: pubsub.projectId, topic: name });
      const messages: Message[] = [];
      subscription.on('message', (message) => {
        message.ack();
        messages.push(message);
      });
      subscribers = topic;
      await update(track(1, { first_name: 'Bob', last_name: 'Ross' }));
      await topic.close();
      const [message] = await until(() => messages.length > 0 && messages, { deadlineMs: 5000 });
      assert.deepEqual(message?.attributes, { eventId: 'track-1', receivedAt: at(1) });
      assert.deepEqual(JSON.parse(String(message?.data)), {
        ...OF_SITE,
        provider: 'mailchimp',
        list: 'list-1',
        email: BOB,
        firstName: 'Bob',
        lastName: 'Ross',
        eventId: 'track-1',
      });
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
