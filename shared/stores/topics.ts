import type { PubSub, Topic as PubsubTopic } from '@google-cloud/pubsub';
import { transient } from '../runtime/errors.ts';

/** Where a JSON message goes. */
export interface Topic<T> {
  /** Resolves once Pub/Sub has the message. Repeating it makes a second message. */
  publish(message: T, attributes: Record<string, string>): Promise<void>;
  /** Sends what is waiting and lets go of the connection. */
  close(): Promise<void>;
}

export interface TopicOptions {
  projectId: string;
  topic: string;
}

/** The topic of the requests to mailing lists, one message for each list. */
export const SUBSCRIBERS_TOPIC = 'subscribers';

/** One try: an event whose message did not go out is not acked, and comes again. */
const PUBLISH_TIMEOUT_MS = 10_000;
/** Messages are collected for so long; somebody waits for each. */
const BATCH_MS = 5;

/** Opens a topic; its client is loaded at the first message, for most functions that have one never send any. */
export function openTopic<T>({ projectId, topic: name }: TopicOptions): Topic<T> {
  let opened: Promise<{ client: PubSub; topic: PubsubTopic }> | undefined;
  const open = async () => {
    // esbuild gives a CommonJS package that is imported late nothing but its default
    const { default: pubsub } = await import('@google-cloud/pubsub');
    const client = new pubsub.PubSub({ projectId });
    const topic = client.topic(name, {
      batching: { maxMilliseconds: BATCH_MS },
      gaxOpts: { timeout: PUBLISH_TIMEOUT_MS, retry: { retryCodes: [] } },
    });
    return { client, topic };
  };
  return {
    publish: (json, attributes) =>
      transient(`topic ${name}`, async () => {
        opened ??= open();
        const { topic } = await opened;
        await topic.publishMessage({ data: Buffer.from(JSON.stringify(json)), attributes });
      }),
    close: async () => {
      if (opened === undefined) return;
      const { client, topic } = await opened;
      await topic.flush();
      await client.close();
    },
  };
}
