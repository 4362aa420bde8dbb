import { PubSub, type Topic } from '@google-cloud/pubsub';
import type { Publish } from './outbox.ts';

/** One attempt; the outbox makes the next, at its own pace. */
const ATTEMPT_MS = 10_000;
/** Messages are collected for so long. */
const BATCH_MS = 5;
/** How long the connection rests, at the most, before it is tried again. */
const RECONNECT_MS = 1_000;

/** Publishes with the official client, which PUBSUB_EMULATOR_HOST may point anywhere. */
export interface Publisher {
  publish: Publish;
  close(): Promise<void>;
}

/** A publisher for topics of any project. Reads the environment and connects when a project's first message goes out. */
export function openPublisher(): Publisher {
  const clients = new Map<string, PubSub>();
  const topics = new Map<string, Topic>();
  const openTopic = (name: string): Topic => {
    const [, projectId = ''] = name.split('/');
    let client = clients.get(projectId);
    if (client === undefined) {
      const options = { projectId, 'grpc.max_reconnect_backoff_ms': RECONNECT_MS };
      client = new PubSub(options);
      clients.set(projectId, client);
    }
    return client.topic(name, {
      batching: { maxMilliseconds: BATCH_MS },
      gaxOpts: { timeout: ATTEMPT_MS, retry: { retryCodes: [] } },
    });
  };
  return {
    publish: (name, message) => {
      const topic = topics.get(name) ?? openTopic(name);
      topics.set(name, topic);
      return topic.publishMessage(message);
    },
    close: async () => {
      await Promise.all([...clients.values()].map((client) => client.close()));
    },
  };
}
