import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../shared/testing/free-port.ts';
import { inProof } from '../../shared/testing/in-proof.ts';
import { until } from '../../shared/testing/until.ts';
import type { Emulator } from '../emulator.ts';
import { startPushEndpoint } from './contract-endpoint.ts';
import { Target, textOf } from './contract-target.ts';
import { startPubsub } from './index.ts';

describe('the embedded Pub/Sub emulator on disk', () => {
  let dataDir: string;
  let emulator: Emulator | undefined;
  let target: Target;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'pubsub-'));
  });
  afterEach(async () => {
    await target.close();
    await emulator?.stop();
    emulator = undefined;
    rmSync(dataDir, { recursive: true });
  });

  const open = async (address: string) => {
    target = new Target();
    await target.open(address);
  };
  const start = async (port?: number) => {
    emulator = await startPubsub({ dataDir, port: port ?? (await freePort()) });
    await open(emulator.url);
  };
  const restart = async () => {
    await target.close();
    await emulator?.stop();
    await start();
  };
  const files = () =>
    readdirSync(dataDir)
      .map((name) => readFileSync(join(dataDir, name), 'utf8'))
      .join('');
  const base64 = (text: string) => Buffer.from(text).toString('base64');

  async function startAlone(): Promise<ChildProcess> {
    const child = spawn(
      process.execPath,
      ['--import', 'tsx/esm', new URL('./index.ts', import.meta.url).pathname, '--data', dataDir],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [line] = await once(child.stdout ?? assert.fail(), 'data');
    await open(/PUBSUB_EMULATOR_HOST=(\S+)/.exec(String(line))?.[1] ?? /on (\S+)/.exec(String(line))?.[1] ?? '');
    return child;
  }

  inProof('has all that it acknowledged after a kill -9', async () => {
    const child = await startAlone();
    const topic = await target.topic();
    const [one, two] = [await target.subscription(topic), await target.subscription(topic, { filter: 'attributes:x' })];
    const ids = await target.publish(topic, 'a', 'b', 'c');
    await target.publisher.publish({ topic, messages: [{ attributes: { x: 'y' } }] });
    const received = await target.take(one, 2);
    await target.acknowledge(one, received);
    await target.close();
    child.kill('SIGKILL');
    await once(child, 'exit');

    await start();
    const left = await target.take(one, 2);
    assert.deepEqual(left.map(textOf), ['c', '']);
    assert.equal(left[0]?.message?.messageId, ids[2]);
    assert.equal((await target.take(two)).length, 1);
    const [id] = await target.publish(topic, 'd');
    assert.ok(Number(id) > Number(ids[2]));
  });

  inProof('ends cleanly on SIGTERM, after a kill -9 too', async () => {
    const killed = await startAlone();
    await target.close();
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    const child = await startAlone();
    const topic = await target.topic();
    const subscription = await target.subscription(topic);
    await target.publish(topic, 'kept');
    await target.close();
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
    await start();
    assert.deepEqual(await target.backlog(subscription), ['kept']);
  });

  it('remembers delivery attempts, changes and deletions over a restart', async () => {
    await start();
    const [topic, deadLetterTopic, gone] = [await target.topic(), await target.topic(), await target.topic()];
    const letters = await target.subscription(deadLetterTopic);
    const subscription = await target.subscription(topic, { deadLetterPolicy: { deadLetterTopic } });
    const deleted = await target.subscription(topic);
    const orphan = await target.subscription(gone);
    await target.subscriber.deleteSubscription({ subscription: deleted });
    await target.publisher.deleteTopic({ topic: gone });
    await target.publish(topic, 'a');
    for (let attempt = 1; attempt <= 5; attempt++) {
      const received = await target.take(subscription);
      assert.equal(received[0]?.deliveryAttempt, attempt);
      await target.modifyAckDeadline(subscription, received, 0);
      await restart();
    }
    assert.deepEqual((await target.take(letters)).map(textOf), ['a']);
    assert.deepEqual(await target.backlog(subscription), []);
    await assert.rejects(target.subscriber.getSubscription({ subscription: deleted }), { code: 5 });
    const [shown] = await target.subscriber.getSubscription({ subscription: orphan });
    assert.equal(shown.topic, '_deleted-topic_');
  });

  it('counts no attempt for what was out when it stopped, and takes no acknowledgement of before', async () => {
    await start();
    const topic = await target.topic();
    const deadLetterPolicy = { deadLetterTopic: topic };
    const subscription = await target.subscription(topic, { deadLetterPolicy });
    await target.publish(topic, 'a');
    const before = await target.take(subscription);
    await restart();
    const after = await target.take(subscription);
    assert.equal(after[0]?.deliveryAttempt, 1);
    await target.acknowledge(subscription, before);
    await target.modifyAckDeadline(subscription, after, 0);
    assert.equal((await target.take(subscription))[0]?.deliveryAttempt, 2);
  });

  it('keeps nothing of a message that all have acknowledged, nor of what was deleted', async () => {
    await start();
    const topic = await target.topic();
    const [one, two] = [await target.subscription(topic), await target.subscription(topic)];
    const doomed = await target.subscription(topic, { labels: { secret: 'label' } });
    await target.publish(topic, 'everybody', 'one-only');
    await target.acknowledge(one, await target.take(one, 2));
    await target.acknowledge(two, (await target.take(two, 2)).slice(0, 1));
    assert.ok(files().includes(base64('everybody')));
    await target.subscriber.deleteSubscription({ subscription: doomed });
    await restart();
    assert.ok(!files().includes(base64('everybody')) && !files().includes('secret'));
    assert.ok(files().includes(base64('one-only')));
    assert.deepEqual(await target.backlog(two), ['one-only']);
  });

  it('records, when it stops, the acknowledgements of the pushes that were in flight', async () => {
    const endpoint = await startPushEndpoint();
    await start();
    const topic = await target.topic();
    await target.subscription(topic, { pushConfig: { pushEndpoint: endpoint.url } });
    let answer: (status: number) => void = () => {};
    endpoint.answer = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    await target.publish(topic, 'pushed');
    await until(() => endpoint.requests.length === 1);
    await target.close();
    const stopped = emulator?.stop();
    answer(200);
    await stopped;
    assert.ok(!files().includes(base64('pushed')));
    await start();
    assert.equal(endpoint.requests.length, 1);
    await endpoint.stop();
  });

  it('pushes after a restart what it could not before', async () => {
    const endpoint = await startPushEndpoint();
    await start();
    const topic = await target.topic();
    const retryPolicy = { minimumBackoff: { seconds: 600 } };
    const subscription = await target.subscription(topic, { pushConfig: { pushEndpoint: endpoint.url }, retryPolicy });
    endpoint.answer = () => 500;
    await target.publish(topic, 'a', 'b');
    await until(() => endpoint.requests.length === 2);
    endpoint.answer = () => 204;
    await restart();
    await until(() => endpoint.requests.length === 4);
    await target.subscriber.modifyPushConfig({ subscription, pushConfig: {} });
    assert.deepEqual(await target.backlog(subscription), []);
    await endpoint.stop();
  });

  it('has subscribers of the official client go on after a restart', async () => {
    await start();
    const topic = await target.topic();
    const listener = target.client().subscription(await target.subscription(topic));
    const seen: string[] = [];
    const errors: unknown[] = [];
    listener.on('error', (error) => errors.push(error));
    listener.on('message', (message) => {
      seen.push(String(message.data));
      message.ack();
    });
    await target.publish(topic, 'before');
    await until(() => seen.length === 1);
    const port = Number(emulator?.url.split(':')[1]);
    await target.close();
    await emulator?.stop();
    await start(port);
    await target.publish(topic, 'after');
    await until(() => seen.includes('after'));
    assert.deepEqual(errors, []);
    await listener.close();
    await listener.pubsub.close();
  });

  it('says so when its port is taken', async () => {
    await start();
    const port = Number(emulator?.url.split(':')[1]);
    await assert.rejects(startPubsub({ port }), new Error(`port ${port} is already in use; choose another one`));
  });

  it('answers a pull that waits when it stops, at once', async () => {
    await start();
    const subscription = await target.subscription(await target.topic());
    const pulled = target.subscriber.pull({ subscription, maxMessages: 1 }, { retry: null });
    const [outcome] = await Promise.allSettled([pulled, emulator?.stop()]);
    emulator = undefined;
    assert.equal(outcome.status === 'rejected' ? outcome.reason.code : 0, 14);
  });
});
