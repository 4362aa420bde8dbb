import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { PubSub } from '@google-cloud/pubsub';
import { frameworkServer } from './framework-server.ts';

/** A registered function behind a push subscription, as Pub/Sub calls it. */
export interface PushedFunction {
  /** Of whose messages it is told. */
  topic: { projectId: string; topic: string };
  close(): Promise<void>;
}

/** A topic of its own unless one is named; what fails comes again within milliseconds. */
export async function openPushedFunction(
  functionName: string,
  { projectId, topic }: PushedFunction['topic'] = {
    projectId: process.env.GOOGLE_CLOUD_PROJECT ?? '',
    topic: `pushed-${randomUUID()}`,
  },
): Promise<PushedFunction> {
  const server = frameworkServer(functionName).listen(0);
  await once(server, 'listening');
  const pubsub = new PubSub({ projectId });
  await pubsub.createTopic(topic);
  await pubsub.createSubscription(topic, topic, {
    pushEndpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/projects/p/topics/${topic}`,
    retryPolicy: { minimumBackoff: { nanos: 10e6 }, maximumBackoff: { nanos: 50e6 } },
  });
  return {
    topic: { projectId, topic },
    close: async () => {
      await pubsub.subscription(topic).delete();
      await pubsub.topic(topic).delete();
      await pubsub.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
