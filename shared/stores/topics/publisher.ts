import { PubSub } from '@google-cloud/pubsub';
import type { Topic, TopicOptions } from './topics.ts';

/** One try: an event whose message did not go out is not acked, and comes again. */
const PUBLISH_TIMEOUT_MS = 10_000;
/** Messages are collected for so long; somebody waits for each. */
const BATCH_MS = 5;

/** Publishes to a topic. What fails is the client's own error. */
export function openPublisher<T>({ projectId, topic: name }: TopicOptions): Topic<T> {
  const client = new PubSub({ projectId });
  const topic = client.topic(name, {
    batching: { maxMilliseconds: BATCH_MS },
    gaxOpts: { timeout: PUBLISH_TIMEOUT_MS, retry: { retryCodes: [] } },
  });
  return {
    publish: async (json, attributes) => {
      await topic.publishMessage({ data: Buffer.from(JSON.stringify(json)), attributes });
    },
    close: async () => {
      await topic.flush();
      await client.close();
    },
  };
}
