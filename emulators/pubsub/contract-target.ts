import { randomUUID } from 'node:crypto';
import { PubSub, type protos, v1 } from '@google-cloud/pubsub';
import { until } from '../../shared/testing/until.ts';

// the clients would look for credentials on the network
process.env.METADATA_SERVER_DETECTION ??= 'none';

// the client's own two option types differ in what may be undefined
type ClientOptions = ConstructorParameters<typeof v1.PublisherClient>[0];
type SubscriptionRequest = protos.google.pubsub.v1.ISubscription;
export type Received = protos.google.pubsub.v1.IReceivedMessage;

/** How long a contract test waits for anything: Google's emulator pushes about once in three seconds. */
export const DEADLINE_MS = 30_000;

/** A Pub/Sub that the contract is held against, through the official clients. */
export class Target {
  /** False for Google's own emulator, which leaves out some of the service's rules. */
  full = true;
  #address = '';
  #clients: { pubsub: PubSub; publisher: v1.PublisherClient; subscriber: v1.SubscriberClient } | undefined;

  /** Connects, and finds out from the wording of an error whether this is Google's emulator. */
  async open(address: string): Promise<void> {
    this.#address = address;
    const pubsub = this.client();
    const config = (await pubsub.getClientConfig()) as ClientOptions;
    this.#clients = {
      pubsub,
      publisher: new v1.PublisherClient(config),
      subscriber: new v1.SubscriberClient(config),
    };
    const absent = this.publisher.getTopic({ topic: 'projects/contract/topics/absent' });
    this.full = await absent.then(
      () => false,
      (error) => error.details !== 'Topic not found',
    );
  }

  async close(): Promise<void> {
    await Promise.all([this.pubsub.close(), this.publisher.close(), this.subscriber.close()]);
  }

  get pubsub(): PubSub {
    return this.#opened.pubsub;
  }

  get publisher(): v1.PublisherClient {
    return this.#opened.publisher;
  }

  get subscriber(): v1.SubscriberClient {
    return this.#opened.subscriber;
  }

  /** Another client, for a test that closes it. */
  client(): PubSub {
    return new PubSub({ projectId: 'contract', apiEndpoint: this.#address });
  }

  /** A new topic's full name. */
  async topic(): Promise<string> {
    const name = `projects/contract/topics/t-${randomUUID()}`;
    await this.publisher.createTopic({ name });
    return name;
  }

  /** A new subscription's full name. */
  async subscription(topic: string, config: SubscriptionRequest = {}): Promise<string> {
    const name = `projects/contract/subscriptions/s-${randomUUID()}`;
    await this.subscriber.createSubscription({ name, topic, ...config });
    return name;
  }

  /** Publishes one message per text, in one request; gives their ids. */
  async publish(topic: string, ...texts: string[]): Promise<string[]> {
    const [{ messageIds }] = await this.publisher.publish({
      topic,
      messages: texts.map((text) => ({ data: Buffer.from(text) })),
    });
    return messageIds ?? [];
  }

  /** Pulls until so many messages are there; gives them. */
  async take(subscription: string, count = 1): Promise<Received[]> {
    const taken: Received[] = [];
    await until(
      async () => {
        taken.push(...(await this.#pullNow(subscription, count - taken.length)));
        return taken.length >= count;
      },
      { deadlineMs: DEADLINE_MS, what: `${count} messages` },
    );
    return taken;
  }

  /** What is there to be pulled at this moment. */
  async backlog(subscription: string): Promise<string[]> {
    return (await this.#pullNow(subscription, 1000)).map(textOf);
  }

  acknowledge(subscription: string, messages: Received[]) {
    return this.subscriber.acknowledge({ subscription, ackIds: messages.map(({ ackId }) => ackId ?? '') });
  }

  /** 0 seconds: a nack. */
  modifyAckDeadline(subscription: string, messages: Received[], ackDeadlineSeconds: number) {
    const ackIds = messages.map(({ ackId }) => ackId ?? '');
    return this.subscriber.modifyAckDeadline({ subscription, ackIds, ackDeadlineSeconds });
  }

  async #pullNow(subscription: string, maxMessages: number): Promise<Received[]> {
    const [response] = await this.subscriber.pull({ subscription, maxMessages, returnImmediately: true });
    return response.receivedMessages ?? [];
  }

  get #opened() {
    if (this.#clients === undefined) throw new Error('the target is not open');
    return this.#clients;
  }
}

export const textOf = ({ message }: Received): string => String(message?.data ?? '');

/** A rule that Google's emulator is known not to keep, for the reason given, so that it is skipped there. */
export function itUnlessGoogle(target: Target, reason: string, title: string, body: () => Promise<unknown>): void {
  it(`${title} (skipped on Google's emulator: ${reason})`, async function () {
    if (!target.full) this.skip();
    await body();
  });
}
