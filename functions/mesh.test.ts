import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { OBJECTS_TOPIC } from '../shared/stores/topics/notifications.ts';
import { type Mesh, parseMesh, readMesh, subscriptionsOf, topicsOf } from './mesh.ts';

describe('mesh.json', () => {
  const copy = (): Mesh => structuredClone(JSON.parse(JSON.stringify(readMesh())));

  it('has an entry for every function', () => {
    for (const { name } of readMesh().functions)
      assert.ok(existsSync(new URL(`./${name}/index.ts`, import.meta.url)), name);
  });

  it('lets nobody but collect be called by anybody', () => {
    const open = readMesh().functions.filter(({ trigger }) => trigger.http === 'public');
    assert.deepEqual(
      open.map(({ name }) => name),
      ['collect'],
    );
  });

  it('gives each function behind the archive its filter, deadline and dead letter', () => {
    assert.deepEqual(subscriptionsOf(readMesh())[0], {
      name: 'process-event',
      topic: 'objects',
      filter:
        'hasPrefix(attributes.objectId, "track/") OR hasPrefix(attributes.objectId, "deactivate/") OR hasPrefix(attributes.objectId, "tracking-skipped/")',
      ackDeadlineSeconds: 60,
      minBackoffSeconds: 10,
      maxBackoffSeconds: 600,
      maxDeliveryAttempts: 100,
      deadLetter: 'process-event-dead-letter',
    });
    assert.equal(topicsOf(readMesh())[0], 'objects');
  });

  it('lets the archive tell the topic to which reconcile publishes', () =>
    assert.equal(readMesh().notificationTopic, OBJECTS_TOPIC));

  it('keeps every filter within the 256 bytes that Pub/Sub allows', () => {
    for (const { filter } of subscriptionsOf(readMesh())) assert.ok(Buffer.byteLength(filter ?? '') <= 256);
  });

  for (const { title, change, says } of [
    {
      title: 'a trigger too many',
      change: (mesh: Mesh) => Object.assign(mesh.functions[0]?.trigger ?? {}, { topic: 'objects' }),
      says: /exactly one trigger/,
    },
    {
      title: 'a subscriber without a delivery policy',
      change: (mesh: Mesh) => delete mesh.functions[1]?.delivery,
      says: /delivery policy/,
    },
    {
      title: 'an unknown access',
      change: (mesh: Mesh) => Object.assign(mesh.functions[0] ?? {}, { access: ['everything'] }),
      says: /access/,
    },
    {
      title: 'access to a topic that no function is behind',
      change: (mesh: Mesh) => Object.assign(mesh.functions[0] ?? {}, { access: ['topic.nowhere'] }),
      says: /topic\.nowhere/,
    },
    {
      title: 'a field that nothing reads',
      change: (mesh: Mesh) => Object.assign(mesh.functions[0] ?? {}, { colour: 'red' }),
      says: /colour/,
    },
    {
      title: 'too many attempts',
      change: (mesh: Mesh) => Object.assign(mesh.functions[1]?.delivery ?? {}, { maxDeliveryAttempts: 101 }),
      says: /maxDeliveryAttempts/,
    },
  ])
    it(`refuses ${title}`, () => {
      const mesh = copy();
      change(mesh);
      assert.throws(() => parseMesh(mesh), says);
    });
});
