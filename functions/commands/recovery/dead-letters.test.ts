import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type Message, PubSub } from '@google-cloud/pubsub';
import { until } from '../../../shared/testing/until.ts';
import { readMesh, subscriptionsOf } from '../../mesh.ts';
import { capturedRun } from '../../testing/captured-run.ts';

const ADDRESS = 'ada@example.org';
const OBJECT = 'track/2026/03/09/07/track-of-letters-1.json';

describe('sitebeat dead-letters', () => {
  // the names of topics are the mesh's own: another project for each test
  let projectId: string;
  let pubsub: PubSub;
  beforeEach(async () => {
    projectId = `letters-${randomBytes(4).toString('hex')}`;
    pubsub = new PubSub({ projectId });
    for (const { name, topic, deadLetter } of subscriptionsOf(readMesh())) {
      await pubsub.createTopic(topic);
      await pubsub.createTopic(deadLetter);
      await pubsub.createSubscription(deadLetter, deadLetter);
      const deadLetterPolicy = { deadLetterTopic: pubsub.topic(deadLetter).name, maxDeliveryAttempts: 5 };
      await pubsub.createSubscription(topic, name, { deadLetterPolicy });
    }
  });
  afterEach(async () => {
    for (const topic of (await pubsub.getTopics())[0]) await topic.delete();
    for (const subscription of (await pubsub.getSubscriptions())[0]) await subscription.delete();
    await pubsub.close();
  });

  const run = (...args: string[]) => capturedRun(['dead-letters', ...args], { GOOGLE_CLOUD_PROJECT: projectId });
  const json = async (...args: string[]) => {
    const { exitCode, stdout, stderr } = await run(...args, '--json');
    assert.equal(exitCode, 0, stderr);
    return JSON.parse(stdout);
  };
  const messageOf = (object: string) => ({
    json: { admin_email: ADDRESS },
    attributes: { bucketId: 'archive', objectId: object, eventType: 'OBJECT_FINALIZE' },
  });

  /** A function that fails, until a message is given up. */
  const giveUp = async (count: number) => {
    for (let n = 1; n <= count; n += 1) {
      await pubsub.topic('objects').publishMessage(messageOf(OBJECT.replace('-1.', `-${n}.`)));
    }
    const failing = pubsub.subscription('process-event');
    const attempts: number[] = [];
    failing.on('message', (message: Message) => {
      attempts.push(message.deliveryAttempt);
      message.nack();
    });
    await until(() => attempts.filter((attempt) => attempt === 5).length === count);
    await failing.close();
  };
  /** What a topic's function gets next. */
  const received = async (name: string, count: number) => {
    const subscription = pubsub.subscription(name);
    const messages: Message[] = [];
    subscription.on('message', (message: Message) => {
      messages.push(message);
      message.ack();
    });
    await until(() => messages.length >= count);
    await subscription.close();
    return messages;
  };

  it('says which there are, and takes none away', async () => {
    await giveUp(2);
    await pubsub.topic('notify-mail-dead-letter').publishMessage({
      json: { email: ADDRESS, site: 'ada.example.org' },
      attributes: { eventId: 'track-of-letters-3', receivedAt: '2026-03-09T07:05:06.789Z' },
    });
    const letters = (await json('list')) as Record<string, unknown>[];
    assert.deepEqual(letters.map((letter) => [letter.function, letter.deliveries, letter.eventId]).sort(), [
      ['notify-mail', null, 'track-of-letters-3'],
      ['process-event', 5, 'track-of-letters-1'],
      ['process-event', 5, 'track-of-letters-2'],
    ]);
    assert.equal((await json('list', '--subscription', 'process-event', '--limit', '1')).length, 1);
    const { stdout } = await run('list');
    assert.equal(stdout.trim().split('\n').length, 1 + 3);
    assert.match(stdout, new RegExp(`process-event +5 +\\S+Z +${OBJECT}`));
    assert.ok(!`${stdout}${JSON.stringify(letters)}`.includes(ADDRESS));
  });

  it('shows what is known of one, and never what it holds', async () => {
    await giveUp(1);
    const [{ message }] = (await json('list')) as [{ message: string }];
    const { exitCode, stdout, stderr } = await run('show', message);
    assert.equal(exitCode, 0, stderr);
    for (const line of [
      /^function +process-event$/m,
      /^deliveries +5$/m,
      new RegExp(`^object +${OBJECT}$`, 'm'),
      /jsonPayload\.eventId="track-of-letters-1"/,
    ])
      assert.match(stdout, line);
    assert.ok(!`${stdout}${stderr}`.includes(ADDRESS));
    const missing = await run('show', '0');
    assert.equal(missing.exitCode, 1);
  });

  it('sends them to their topic again, as they were, and counts them', async () => {
    await giveUp(3);
    const some = await run('redrive', '--limit', '2');
    assert.equal(some.stdout, '2 dead letters were sent again\n');
    assert.equal(some.stderr, 'process-event: there may be more than these 2 (--limit)\n');
    const rest = await run('redrive');
    assert.deepEqual([rest.stdout, rest.stderr], ['1 dead letters were sent again\n', '']);
    assert.deepEqual(await json('redrive'), { redriven: 0 });
    const messages = await received('process-event', 3);
    const wanted = [1, 2, 3].map((n) => messageOf(OBJECT.replace('-1.', `-${n}.`)));
    assert.deepEqual(
      messages
        .map(({ data, attributes }) => ({ json: JSON.parse(data.toString('utf8')), attributes }))
        .sort((one, other) => ((one.attributes.objectId ?? '') < (other.attributes.objectId ?? '') ? -1 : 1)),
      wanted,
    );
  });

  it('removes them for good, of one function alone when asked', async () => {
    await giveUp(2);
    await pubsub.topic('notify-mail-dead-letter').publishMessage({ json: {}, attributes: { eventId: 'kept' } });
    assert.deepEqual(await json('discard', '--subscription', 'process-event-dead-letter', '--yes'), { discarded: 2 });
    assert.deepEqual(
      (await json('list')).map(({ eventId }: { eventId: string }) => eventId),
      ['kept'],
    );
  });

  it('asks before it removes them, and removes none after a no', async () => {
    await giveUp(1);
    const env = { GOOGLE_CLOUD_PROJECT: projectId };
    const no = await capturedRun(['dead-letters', 'discard'], env, 'n');
    assert.equal(no.exitCode, 1);
    assert.match(no.stderr, /Remove 1 dead letters for good\? \[y\/N\]/);
    const yes = await capturedRun(['dead-letters', 'discard', '--limit', '1'], env, 'y');
    assert.deepEqual([yes.exitCode, yes.stdout], [0, '1 dead letters were removed\n']);
  });

  it('says when there are none', async () => assert.equal((await run('list')).stdout, 'no dead letters\n'));

  it('goes by the functions that are deployed, and says which is not', async () => {
    await pubsub.subscription('notify-mail-dead-letter').delete();
    await pubsub
      .topic('process-event-dead-letter')
      .publishMessage({ json: {}, attributes: { eventId: 'some-event-1' } });
    const { exitCode, stdout, stderr } = await run('list');
    assert.equal(exitCode, 0, stderr);
    assert.match(stdout, /some-event-1/);
    assert.match(stderr, /^notify-mail: no subscription notify-mail-dead-letter here/);
    assert.deepEqual(await json('redrive'), { redriven: 1 });
  });

  it('ends with 1 where nothing holds dead letters, as in a wrong project', async () => {
    const { exitCode, stderr } = await capturedRun(['dead-letters', 'redrive'], { GOOGLE_CLOUD_PROJECT: 'another' });
    assert.equal(exitCode, 1);
    assert.match(stderr, /^sitebeat: nothing holds dead letters here/m);
  });

  it('refuses a function that is behind no topic', async () =>
    assert.equal((await run('list', '--subscription', 'collect')).exitCode, 2));
});
