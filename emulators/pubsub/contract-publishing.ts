import assert from 'node:assert/strict';
import { itUnlessGoogle, type Target } from './contract-target.ts';

/** Topics and Publish. */
export function describePublishing(target: Target): void {
  describe('topics', () => {
    topicsAreKept(target);
    topicsRefuse(target);
  });
  describe('publish', () => {
    publishRefusesAlways(target);
    publishKeepsLimits(target);
  });
}

function topicsAreKept(target: Target): void {
  it('are made once, found, and deleted once', async () => {
    const name = await target.topic();
    const [topic] = await target.publisher.getTopic({ topic: name });
    assert.equal(topic.name, name);
    await assert.rejects(target.publisher.createTopic({ name }), { code: 6 });
    await target.publisher.deleteTopic({ topic: name });
    await assert.rejects(target.publisher.getTopic({ topic: name }), { code: 5 });
    await assert.rejects(target.publisher.deleteTopic({ topic: name }), { code: 5 });
  });

  it('are there for exists() and get({autoCreate}) of the client', async () => {
    const topic = target.pubsub.topic(`auto-${Date.now()}`);
    assert.deepEqual(await topic.exists(), [false]);
    await topic.get({ autoCreate: true });
    assert.deepEqual(await topic.exists(), [true]);
  });

  it('are listed page by page', async () => {
    const names = [await target.topic(), await target.topic(), await target.topic()];
    const [first, , { nextPageToken }] = await target.publisher.listTopics(
      { project: 'projects/contract', pageSize: 2 },
      { autoPaginate: false },
    );
    assert.equal(first.length, 2);
    assert.ok(nextPageToken);
    const [all] = await target.publisher.listTopics({ project: 'projects/contract' });
    for (const name of names) assert.ok(all.some((topic) => topic.name === name));
  });

  for (const name of ['projects/contract/topics/1a', 'projects/contract/topics/ab', 'topics/abc', 'abc'])
    it(`have no name like ${name}`, () => assert.rejects(target.publisher.createTopic({ name }), { code: 3 }));
}

function topicsRefuse(target: Target): void {
  itUnlessGoogle(target, 'takes them', 'refuse what is not served here with UNIMPLEMENTED', async () => {
    const create = (rest: object) => target.publisher.createTopic({ name: 'projects/contract/topics/other', ...rest });
    await assert.rejects(create({ kmsKeyName: 'k' }), { code: 12 });
    await assert.rejects(create({ schemaSettings: { schema: 'projects/p/schemas/s' } }), { code: 12 });
    await assert.rejects(create({ messageRetentionDuration: { seconds: 600 } }), { code: 12 });
    await assert.rejects(target.pubsub.createSchema('schema', 'AVRO', '{}'), { code: 12 });
  });
}

function publishRefusesAlways(target: Target): void {
  it('gives each message an id of its own, in order', async () => {
    const ids = await target.publish(await target.topic(), 'a', 'b', 'c');
    assert.equal(new Set(ids).size, 3);
    for (const id of ids) assert.match(id, /^\d+$/);
  });

  it('refuses a topic that is not there', () =>
    assert.rejects(target.publish('projects/contract/topics/absent', 'a'), { code: 5 }));

  for (const { title, messages } of [
    { title: 'no message', messages: [] },
    { title: 'an empty message', messages: [{ data: Buffer.from('a') }, { data: Buffer.alloc(0) }] },
    { title: '1,001 messages', messages: Array.from({ length: 1001 }, () => ({ data: Buffer.from('a') })) },
  ])
    it(`refuses ${title}`, async () => {
      const topic = await target.topic();
      await assert.rejects(target.publisher.publish({ topic, messages }), { code: 3 });
    });
}

function publishKeepsLimits(target: Target): void {
  for (const { title, messages } of [
    { title: 'a key of 257 bytes', messages: [{ attributes: { [`${'ü'.repeat(128)}k`]: '' } }] },
    { title: 'an empty key', messages: [{ attributes: { '': 'v' } }] },
    { title: 'a value of 1,025 bytes', messages: [{ attributes: { k: 'v'.repeat(1025) } }] },
    {
      title: '101 attributes',
      messages: [{ attributes: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`k${i}`, ''])) }],
    },
    { title: 'a key that begins with goog', messages: [{ attributes: { googx: '' } }] },
    { title: 'a request of more than 10 MB', messages: [{ data: Buffer.alloc(10_000_000) }] },
  ])
    itUnlessGoogle(target, 'does not check it', `refuses ${title}`, async () => {
      const topic = await target.topic();
      await assert.rejects(target.publisher.publish({ topic, messages }), { code: 3 });
    });

  itUnlessGoogle(target, 'takes it', 'refuses an ordering key with UNIMPLEMENTED', async () => {
    const topic = await target.topic();
    const messages = [{ data: Buffer.from('a'), orderingKey: 'k' }];
    await assert.rejects(target.publisher.publish({ topic, messages }), { code: 12 });
  });

  it('takes a message of almost 10 MB, and delivers it whole', async () => {
    const topic = await target.topic();
    const subscription = await target.subscription(topic);
    const large = Buffer.alloc(9_900_000, 'x');
    await target.publisher.publish({ topic, messages: [{ data: large }] });
    const [received] = await target.take(subscription);
    assert.ok(large.equals(received?.message?.data as Buffer));
  });
}
