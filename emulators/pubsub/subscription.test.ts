import assert from 'node:assert/strict';
import fc from 'fast-check';
import sinon from 'sinon';
import { checkSubscription } from './config.ts';
import { unavailable } from './errors.ts';
import type { Message } from './message.ts';
import { type Consumer, type Delivery, Subscription } from './subscription.ts';

/** Takes so many at a time, and keeps what it gets. */
class TestConsumer implements Consumer {
  room: number;
  got: Delivery[] = [];
  settledIds: string[] = [];
  ended: string | undefined;

  constructor(room = Number.POSITIVE_INFINITY) {
    this.room = room;
  }

  hasRoom() {
    return this.got.length - this.settledIds.length < this.room;
  }
  ackDeadlineMs() {
    return 10_000;
  }
  deliver(delivery: Delivery) {
    this.got.push(delivery);
  }
  flush() {}
  settled({ message }: Delivery) {
    this.settledIds.push(message.id);
  }
  end({ message }: Error) {
    this.ended = message;
  }
  get ids() {
    return this.got.map(({ message }) => message.id);
  }
  get last(): Delivery {
    return this.got.at(-1) ?? assert.fail('nothing was delivered');
  }
}

const idsOf = (subscription: Subscription, ackIds: string[]) => subscription.messagesOf(ackIds).map(({ id }) => id);
const heldBy = (subscription: Subscription) => [...subscription.messages()].length;

describe('Subscription', () => {
  let clock: sinon.SinonFakeTimers;
  let ackIds = 0;
  let failed: number[];
  beforeEach(() => {
    clock = sinon.useFakeTimers();
    failed = [];
  });
  afterEach(() => clock.restore());

  const subscribe = (config = {}) =>
    new Subscription(checkSubscription({ name: 'projects/p/subscriptions/sss', topic: 't', ...config }), {
      nextAckId: () => `a-${ackIds++}`,
      failed: (_, __, failures) => {
        failed.push(failures);
        return false;
      },
    });
  const message = (id: string): Message => ({
    id,
    publishedAt: Number(id),
    data: '',
    attributes: {},
    bytes: 0,
    holders: 0,
  });
  const withMessages = (count: number, config = {}) => {
    const subscription = subscribe(config);
    for (let id = 0; id < count; id++) subscription.add(message(String(id)), 0);
    return subscription;
  };
  const seconds = (n: number) => ({ seconds: String(n) });

  it('gives a message again when its ack deadline is over, not before', () => {
    const [subscription, consumer] = [withMessages(1), new TestConsumer()];
    subscription.addConsumer(consumer);
    clock.tick(9_999);
    assert.deepEqual(consumer.ids, ['0']);
    clock.tick(2);
    assert.deepEqual(consumer.ids, ['0', '0']);
    assert.deepEqual(failed, [1]);
    assert.equal(consumer.last.attempt, 2);
  });

  it('takes an acknowledgement that is late, as long as the message is not out again', () => {
    const [subscription, consumer] = [withMessages(1), new TestConsumer(1)];
    subscription.addConsumer(consumer);
    clock.tick(1);
    const { ackId } = consumer.last;
    subscription.removeConsumer(consumer);
    clock.tick(60_000);
    assert.deepEqual(idsOf(subscription, [ackId]), ['0']);
    subscription.addConsumer(consumer);
    clock.tick(1);
    assert.deepEqual(idsOf(subscription, [ackId]), []);
    assert.deepEqual(idsOf(subscription, [consumer.last.ackId]), ['0']);
  });

  it('moves the deadline, and passes over one that is over', () => {
    const [subscription, consumer] = [withMessages(1), new TestConsumer()];
    subscription.addConsumer(consumer);
    clock.tick(5_000);
    const { ackId } = consumer.last;
    subscription.modifyAckDeadline(ackId, 60);
    clock.tick(59_000);
    assert.equal(consumer.got.length, 1);
    subscription.modifyAckDeadline(ackId, 0);
    subscription.modifyAckDeadline(ackId, 600);
    clock.tick(1);
    assert.equal(consumer.got.length, 2);
    clock.tick(10_001);
    assert.equal(consumer.got.length, 3);
  });

  it('waits as the retry policy says, from minimum to maximum, each message for itself', () => {
    const retryPolicy = { minimumBackoff: seconds(10), maximumBackoff: seconds(25) };
    const [subscription, consumer] = [withMessages(2, { retryPolicy }), new TestConsumer()];
    subscription.addConsumer(consumer);
    clock.tick(1);
    for (const { ackId } of [...consumer.got])
      subscription.modifyAckDeadline(ackId, ackId === consumer.last.ackId ? 600 : 0);
    for (const [i, delayMs] of [10_000, 20_000, 25_000, 25_000].entries()) {
      clock.tick(delayMs - 1);
      assert.equal(consumer.got.length, 2 + i);
      clock.tick(2);
      assert.equal(consumer.got.length, 3 + i);
      subscription.modifyAckDeadline(consumer.last.ackId, 0);
    }
  });

  it('gives each consumer as much as it has room for, in turn', () => {
    const consumers = [new TestConsumer(2), new TestConsumer(100), new TestConsumer(100)];
    const subscription = withMessages(10);
    for (const consumer of consumers) subscription.addConsumer(consumer);
    clock.tick(1);
    assert.deepEqual(consumers.map(({ got }) => got.length).sort(), [2, 4, 4]);
    assert.equal(new Set(consumers.flatMap(({ ids }) => ids)).size, 10);
  });

  it('gives more once something is settled', () => {
    const [subscription, consumer] = [withMessages(3), new TestConsumer(1)];
    subscription.addConsumer(consumer);
    clock.tick(1);
    subscription.remove('0');
    clock.tick(1);
    assert.deepEqual(consumer.ids, ['0', '1']);
    assert.deepEqual(consumer.settledIds, ['0']);
  });

  it('keeps what a consumer that went away has, until its deadline', () => {
    const [subscription, first, second] = [withMessages(1), new TestConsumer(), new TestConsumer()];
    subscription.addConsumer(first);
    clock.tick(1);
    subscription.removeConsumer(first);
    subscription.addConsumer(second);
    clock.tick(9_000);
    assert.deepEqual(second.ids, []);
    clock.tick(1_001);
    assert.deepEqual(second.ids, ['0']);
  });

  it('delivers nothing once it has ended, to those that come then either', () => {
    const [subscription, first, second] = [withMessages(1), new TestConsumer(0), new TestConsumer()];
    subscription.addConsumer(first);
    subscription.end(unavailable());
    subscription.addConsumer(second);
    clock.tick(1);
    assert.deepEqual([first.ended, second.ended, second.got.length], [unavailable().message, unavailable().message, 0]);
  });

  it('names what was published before a time', () => {
    assert.deepEqual(
      withMessages(5)
        .publishedBefore(3)
        .map(({ id }) => id),
      ['0', '1', '2'],
    );
  });

  it('delivers every message until it is removed, whatever happens in between', () =>
    fc.assert(
      fc.property(
        fc.array(fc.record({ op: fc.constantFrom('add', 'ack', 'nack', 'wait', 'extend', 'remove'), n: fc.nat(20) })),
        (steps) => {
          const subscription = subscribe();
          const consumer = new TestConsumer(3);
          const held = new Set<string>();
          subscription.addConsumer(consumer);
          let id = 0;
          for (const { op, n } of steps) {
            const delivery = consumer.got[n % (consumer.got.length || 1)];
            if (op === 'add') {
              held.add(String(id));
              subscription.add(message(String(id++)), 0);
            } else if (op === 'wait') clock.tick(n * 1000);
            else if (op === 'remove') {
              held.delete(String(n));
              subscription.remove(String(n));
            } else if (delivery === undefined) continue;
            else if (op === 'nack') subscription.modifyAckDeadline(delivery.ackId, 0);
            else if (op === 'extend') subscription.modifyAckDeadline(delivery.ackId, 30);
            else {
              for (const { id: acked } of subscription.messagesOf([delivery.ackId])) {
                held.delete(acked);
                subscription.remove(acked);
              }
            }
          }
          for (let i = 0; i < 200 && held.size > 0; i++) {
            clock.tick(31_000);
            for (const { ackId } of consumer.got) {
              for (const { id: acked } of subscription.messagesOf([ackId])) {
                held.delete(acked);
                subscription.remove(acked);
              }
            }
          }
          assert.equal(held.size, 0);
          assert.equal(heldBy(subscription), 0);
          assert.equal(consumer.settledIds.length, consumer.got.length);
        },
      ),
      { numRuns: 200 },
    ));
});
