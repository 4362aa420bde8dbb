import assert from 'node:assert/strict';
import { until } from '../../shared/testing/until.ts';
import { itUnlessGoogle, type Target, textOf } from './contract-target.ts';

/** Pull, Acknowledge, ModifyAckDeadline, redelivery, dead letters, filters. */
export function describePulling(target: Target): void {
  describe('pull', () => {
    pullAndAcknowledge(target);
    redelivery(target);
    notDelivered(target);
  });
  describe('dead letters', () => deadLetters(target));
}

function pullAndAcknowledge(target: Target): void {
  it('gives data, attributes, id and time, and nothing any more once acknowledged', async () => {
    const topic = await target.topic();
    const subscription = await target.subscription(topic);
    const message = { data: Buffer.from([0, 255, 7]), attributes: { a: 'ü', b: '' } };
    const before = Date.now();
    const [{ messageIds }] = await target.publisher.publish({ topic, messages: [message] });
    const received = await target.take(subscription);
    const { data, attributes, messageId, publishTime } = received[0]?.message ?? {};
    assert.deepEqual({ data, attributes, messageId }, { ...message, messageId: messageIds?.[0] });
    const publishedAt = Number(publishTime?.seconds) * 1000 + Number(publishTime?.nanos) / 1e6;
    assert.ok(publishedAt >= before && publishedAt <= Date.now());
    assert.equal(received[0]?.deliveryAttempt, 0);
    await target.acknowledge(subscription, received);
    await target.acknowledge(subscription, received);
    await target.modifyAckDeadline(subscription, received, 0);
    assert.deepEqual(await target.backlog(subscription), []);
  });

  it('gives each subscription of a topic each message, from its making on', async () => {
    const topic = await target.topic();
    const [one, two] = [await target.subscription(topic), await target.subscription(topic)];
    await target.publish(topic, 'a', 'b');
    const late = await target.subscription(topic);
    assert.deepEqual((await target.take(one, 2)).map(textOf), ['a', 'b']);
    assert.deepEqual((await target.take(two, 2)).map(textOf), ['a', 'b']);
    assert.deepEqual(await target.backlog(late), []);
  });

  it('waits for a message that comes', async () => {
    const topic = await target.topic();
    const subscription = await target.subscription(topic);
    // an empty answer may come before it
    const pulled = until(async () => {
      const [{ receivedMessages }] = await target.subscriber.pull({ subscription, maxMessages: 1 });
      return receivedMessages?.length ? receivedMessages : undefined;
    });
    await target.publish(topic, 'a');
    assert.deepEqual((await pulled).map(textOf), ['a']);
  });

  it('refuses wrong requests with INVALID_ARGUMENT', async () => {
    const subscription = await target.subscription(await target.topic());
    await assert.rejects(target.subscriber.pull({ subscription, maxMessages: 0 }), { code: 3 });
    await assert.rejects(target.subscriber.acknowledge({ subscription, ackIds: ['non sense'] }), { code: 3 });
    await assert.rejects(target.subscriber.acknowledge({ subscription, ackIds: [] }), { code: 3 });
  });
}

function redelivery(target: Target): void {
  it('gives a message again at once after a nack, and when its deadline is over', async () => {
    const topic = await target.topic();
    const subscription = await target.subscription(topic);
    await target.publish(topic, 'a');
    const first = await target.take(subscription);
    assert.deepEqual(await target.backlog(subscription), []);
    await target.modifyAckDeadline(subscription, first, 0);
    const second = await target.take(subscription);
    assert.notEqual(second[0]?.ackId, first[0]?.ackId);
    await target.modifyAckDeadline(subscription, second, 1);
    const before = Date.now();
    await target.take(subscription);
    assert.ok(Date.now() - before > 700);
  });

  it('passes over a modack that comes after the nack', async () => {
    const topic = await target.topic();
    const subscription = await target.subscription(topic);
    await target.publish(topic, 'a');
    const first = await target.take(subscription);
    await target.modifyAckDeadline(subscription, first, 0);
    await target.modifyAckDeadline(subscription, first, 10);
    assert.deepEqual(await target.backlog(subscription), ['a']);
  });

  itUnlessGoogle(target, 'answers with nothing', 'is refused for a push subscription', async () => {
    const config = { pushConfig: { pushEndpoint: 'http://127.0.0.1:1/' } };
    const subscription = await target.subscription(await target.topic(), config);
    await assert.rejects(target.subscriber.pull({ subscription, maxMessages: 1 }), { code: 9 });
  });

  itUnlessGoogle(
    target,
    'has other delays',
    'backs off as the retry policy says, twice as long each time',
    async () => {
      const topic = await target.topic();
      const retryPolicy = { minimumBackoff: { nanos: 50e6 }, maximumBackoff: { seconds: 1 } };
      const subscription = await target.subscription(topic, { retryPolicy });
      await target.publish(topic, 'a');
      let received = await target.take(subscription);
      for (const delayMs of [50, 100, 200]) {
        const before = Date.now();
        await target.modifyAckDeadline(subscription, received, 0);
        received = await target.take(subscription);
        assert.ok(Date.now() - before >= delayMs - 5);
      }
    },
  );
}

function notDelivered(target: Target): void {
  itUnlessGoogle(target, 'ignored before gcloud 555', 'gives what the filter matches only', async () => {
    const topic = await target.topic();
    const filter = 'hasPrefix(attributes.objectId, "track/") AND NOT attributes.eventType = "OBJECT_DELETE"';
    const subscription = await target.subscription(topic, { filter });
    const objects = ['track/1', 'deactivate/2', 'track/3'];
    const messages = objects.map((objectId) => ({ attributes: { objectId, eventType: 'OBJECT_FINALIZE' } }));
    messages.push({ attributes: { objectId: 'track/4', eventType: 'OBJECT_DELETE' } });
    await target.publisher.publish({ topic, messages });
    const received = await target.take(subscription, 2);
    assert.deepEqual(
      received.map(({ message }) => message?.attributes?.objectId),
      ['track/1', 'track/3'],
    );
    assert.deepEqual(await target.backlog(subscription), []);
  });
}

function deadLetters(target: Target): void {
  it('leave after exactly so many deliveries, with where they come from', async () => {
    const [topic, deadLetterTopic] = [await target.topic(), await target.topic()];
    const letters = await target.subscription(deadLetterTopic);
    const subscription = await target.subscription(topic, {
      deadLetterPolicy: { deadLetterTopic, maxDeliveryAttempts: 6 },
    });
    const messages = [{ data: Buffer.from('a'), attributes: { k: 'v' } }];
    const [{ messageIds }] = await target.publisher.publish({ topic, messages });
    for (let attempt = 1; attempt <= 6; attempt++) {
      const received = await target.take(subscription);
      assert.equal(received[0]?.deliveryAttempt, attempt);
      await target.modifyAckDeadline(subscription, received, 0);
    }
    // Google's emulator moves a dead letter when its subscription is pulled next
    assert.deepEqual(await target.backlog(subscription), []);
    const { message } = (await target.take(letters))[0] ?? {};
    assert.equal(String(message?.data), 'a');
    assert.notEqual(message?.messageId, messageIds?.[0]);
    const { CloudPubSubDeadLetterSourceTopicPublishTime: publishedAt, ...attributes } = message?.attributes ?? {};
    assert.deepEqual(attributes, {
      k: 'v',
      CloudPubSubDeadLetterSourceDeliveryCount: '6',
      CloudPubSubDeadLetterSourceSubscription: subscription.split('/').at(-1),
      CloudPubSubDeadLetterSourceSubscriptionProject: 'contract',
    });
    assert.match(String(publishedAt), target.full ? /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00$/ : /Z$/);
  });

  itUnlessGoogle(target, 'does not give it again', 'stay where they are while their topic is gone', async () => {
    const [topic, deadLetterTopic] = [await target.topic(), await target.topic()];
    const subscription = await target.subscription(topic, { deadLetterPolicy: { deadLetterTopic } });
    await target.publisher.deleteTopic({ topic: deadLetterTopic });
    await target.publish(topic, 'a');
    for (let attempt = 1; attempt <= 6; attempt++) {
      await target.modifyAckDeadline(subscription, await target.take(subscription), 0);
    }
    await target.publisher.createTopic({ name: deadLetterTopic });
    const letters = await target.subscription(deadLetterTopic);
    await target.modifyAckDeadline(subscription, await target.take(subscription), 0);
    const { message } = (await target.take(letters))[0] ?? {};
    assert.equal(message?.attributes?.CloudPubSubDeadLetterSourceDeliveryCount, '7');
  });
}
