import assert from 'node:assert/strict';
import { itUnlessGoogle, type Target } from './contract-target.ts';

const seconds = (value: number) => ({ seconds: value });

/** How subscriptions are made and changed. */
export function describeSubscriptions(target: Target): void {
  describe('subscriptions', () => {
    lifeOfSubscriptions(target);
    refusedSubscriptions(target);
    changesOfSubscriptions(target);
  });
}

function lifeOfSubscriptions(target: Target): void {
  it('are made with the defaults of the service', async () => {
    const topic = await target.topic();
    const name = await target.subscription(topic, { retryPolicy: {}, deadLetterPolicy: { deadLetterTopic: topic } });
    const [shown] = await target.subscriber.getSubscription({ subscription: name });
    assert.equal(shown.topic, topic);
    assert.equal(shown.ackDeadlineSeconds, 10);
    assert.equal(String(shown.messageRetentionDuration?.seconds), '604800');
    assert.equal(shown.deadLetterPolicy?.maxDeliveryAttempts, 5);
    assert.equal(String(shown.retryPolicy?.minimumBackoff?.seconds), '10');
    assert.equal(String(shown.retryPolicy?.maximumBackoff?.seconds), '600');
  });

  it('are made once, listed, and deleted with what they hold', async () => {
    const topic = await target.topic();
    const name = await target.subscription(topic);
    await assert.rejects(target.subscriber.createSubscription({ name, topic }), { code: 6 });
    const [all] = await target.subscriber.listSubscriptions({ project: 'projects/contract' });
    assert.ok(all.some((subscription) => subscription.name === name));
    await target.publish(topic, 'a');
    await target.subscriber.deleteSubscription({ subscription: name });
    await assert.rejects(target.subscriber.pull({ subscription: name, maxMessages: 1 }), { code: 5 });
    await target.subscriber.createSubscription({ name, topic });
    assert.deepEqual(await target.backlog(name), []);
  });

  it('need topics that are there', async () => {
    const topic = await target.topic();
    const absent = 'projects/contract/topics/absent';
    await assert.rejects(target.subscription(absent), { code: 5 });
    await assert.rejects(target.subscription(topic, { deadLetterPolicy: { deadLetterTopic: absent } }), { code: 5 });
  });

  it('outlive their topic', async () => {
    const topic = await target.topic();
    const subscription = await target.subscription(topic);
    await target.publish(topic, 'a');
    await target.publisher.deleteTopic({ topic });
    const [shown] = await target.subscriber.getSubscription({ subscription });
    assert.equal(shown.topic, '_deleted-topic_');
    assert.equal((await target.take(subscription)).length, 1);
  });
}

function refusedSubscriptions(target: Target): void {
  for (const { title, config } of [
    { title: 'retention under 10 minutes', config: { messageRetentionDuration: seconds(599) } },
    { title: 'retention over 31 days', config: { messageRetentionDuration: seconds(31 * 86_400 + 1) } },
    { title: 'an ack deadline over 600 s', config: { ackDeadlineSeconds: 601 } },
    { title: 'a backoff over 600 s', config: { retryPolicy: { minimumBackoff: seconds(601) } } },
    { title: 'a maximum backoff under the minimum', config: { retryPolicy: { maximumBackoff: seconds(9) } } },
    { title: 'an endpoint that is no URL', config: { pushConfig: { pushEndpoint: 'somewhere' } } },
  ])
    it(`refuse ${title}`, async () => {
      await assert.rejects(target.subscription(await target.topic(), config), { code: 3 });
    });

  for (const { title, config } of [
    { title: 'an ack deadline under 10 s', config: { ackDeadlineSeconds: 9 } },
    { title: 'an expiration under a day', config: { expirationPolicy: { ttl: seconds(86_399) } } },
    { title: 'a filter that cannot be read', config: { filter: 'attributes.a' } },
    {
      title: 'an unknown push attribute',
      config: { pushConfig: { pushEndpoint: 'http://h/', attributes: { a: '' } } },
    },
    { title: 'an endpoint behind TLS', config: { pushConfig: { pushEndpoint: 'https://h/' } } },
    { title: 'a push without wrapper', config: { pushConfig: { pushEndpoint: 'http://h/', noWrapper: {} } } },
    { title: 'a token without an account', config: { pushConfig: { pushEndpoint: 'http://h/', oidcToken: {} } } },
  ])
    itUnlessGoogle(target, 'takes it', `refuse ${title}`, async () => {
      await assert.rejects(target.subscription(await target.topic(), config), { code: 3 });
    });

  for (const maxDeliveryAttempts of [4, 101])
    itUnlessGoogle(target, 'has another code', `refuse ${maxDeliveryAttempts} delivery attempts`, async () => {
      const topic = await target.topic();
      const deadLetterPolicy = { deadLetterTopic: topic, maxDeliveryAttempts };
      await assert.rejects(target.subscription(topic, { deadLetterPolicy }), { code: 3 });
    });

  itUnlessGoogle(target, 'takes some of them', 'refuse what is not served here with UNIMPLEMENTED', async () => {
    const topic = await target.topic();
    const subscription = await target.subscription(topic);
    const snapshot = 'projects/contract/snapshots/abc';
    await assert.rejects(target.subscription(topic, { enableExactlyOnceDelivery: true }), { code: 12 });
    await assert.rejects(target.subscription(topic, { retainAckedMessages: true }), { code: 12 });
    await assert.rejects(target.subscription(topic, { bigqueryConfig: { table: 'p.d.t' } }), { code: 12 });
    await assert.rejects(target.subscriber.createSnapshot({ name: snapshot, subscription }), { code: 12 });
    await assert.rejects(target.subscription(topic, { enableMessageOrdering: true }), { code: 12 });
    await assert.rejects(target.subscriber.seek({ subscription, time: seconds(1) }), { code: 12 });
    await assert.rejects(target.publisher.updateTopic({ topic: { name: topic }, updateMask: { paths: ['labels'] } }), {
      code: 12,
    });
    await assert.rejects(target.publisher.listTopicSubscriptions({ topic }), { code: 12 });
    await assert.rejects(target.publisher.detachSubscription({ subscription }), { code: 12 });
  });
}

function changesOfSubscriptions(target: Target): void {
  it('change the fields of the mask, and no other', async () => {
    const topic = await target.topic();
    const name = await target.subscription(topic, { retryPolicy: {} });
    const asked = { name, ackDeadlineSeconds: 20, retryPolicy: { minimumBackoff: seconds(1) } };
    const update = (...paths: string[]) =>
      target.subscriber.updateSubscription({ subscription: asked, updateMask: { paths } });
    const [first] = await update('ack_deadline_seconds');
    assert.equal(first.ackDeadlineSeconds, 20);
    assert.equal(String(first.retryPolicy?.minimumBackoff?.seconds), '10');
    const [second] = await update('retry_policy', 'dead_letter_policy');
    assert.equal(String(second.retryPolicy?.minimumBackoff?.seconds), '1');
    for (const path of ['filter', 'topic', 'ackDeadlineSeconds', 'nonsense']) {
      await assert.rejects(update(path), { code: 3 });
    }
    await assert.rejects(update(), { code: 3 });
  });

  it('change through setMetadata of the client', async () => {
    const topic = await target.topic();
    const subscription = target.pubsub.subscription(await target.subscription(topic));
    await subscription.setMetadata({ ackDeadlineSeconds: 30, deadLetterPolicy: { deadLetterTopic: topic } });
    const [shown] = await subscription.getMetadata();
    assert.equal(shown.ackDeadlineSeconds, 30);
    assert.equal(shown.deadLetterPolicy?.maxDeliveryAttempts, 5);
  });
}
