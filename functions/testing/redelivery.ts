import { randomBytes } from 'node:crypto';
import { type Message, PubSub } from '@google-cloud/pubsub';
import { OBJECTS_TOPIC } from '../../shared/stores/topics/notifications.ts';

/** What is told of the objects of one bucket. */
export interface Redelivery {
  /** The names that came so far, in the order of their coming. */
  names: string[];
  close(): Promise<void>;
}

const ALREADY_EXISTS = 6;

/** Listens to what is published of a bucket's objects, as the functions do. */
export async function openRedelivery(bucket: string): Promise<Redelivery> {
  const pubsub = new PubSub({ projectId: process.env.GOOGLE_CLOUD_PROJECT ?? '' });
  await pubsub.createTopic(OBJECTS_TOPIC).catch((error) => {
    if (error.code !== ALREADY_EXISTS) throw error;
  });
  const filter = `attributes.bucketId = "${bucket}" AND attributes.eventType = "OBJECT_FINALIZE"`;
  const name = `test-${randomBytes(8).toString('hex')}`;
  const [subscription] = await pubsub.createSubscription(OBJECTS_TOPIC, name, { filter });
  const names: string[] = [];
  subscription.on('message', (message: Message) => {
    names.push(message.attributes.objectId ?? '');
    message.ack();
  });
  return {
    names,
    close: async () => {
      await subscription.close();
      await subscription.delete();
      await pubsub.close();
    },
  };
}
