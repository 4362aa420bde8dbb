import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import sinon from 'sinon';
import { checkSubscription } from './config.ts';
import { State } from './state.ts';
import type { Delivery, Subscription } from './subscription.ts';

const TOPIC = 'projects/p/topics/ttt';
const SUBSCRIPTION = 'projects/p/subscriptions/sss';

async function openState(dataDir?: string, maxBacklogBytes?: number): Promise<State> {
  const state = await State.open(dataDir, maxBacklogBytes);
  state.createTopic({ name: TOPIC });
  const config = { name: SUBSCRIPTION, topic: TOPIC, messageRetentionDuration: { seconds: '600' } };
  state.createSubscription(checkSubscription(config));
  return state;
}

const drafts = (count: number, data = 'YQ==') => Array.from({ length: count }, () => ({ data, attributes: {} }));

describe('State', () => {
  it('refuses to hold more than a limit of bytes, until some are acknowledged', async () => {
    const state = await openState(undefined, 28_000);
    state.publish(TOPIC, drafts(29, 'A'.repeat(1000)));
    state.publish(TOPIC, drafts(1, 'A'.repeat(1000)));
    assert.throws(() => state.publish(TOPIC, drafts(1)), { code: 8 });
    const subscription = state.subscription(SUBSCRIPTION);
    state.remove(subscription, [...subscription.messages()]);
    state.publish(TOPIC, drafts(1));
    await state.close();
  });

  it('drops messages that are older than the retention', async () => {
    const clock = sinon.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'], now: Date.now() });
    try {
      const state = await openState();
      state.publish(TOPIC, drafts(2));
      clock.tick(300_000);
      const kept = state.publish(TOPIC, drafts(1));
      clock.tick(361_000);
      assert.deepEqual(idsOf(state.subscription(SUBSCRIPTION)), kept);
      await state.close();
    } finally {
      clock.restore();
    }
  });

  it('uses its file again for what comes after what is gone, and has all that is left after the next start', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'pubsub-'));
    try {
      const state = await openState(dataDir);
      const subscription = state.subscription(SUBSCRIPTION);
      let left: string[] = [];
      for (let round = 0; round < 30; round++) {
        left = state.publish(TOPIC, drafts(1000));
        if (round < 29) for (const message of [...subscription.messages()]) state.remove(subscription, [message]);
      }
      const { size } = statSync(join(dataDir, 'data.mdb'));
      assert.ok(size < 4_000_000, `${size} bytes`);
      await state.close();
      const again = await State.open(dataDir);
      assert.deepEqual(idsOf(again.subscription(SUBSCRIPTION)), left);
      await again.close();
    } finally {
      rmSync(dataDir, { recursive: true });
    }
  });

  it('has, after any changes and at any moment, all of itself in the file', async () => {
    const step = fc.record({ op: fc.constantFrom('publish', 'remove', 'fail', 'delete', 'dead letter'), n: fc.nat(9) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const dataDir = mkdtempSync(join(tmpdir(), 'pubsub-'));
        try {
          const state = await openState(dataDir);
          const deadLetterPolicy = { deadLetterTopic: TOPIC, maxDeliveryAttempts: 5 };
          state.createSubscription(checkSubscription({ name: `${SUBSCRIPTION}2`, topic: TOPIC, deadLetterPolicy }));
          for (const { op, n } of steps) change(state, op, n);
          const copy = mkdtempSync(join(tmpdir(), 'pubsub-'));
          cpSync(dataDir, copy, { recursive: true });
          const killed = await State.open(copy);
          assert.deepEqual(contentOf(killed), contentOf(state));
          await Promise.all([killed.close(), state.close()]);
          rmSync(copy, { recursive: true });
        } finally {
          rmSync(dataDir, { recursive: true });
        }
      }),
      { numRuns: 30 },
    );
  });
});

function change(state: State, op: string, n: number): void {
  const subscription = state.subscriptions.get(n % 2 ? SUBSCRIPTION : `${SUBSCRIPTION}2`);
  if (op === 'publish') state.publish(TOPIC, drafts(n));
  if (subscription === undefined) return;
  const message = [...subscription.messages()][n];
  if (op === 'delete' && n === 0) state.deleteSubscription(subscription.config.name);
  if (op === 'remove' && message) state.remove(subscription, [message]);
  if (op === 'fail') nackAll(subscription);
  if (op === 'dead letter') for (let attempt = 1; attempt <= 5; attempt++) nackAll(subscription);
}

/** Takes all that is ready now, and gives it back or keeps it. */
function takeAll(subscription: Subscription): Delivery[] {
  const taken: Delivery[] = [];
  const consumer = {
    hasRoom: () => true,
    ackDeadlineMs: () => 60_000,
    deliver: (delivery: Delivery) => taken.push(delivery),
    flush() {},
    settled() {},
    end() {},
  };
  subscription.addConsumer(consumer);
  subscription.deal();
  subscription.removeConsumer(consumer);
  return taken;
}

function nackAll(subscription: Subscription): void {
  for (const { ackId } of takeAll(subscription)) subscription.modifyAckDeadline(ackId, 0);
}

const idsOf = (subscription: Subscription) => [...subscription.messages()].map(({ id }) => id);

const contentOf = (state: State) =>
  [...state.subscriptions].map(([name, subscription]) => [
    name,
    idsOf(subscription),
    // without a policy failures are not kept
    takeAll(subscription)
      .map(({ message, attempt }) => `${message.id} ${subscription.config.deadLetterPolicy ? attempt : ''}`)
      .sort(),
  ]);
