import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import sinon from 'sinon';
import { checkSubscription } from './config.ts';
import { State } from './state.ts';

const TOPIC = 'projects/p/topics/ttt';
const SUBSCRIPTION = 'projects/p/subscriptions/sss';

async function openState(dataDir?: string): Promise<State> {
  const state = await State.open(dataDir);
  await state.createTopic({ name: TOPIC });
  const config = { name: SUBSCRIPTION, topic: TOPIC, messageRetentionDuration: { seconds: '600' } };
  await state.createSubscription(checkSubscription(config));
  return state;
}

const drafts = (count: number, data = 'YQ==') =>
  Array.from({ length: count }, () => ({ data, attributes: {}, orderingKey: '' }));

describe('State', () => {
  it('refuses to hold more than a limit of bytes, until some are acknowledged', async () => {
    const state = await openState();
    const large = 'A'.repeat(12_000_000);
    await state.publish(TOPIC, drafts(30, large));
    await assert.rejects(state.publish(TOPIC, drafts(1)), { code: 8 });
    const subscription = state.subscription(SUBSCRIPTION);
    await state.remove(subscription, [...subscription.messages()]);
    await state.publish(TOPIC, drafts(1));
    await state.close();
  });

  it('drops messages that are older than the retention', async () => {
    const clock = sinon.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'], now: Date.now() });
    try {
      const state = await openState();
      await state.publish(TOPIC, drafts(2));
      clock.tick(300_000);
      const kept = await state.publish(TOPIC, drafts(1));
      clock.tick(361_000);
      assert.deepEqual([...state.subscription(SUBSCRIPTION).messages()], kept);
      await state.close();
    } finally {
      clock.restore();
    }
  });

  it('compacts its file while it runs, and has all that is left after the next start', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'pubsub-'));
    try {
      const state = await openState(dataDir);
      const subscription = state.subscription(SUBSCRIPTION);
      let left: string[] = [];
      for (let round = 0; round < 30; round++) {
        left = await state.publish(TOPIC, drafts(1000));
        if (round < 29) await Promise.all(left.map((id) => state.remove(subscription, [id])));
      }
      const lines = readFileSync(join(dataDir, 'pubsub.jsonl'), 'utf8').split('\n').length;
      assert.ok(lines < 25_000, `${lines} lines`);
      await state.close();
      const again = await State.open(dataDir);
      assert.deepEqual([...again.subscription(SUBSCRIPTION).messages()], left);
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
          await state.createSubscription(
            checkSubscription({ name: `${SUBSCRIPTION}2`, topic: TOPIC, deadLetterPolicy }),
          );
          for (const { op, n } of steps) await change(state, op, n);
          // in order behind all that was not waited for
          await state.updateTopic({ name: TOPIC });
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

async function change(state: State, op: string, n: number): Promise<void> {
  const subscription = state.subscriptions.get(n % 2 ? SUBSCRIPTION : `${SUBSCRIPTION}2`);
  if (op === 'publish') await state.publish(TOPIC, drafts(n));
  if (subscription === undefined) return;
  const id = [...subscription.messages()][n];
  if (op === 'delete' && n === 0) await state.deleteSubscription(subscription.config.name);
  if (id === undefined) return;
  if (op === 'remove') await state.remove(subscription, [id]);
  const message = { id, data: '', attributes: {}, orderingKey: '', publishedAt: 0, bytes: 0, holders: 1 };
  if (op === 'fail') {
    subscription.setFailures(id, n % 5);
    state.failed(subscription, message, n % 5);
  }
  if (op === 'dead letter') state.failed(subscription, message, 5);
}

const contentOf = (state: State) =>
  [...state.subscriptions].map(([name, subscription]) => [
    name,
    [...subscription.messages()].map((id) => {
      // without a policy failures are not kept
      return [id, subscription.config.deadLetterPolicy ? subscription.failuresOf(id) : 0];
    }),
  ]);
