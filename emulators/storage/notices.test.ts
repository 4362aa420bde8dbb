import assert from 'node:assert/strict';
import { type Bucket, Storage } from '@google-cloud/storage';
import { until } from '../../shared/testing/until.ts';
import type { Emulator } from '../emulator.ts';
import { startStorage } from './index.ts';

const topic = 'projects/p/topics/objects';

interface Message {
  topic: string;
  attributes: Record<string, string>;
  data: string;
}

describe('notifications', () => {
  let emulator: Emulator;
  let bucket: Bucket;
  let published: Message[];

  beforeEach(async () => {
    published = [];
    emulator = await startStorage({
      publish: async (name, { attributes, data }) => published.push({ topic: name, attributes, data: String(data) }),
    });
    const storage = new Storage({ projectId: 'p', apiEndpoint: emulator.url, useAuthWithCustomEndpoint: false });
    storage.baseUrl = `${emulator.url}/storage/v1`;
    storage.apiEndpoint = emulator.url;
    bucket = storage.bucket('noted');
    await bucket.create();
  });
  afterEach(() => emulator.stop());

  const messages = (count: number) =>
    until(() => (published.length >= count ? published : undefined), { what: `${count} messages` });

  it('keeps a config as it was made, under its own number', async () => {
    const [, made] = await bucket.createNotification(topic, {
      eventTypes: ['OBJECT_FINALIZE'],
      objectNamePrefix: 'track/',
      customAttributes: { mesh: 'm' },
      payloadFormat: 'NONE',
    });
    const { selfLink, etag, ...config } = made as Record<string, unknown>;
    assert.deepEqual(config, {
      kind: 'storage#notification',
      id: '1',
      topic: `//pubsub.googleapis.com/${topic}`,
      payload_format: 'NONE',
      event_types: ['OBJECT_FINALIZE'],
      object_name_prefix: 'track/',
      custom_attributes: { mesh: 'm' },
    });
    assert.equal(selfLink, `${emulator.url}/storage/v1/b/noted/notificationConfigs/1`);
    assert.ok(etag);
    await bucket.createNotification(topic);
    assert.deepEqual(
      (await bucket.getNotifications())[0].map(({ id }) => id),
      ['1', '2'],
    );
    assert.equal((await bucket.notification('2').getMetadata())[0].topic, `//pubsub.googleapis.com/${topic}`);
    await bucket.notification('2').delete();
    assert.deepEqual(await bucket.notification('2').exists(), [false]);
    await bucket.createNotification(topic);
    assert.deepEqual(
      (await bucket.getNotifications())[0].map(({ id }) => id),
      ['1', '3'],
    );
  });

  it('takes a topic with the service in front too', async () => {
    const body = JSON.stringify({ topic: `//pubsub.googleapis.com/${topic}`, payload_format: 'NONE' });
    const made = await fetch(`${emulator.url}/b/noted/notificationConfigs`, { method: 'POST', body });
    assert.equal(made.status, 200);
    await bucket.file('x').save('x', { resumable: false });
    assert.equal((await messages(1))[0]?.topic, topic);
  });

  it('say that an object was finalized as the service says it', async () => {
    await bucket.createNotification(topic, { eventTypes: ['OBJECT_FINALIZE'], customAttributes: { mesh: 'm' } });
    const file = bucket.file('track/ü 1.json');
    await file.save('{}', { resumable: false, metadata: { contentType: 'application/json', metadata: { k: 'v' } } });
    const [message] = await messages(1);
    assert.ok(message);
    const { metadata } = file;
    const { eventTime, ...attributes } = message.attributes;
    assert.equal(message.topic, topic);
    assert.deepEqual(attributes, {
      mesh: 'm',
      bucketId: 'noted',
      eventType: 'OBJECT_FINALIZE',
      notificationConfig: 'projects/_/buckets/noted/notificationConfigs/1',
      objectGeneration: metadata.generation,
      objectId: 'track/ü 1.json',
      payloadFormat: 'JSON_API_V1',
    });
    assert.match(String(eventTime), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    const path = 'b/noted/o/track%2F%C3%BC%201.json';
    const expected = {
      kind: 'storage#object',
      id: `noted/track/ü 1.json/${metadata.generation}`,
      selfLink: `https://www.googleapis.com/storage/v1/${path}`,
      name: 'track/ü 1.json',
      bucket: 'noted',
      generation: metadata.generation,
      metageneration: '1',
      contentType: 'application/json',
      timeCreated: metadata.timeCreated,
      updated: metadata.updated,
      storageClass: 'STANDARD',
      timeStorageClassUpdated: metadata.timeCreated,
      size: '2',
      md5Hash: metadata.md5Hash,
      mediaLink: `https://storage.googleapis.com/download/storage/v1/${path}?generation=${metadata.generation}&alt=media`,
      crc32c: metadata.crc32c,
      etag: metadata.etag,
      metadata: { k: 'v' },
    };
    assert.equal(message.data, `${JSON.stringify(expected, null, 2)}\n`);
  });

  it('name both generations when an object is replaced', async () => {
    await bucket.createNotification(topic);
    const file = bucket.file('x');
    await file.save('1', { resumable: false });
    const first = file.metadata.generation;
    await file.save('2', { resumable: false });
    const second = file.metadata.generation;
    const [, deleted, finalized] = await messages(2);
    assert.equal(deleted?.attributes.eventType, 'OBJECT_DELETE');
    assert.equal(deleted?.attributes.objectGeneration, first);
    assert.equal(deleted?.attributes.overwrittenByGeneration, second);
    assert.equal(finalized?.attributes.eventType, 'OBJECT_FINALIZE');
    assert.equal(finalized?.attributes.objectGeneration, second);
    assert.equal(finalized?.attributes.overwroteGeneration, first);
  });

  it('go out for the asked events and names only, and without data when asked so', async () => {
    await bucket.createNotification(topic, { objectNamePrefix: 'a/', payloadFormat: 'NONE' });
    await bucket.createNotification(topic, { eventTypes: ['OBJECT_DELETE'], objectNamePrefix: 'b/' });
    for (const name of ['a/1', 'b/1', 'c/1']) await bucket.file(name).save('x', { resumable: false });
    const lost = bucket.file('a/1').save('x', { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } });
    await assert.rejects(lost);
    for (const name of ['b/1', 'c/1']) await bucket.file(name).delete();
    await messages(2);
    const seen = published.map(({ attributes, data }) => [attributes.eventType, attributes.objectId, data !== '']);
    assert.deepEqual(seen, [
      ['OBJECT_FINALIZE', 'a/1', false],
      ['OBJECT_DELETE', 'b/1', true],
    ]);
  });
});
