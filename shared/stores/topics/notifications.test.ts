import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { PubSub, type Topic } from '@google-cloud/pubsub';
import { decodeNotification } from '../../event/notification.ts';
import { until } from '../../testing/until.ts';
import { OBJECTS_TOPIC, openNotifications } from './notifications.ts';

describe('openNotifications', () => {
  const projectId = `own-${randomBytes(6).toString('hex')}`;
  let pubsub: PubSub;
  let topic: Topic;
  before(async () => {
    pubsub = new PubSub({ projectId });
    [topic] = await pubsub.createTopic(OBJECTS_TOPIC);
  });
  after(async () => {
    await topic.delete();
    await pubsub.close();
  });

  it('tells of an object so that the functions and their filters take it for Cloud Storage', async () => {
    const [subscription] = await topic.createSubscription('tracks', {
      filter: 'hasPrefix(attributes.objectId, "track/")',
    });
    const received: { attributes: Record<string, string>; data: string }[] = [];
    const notifications = openNotifications({ projectId, bucket: 'archive' });
    try {
      subscription.on('message', (message) => {
        received.push({ attributes: message.attributes, data: message.data.toString('base64') });
        message.ack();
      });
      const name = 'track/2026/03/09/07/0b7a6a0e-1111-4222-8333-444455556666.json';
      await notifications.publish('deactivate/2026/03/09/07/0b7a6a0e-1111-4222-8333-444455556666.json');
      await notifications.publish(name);
      await until(() => received.length > 0, { what: 'the notification' });
      const [{ attributes, data } = { attributes: {}, data: '' }] = received;
      assert.equal(decodeNotification({ data: { message: { data, attributes } } }, 'archive')?.name, name);
      assert.equal(JSON.parse(Buffer.from(data, 'base64').toString()).name, name);
      assert.equal(received.length, 1);
    } finally {
      await notifications.close();
      await subscription.close();
      await subscription.delete();
    }
  });
});
