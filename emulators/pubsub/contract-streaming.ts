import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Message, SubscriberOptions } from '@google-cloud/pubsub';
import { until } from '../../shared/testing/until.ts';
import { DEADLINE_MS, type Received, type Target, textOf } from './contract-target.ts';

/** Listens with the official subscriber until `body` is done. */
async function listening(
  target: Target,
  subscription: string,
  options: SubscriberOptions,
  onMessage: (message: Message) => void,
  body: () => Promise<unknown>,
): Promise<void> {
  const listener = target.client().subscription(subscription, options);
  const errors: unknown[] = [];
  listener.on('error', (error) => errors.push(error));
  listener.on('message', onMessage);
  try {
    await body();
    assert.deepEqual(errors, []);
  } finally {
    await listener.close();
    await listener.pubsub.close();
  }
}

const wait = (what: string, check: () => boolean) => until(check, { deadlineMs: DEADLINE_MS, what });

/** The official subscriber: streams, flow control. */
export function describeStreaming(target: Target): void {
  describe('streams', () => {
    deliveryToStreams(target);
    framesOfStreams(target);
    endsOfStreams(target);
    absentSubscription(target);
  });
}

function deliveryToStreams(target: Target): void {
  it('get each message once, over all streams together', async () => {
    const topic = await target.topic();
    const subscription = await target.subscription(topic);
    const texts = Array.from({ length: 500 }, (_, i) => String(i));
    const seen: string[] = [];
    const onMessage = (message: Message) => {
      seen.push(String(message.data));
      message.ack();
    };
    await listening(target, subscription, {}, onMessage, async () => {
      await target.publish(topic, ...texts);
      await wait('all messages', () => seen.length >= texts.length);
    });
    assert.deepEqual(seen.sort(), texts.sort());
    assert.deepEqual(await target.backlog(subscription), []);
  });

  it('get a message again at once after an immediate nack', async () => {
    const topic = await target.topic();
    const subscription = await target.subscription(topic);
    const ids = new Map<string, number>();
    const onMessage = (message: Message) => {
      ids.set(message.id, (ids.get(message.id) ?? 0) + 1);
      if (ids.get(message.id) === 1) message.nack();
      else message.ack();
    };
    await listening(target, subscription, {}, onMessage, async () => {
      await target.publish(topic, 'a', 'b', 'c', 'd');
      await until(() => ids.size === 4 && [...ids.values()].every((n) => n === 2));
    });
  });

  it('hold no more messages than the client allows', async () => {
    const topic = await target.topic();
    const subscription = await target.subscription(topic);
    const held: Message[] = [];
    let most = 0;
    const options = {
      flowControl: { maxMessages: 2, allowExcessMessages: false },
      streamingOptions: { maxStreams: 1 },
    };
    const onMessage = (message: Message) => {
      held.push(message);
      most = Math.max(most, held.length);
    };
    let done = 0;
    await listening(target, subscription, options, onMessage, async () => {
      await target.publish(topic, 'a', 'b', 'c', 'd', 'e');
      while (done < 5) {
        await wait('the next messages', () => held.length === Math.min(2, 5 - done));
        const message = held.shift();
        message?.ack();
        done += 1;
      }
    });
    assert.equal(most, 2);
  });
}

function framesOfStreams(target: Target): void {
  it('take empty frames, and acknowledgements and deadlines of their own', async () => {
    const topic = await target.topic();
    const subscription = await target.subscription(topic);
    const stream = target.subscriber.streamingPull();
    const received: Received[] = [];
    stream.on('data', (response) => received.push(...response.receivedMessages));
    // cancelling it ends it with an error
    stream.on('error', () => {});
    stream.write({ subscription, streamAckDeadlineSeconds: 10 });
    stream.write({});
    await target.publish(topic, 'a');
    await wait('a message', () => received.length === 1);
    stream.write({ modifyDeadlineAckIds: [received[0]?.ackId ?? ''], modifyDeadlineSeconds: [0] });
    await wait('the same message', () => received.length === 2);
    stream.write({ ackIds: [received[1]?.ackId ?? ''] });
    await target.publish(topic, 'b');
    await wait('another message', () => received.length === 3);
    stream.cancel();
    assert.deepEqual(received.map(textOf), ['a', 'a', 'b']);
    await target.modifyAckDeadline(subscription, received.slice(2), 0);
    assert.deepEqual((await target.take(subscription)).map(textOf), ['b']);
  });

  for (const { title, first, second } of [
    { title: 'a deadline under 10 s', first: { streamAckDeadlineSeconds: 9 } },
    { title: 'a second frame with a subscription', second: { subscription: 'projects/contract/subscriptions/abc' } },
    { title: 'deadlines without ids', second: { modifyDeadlineSeconds: [10] } },
    { title: 'malformed ids', second: { ackIds: ['non sense'] } },
  ])
    it(`end with INVALID_ARGUMENT after ${title}`, async () => {
      const subscription = await target.subscription(await target.topic());
      const stream = target.subscriber.streamingPull();
      const failed = once(stream, 'error');
      stream.write({ subscription, streamAckDeadlineSeconds: 10, ...first });
      if (second !== undefined) stream.write(second);
      stream.resume();
      assert.equal((await failed)[0].code, 3);
    });
}

function endsOfStreams(target: Target): void {
  it('end when their subscription is deleted, or pushes', async () => {
    for (const change of ['delete', 'push']) {
      const subscription = await target.subscription(await target.topic());
      const listener = target.client().subscription(subscription, { streamingOptions: { maxStreams: 1 } });
      listener.on('message', () => {});
      const failed = once(listener, 'error');
      if (change === 'delete') await target.subscriber.deleteSubscription({ subscription });
      else {
        const pushConfig = { pushEndpoint: 'http://127.0.0.1:1/' };
        await target.subscriber.modifyPushConfig({ subscription, pushConfig });
      }
      const [error] = await failed;
      assert.equal(error.code, change === 'delete' ? 5 : 9);
      await listener.close();
      await listener.pubsub.close();
    }
  });
}

function absentSubscription(target: Target): void {
  it('end with NOT_FOUND for a subscription that is not there', async () => {
    const listener = target.client().subscription('absent');
    listener.on('message', () => {});
    const [error] = await once(listener, 'error');
    assert.equal(error.code, 5);
    await listener.close();
    await listener.pubsub.close();
  });
}
