import assert from 'node:assert/strict';
import { freePort } from '../../shared/testing/free-port.ts';
import { until } from '../../shared/testing/until.ts';
import { checkSubscription } from './config.ts';
import { type PushEndpoint, startPushEndpoint } from './contract-endpoint.ts';
import { createPusher, type Pusher } from './push.ts';
import { Subscription } from './subscription.ts';

const heldBy = (subscription: Subscription) => [...subscription.messages()].length;

describe('createPusher', () => {
  let endpoint: PushEndpoint;
  let pusher: Pusher;
  let subscription: Subscription;
  let settled: string[];
  let ids = 0;
  beforeEach(async () => {
    endpoint = await startPushEndpoint(await freePort());
    settled = [];
    const config = { name: 'projects/p/subscriptions/sss', pushConfig: { pushEndpoint: endpoint.url } };
    subscription = new Subscription(checkSubscription(config), {
      nextAckId: () => `a-${ids++}`,
      failed: () => false,
    });
    pusher = createPusher((_, ackId, acknowledged) => {
      settled.push(acknowledged ? 'acknowledged' : 'failed');
      if (!acknowledged) subscription.modifyAckDeadline(ackId, 0);
      else for (const { id } of subscription.messagesOf([ackId])) subscription.remove(id);
    });
  });
  afterEach(async () => {
    subscription.stopClocks();
    await pusher.stop(0);
    await endpoint.stop();
  });

  const add = (count: number) => {
    for (let i = 0; i < count; i++) {
      const rest = { publishedAt: 0, data: 'YQ==', attributes: {}, bytes: 1, holders: 0 };
      subscription.add({ id: String(ids++), ...rest }, 0);
    }
  };
  const arrived = (count: number) => until(() => endpoint.requests.length >= count, { what: `${count} pushes` });

  /** Holds every push, and lets all that are there go with a status. */
  function hold() {
    let waiting: ((status: number) => void)[] = [];
    endpoint.answer = () => new Promise((resolve) => waiting.push(resolve));
    return (status: number) => {
      const released = waiting;
      waiting = [];
      for (const resolve of released) resolve(status);
      return released.length;
    };
  }

  it('begins with two pushes at a time, doubles while all goes well, up to 100', async () => {
    const release = hold();
    add(600);
    pusher.attach(subscription);
    let total = 0;
    for (const expected of [2, 4, 8, 16, 32, 64, 100, 100]) {
      total += expected;
      await arrived(total);
      assert.equal(release(200), expected);
    }
    assert.equal(endpoint.requests.length, total);
  });

  it('halves with every failure, down to one at a time', async () => {
    const release = hold();
    add(100);
    pusher.attach(subscription);
    await arrived(2);
    release(200);
    await arrived(6);
    release(200);
    await arrived(14);
    release(500);
    await until(() => settled.length === 14);
    await arrived(15);
    assert.equal(release(200), 1);
    await arrived(17);
    assert.equal(release(200), 2);
  });

  it('breaks a push off at the ack deadline, which counts as a failure', async () => {
    hold();
    subscription.config = { ...subscription.config, ackDeadlineSeconds: 0.05 };
    add(1);
    pusher.attach(subscription);
    await arrived(3);
    assert.deepEqual(settled, []);
  });

  it('waits when stopped for what is in flight, and begins nothing new', async () => {
    const release = hold();
    add(10);
    pusher.attach(subscription);
    await arrived(2);
    const stopped = pusher.stop(5_000);
    pusher.attach(subscription);
    release(200);
    await stopped;
    assert.deepEqual(settled, ['acknowledged', 'acknowledged']);
    assert.equal(endpoint.requests.length, 2);
    assert.equal(heldBy(subscription), 8);
  });

  it('waits no longer than the deadline, and lets go of the connections', async () => {
    hold();
    add(1);
    pusher.attach(subscription);
    await arrived(1);
    await pusher.stop(10);
    assert.deepEqual(settled, []);
    assert.equal(heldBy(subscription), 1);
  });

  it('goes on with what is in flight to the endpoint before, and sends the rest to the new one', async () => {
    const release = hold();
    add(4);
    pusher.attach(subscription);
    await arrived(2);
    const next = await startPushEndpoint();
    subscription.config = { ...subscription.config, pushConfig: { pushEndpoint: next.url } };
    pusher.attach(subscription);
    await until(() => next.requests.length === 2);
    release(200);
    await until(() => heldBy(subscription) === 0);
    assert.equal(endpoint.requests.length, 2);
    await next.stop();
  });

  it('outlives an endpoint that closes its idle connections', async () => {
    pusher.attach(subscription);
    add(1);
    await until(() => settled.length === 1);
    const port = Number(new URL(endpoint.url).port);
    await endpoint.stop();
    endpoint = await startPushEndpoint(port);
    add(1);
    await until(() => settled.at(-1) === 'acknowledged' && heldBy(subscription) === 0);
  });
});
