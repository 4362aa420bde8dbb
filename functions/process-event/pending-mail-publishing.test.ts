import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type Message, PubSub, type Subscription } from '@google-cloud/pubsub';
import { addressDigest } from '../../shared/event/subscriber.ts';
import { TransientError } from '../../shared/runtime/errors.ts';
import type { Subscribers } from '../../shared/stores/topics/mail-outbox.ts';
import { openTopic } from '../../shared/stores/topics/topics.ts';
import { TEST_PROJECT } from '../../shared/testing/events.ts';
import { until } from '../../shared/testing/until.ts';
import { BOB, NEW, type OwnMail, openOwnMail, track } from '../testing/own-mail.ts';
import { at, deactivate } from './testing/site-events.ts';

describe('a request to the mail lists', () => {
  let own: OwnMail;
  before(() => {
    own = openOwnMail();
  });
  beforeEach(() => own.empty());
  after(() => own.close());

  it('keeps a request through a crash before it was published, and one after', async () => {
    const working = own.subscribers;
    own.subscribers = {
      publish: () => Promise.reject(new TransientError('topic subscribers failed', { cause: undefined })),
    };
    await assert.rejects(own.update(track(1)));
    assert.deepEqual(await own.pending(), [BOB]);
    // published, and dead before it is taken off
    own.subscribers = {
      publish: async (request, attributes) => {
        await working.publish(request, attributes);
        throw new Error('killed');
      },
    };
    await assert.rejects(own.update(track(1)));
    assert.deepEqual(await own.pending(), [BOB]);
    own.subscribers = working;
    await own.update(track(1));
    await own.update(track(1));
    assert.deepEqual(await own.pending(), []);
    assert.equal(await own.counted(), 1, 'a retry is not counted again');
    const [first, second] = own.published;
    assert.equal(own.published.length, 2);
    assert.deepEqual(first, second, 'a double is the same to the byte, and so is its Idempotency-Key');
  });

  it('lets the next event of the site publish what an earlier one could not', async () => {
    const working = own.subscribers;
    own.subscribers = { publish: () => Promise.reject(new Error('down')) };
    await assert.rejects(own.update(track(1)));
    own.subscribers = working;
    await own.update(track(2));
    assert.deepEqual(
      own.published.map(({ request }) => request.eventId),
      ['track-1'],
    );
  });

  it('drops what is pending for an address that lost, and for lists that were switched off', async () => {
    const working = own.subscribers;
    own.subscribers = { publish: () => Promise.reject(new Error('down')) };
    await assert.rejects(own.update(track(1)));
    await assert.rejects(own.update(track(2, { admin_email: NEW })));
    assert.deepEqual(await own.pending(), [NEW]);
    own.subscribers = working;
    await own.putProject([]);
    await own.update(track(3, { admin_email: NEW }));
    assert.deepEqual(await own.pending(), []);
    assert.deepEqual(own.published, []);
  });

  it('goes on from what earlier versions wrote, who kept the address in the request', async () => {
    const working = own.subscribers;
    own.subscribers = { publish: () => Promise.reject(new Error('down')) };
    await assert.rejects(own.update(track(1)));
    const pendingMail = [{ eventId: 'track-1', receivedAt: at(1), email: BOB, firstName: null, lastName: null }];
    const earlier = { $set: { pendingMail }, $unset: { mailDueAt: 1, askedMail: 1 } };
    await own.db.collection('sites').updateOne({}, earlier);
    own.subscribers = working;
    await own.update(deactivate(2));
    assert.deepEqual(own.emails(), [BOB]);
    assert.deepEqual(await own.pending(), []);
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
      own.subscribers = topic;
      await own.update(track(1, { first_name: 'Bob', last_name: 'Ross' }));
      await topic.close();
      const [message] = await until(() => messages.length > 0 && messages, { what: 'the message' });
      assert.deepEqual(message?.attributes, { eventId: 'track-1', receivedAt: at(1) });
      assert.deepEqual(JSON.parse(String(message?.data)), {
        project: TEST_PROJECT.hash,
        site: 'shop.example.org',
        provider: 'mailchimp',
        list: 'list-1',
        eventId: 'track-1',
        address: addressDigest(TEST_PROJECT.hash, BOB),
      });
      assert.doesNotMatch(`${message?.data}${JSON.stringify(message?.attributes)}`, /bob|ross|@/i);
    });

    it('keeps the request while the topic is not there', async () => {
      const topic: Subscribers = openTopic({ projectId: pubsub.projectId, topic: `no-${name}` });
      own.subscribers = topic;
      await assert.rejects(own.update(track(1)), /topic no-.* failed/);
      await topic.close();
      assert.deepEqual(await own.pending(), [BOB]);
    });
  });
});
