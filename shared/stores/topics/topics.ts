import { transient } from '../../runtime/errors.ts';

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

/**
 * Opens a topic. The client is loaded at the first message: it doubles the time in which an instance starts, and most never
 * publish.
 */
export function openTopic<T>(options: TopicOptions): Topic<T> {
  let opened: Promise<Topic<T>> | undefined;
  const open = async () => {
    // by way of a module of our own: what a late import of a CommonJS package gives differs between esbuild, tsx and Node
    const { openPublisher } = await import('./publisher.ts');
    return openPublisher<T>(options);
  };
  return {
    publish: (message, attributes) =>
      transient(`topic ${options.topic}`, async () => {
        opened ??= open();
        await (await opened).publish(message, attributes);
      }),
    close: async () => {
      await (await opened)?.close();
    },
  };
}
