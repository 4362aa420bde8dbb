import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
});
