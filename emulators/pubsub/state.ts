import { type Durable, json, openDurable, type Table, text } from '../durable.ts';
import { deadLetterOf } from './dead-letter.ts';
import { alreadyExists, notFound, resourceExhausted, unavailable } from './errors.ts';
import { matches } from './filter.ts';
import { type Draft, type Message, messageOf, type StoredMessage } from './message.ts';
import { DELETED_TOPIC, idOf } from './names.ts';
import { Subscription } from './subscription.ts';
import { type SubscriptionConfig, type Topic, toMs } from './wire.ts';

/** Undelivered messages beyond this are refused: they are held in memory too. */
const MAX_BACKLOG_BYTES = 256 * 1024 * 1024;
/** What a message costs beside its data and attributes, roughly. */
const OVERHEAD_BYTES = 200;
const RETENTION_SWEEP_MS = 60_000;

/**
 * Topics, subscriptions and messages, durable in `dataDir`: a change is in the file when its call returns. Lookups throw
 * NOT_FOUND.
 */
export class State {
  readonly topics = new Map<string, Topic>();
  readonly subscriptions = new Map<string, Subscription>();
  #durable: Durable;
  #maxBacklogBytes: number;
  #files: Files;
  #bytes = 0;
  #lastMessageId = 0;
  #ackIdPrefix = Date.now().toString(36);
  #ackIds = 0;
  #sweep: NodeJS.Timeout;

  private constructor(durable: Durable, maxBacklogBytes: number) {
    this.#durable = durable;
    this.#maxBacklogBytes = maxBacklogBytes;
    this.#files = filesOf(durable);
    this.#load();
    this.#dropExpired();
    this.#sweep = setInterval(() => this.#dropExpired(), RETENTION_SWEEP_MS);
  }

  /** Reads what is in `dataDir`. */
  static async open(dataDir: string | undefined, maxBacklogBytes = MAX_BACKLOG_BYTES): Promise<State> {
    return new State(await openDurable(dataDir), maxBacklogBytes);
  }

  topic(name: string): Topic {
    const topic = this.topics.get(name);
    if (topic === undefined) throw notFound(idOf(name));
    return topic;
  }

  subscription(name: string): Subscription {
    const subscription = this.subscriptions.get(name);
    if (subscription === undefined) throw notFound(idOf(name));
    return subscription;
  }

  createTopic(topic: Topic): void {
    if (this.topics.has(topic.name)) throw alreadyExists(idOf(topic.name));
    this.#durable.write(() => this.#files.topics.put(topic.name, topic));
    this.topics.set(topic.name, topic);
  }

  deleteTopic(name: string): void {
    this.topic(name);
    const orphans = [...this.#subscriptionsOf(name)];
    this.#durable.write(() => {
      this.#files.topics.remove(name);
      for (const { config } of orphans) this.#files.subscriptions.put(config.name, { ...config, topic: DELETED_TOPIC });
    });
    this.topics.delete(name);
    for (const orphan of orphans) orphan.config = { ...orphan.config, topic: DELETED_TOPIC };
  }

  createSubscription(config: SubscriptionConfig): void {
    if (this.subscriptions.has(config.name)) throw alreadyExists(idOf(config.name));
    this.topic(config.topic);
    if (config.deadLetterPolicy) this.topic(config.deadLetterPolicy.deadLetterTopic);
    this.#durable.write(() => this.#files.subscriptions.put(config.name, config));
    this.subscriptions.set(config.name, new Subscription(config, this));
  }

  updateSubscription(subscription: Subscription, config: SubscriptionConfig): void {
    this.#durable.write(() => this.#files.subscriptions.put(config.name, config));
    subscription.config = config;
  }

  deleteSubscription(name: string): void {
    const subscription = this.subscription(name);
    const messages = [...subscription.messages()];
    this.#durable.write(() => {
      this.#files.subscriptions.remove(name);
      for (const message of messages) this.#unstore(subscription, message);
    });
    this.subscriptions.delete(name);
    subscription.end(notFound(idOf(name)));
    for (const message of messages) this.#forget(subscription, message);
  }

  /** Gives the message ids, in order. */
  publish(topic: string, drafts: readonly Draft[]): string[] {
    this.topic(topic);
    if (this.#bytes > this.#maxBacklogBytes) {
      throw resourceExhausted(`The emulator holds ${this.#maxBacklogBytes} bytes of undelivered messages, its limit.`);
    }
    const messages = drafts.map((draft) => this.#newMessage(draft));
    this.#durable.write(() => {
      for (const message of messages) this.#store(topic, message);
    });
    for (const message of messages) this.#add(topic, message);
    return messages.map(({ id }) => id);
  }

  /** Takes messages out of one subscription for good: they are acknowledged, or too old. */
  remove(subscription: Subscription, messages: readonly Message[]): void {
    if (messages.length === 0) return;
    this.#durable.write(() => {
      for (const message of messages) this.#unstore(subscription, message);
    });
    for (const message of messages) this.#forget(subscription, message);
  }

  /** The same where nobody waits for it, as for a push. */
  removeInBackground(subscription: Subscription, messages: readonly Message[]): void {
    inBackground(undefined, () => this.remove(subscription, messages));
  }

  nextAckId(): string {
    this.#ackIds += 1;
    return `${this.#ackIdPrefix}-${this.#ackIds.toString(36)}`;
  }

  /** See SubscriptionOwner. A dead letter topic that is gone, or not there yet, keeps the message where it is. */
  failed(subscription: Subscription, message: Message, failures: number): boolean {
    const { name, deadLetterPolicy, retryPolicy } = subscription.config;
    const isDead = failures >= (deadLetterPolicy?.maxDeliveryAttempts ?? Number.POSITIVE_INFINITY);
    return inBackground(false, () => {
      if (deadLetterPolicy && isDead && this.topics.has(deadLetterPolicy.deadLetterTopic)) {
        this.#bury(subscription, message, { topic: deadLetterPolicy.deadLetterTopic, failures });
        return true;
      }
      if (deadLetterPolicy || retryPolicy) {
        this.#durable.write(() => this.#files.held.put(heldKey(name, message.id), failures));
      }
      return false;
    });
  }

  /** Ends every stream and every waiting pull, those that still come too. Acknowledgements are still taken. */
  endDeliveries(): void {
    for (const subscription of this.subscriptions.values()) subscription.end(unavailable());
  }

  async close(): Promise<void> {
    clearInterval(this.#sweep);
    for (const subscription of this.subscriptions.values()) subscription.stopClocks();
    await this.#durable.close();
  }

  #bury(subscription: Subscription, message: Message, { topic, failures }: { topic: string; failures: number }): void {
    const letter = this.#newMessage(deadLetterOf(subscription.config.name, message, failures));
    this.#durable.write(() => {
      this.#store(topic, letter);
      this.#unstore(subscription, message);
    });
    this.#forget(subscription, message);
    this.#add(topic, letter);
  }

  *#subscriptionsOf(topic: string): Generator<Subscription> {
    for (const subscription of this.subscriptions.values()) {
      if (subscription.config.topic === topic) yield subscription;
    }
  }

  *#takersOf(topic: string, { attributes }: Draft): Generator<Subscription> {
    for (const subscription of this.#subscriptionsOf(topic)) {
      if (subscription.filter === undefined || matches(subscription.filter, attributes)) yield subscription;
    }
  }

  #newMessage(draft: Draft): Message {
    // the time as the id keeps ids unique and growing over restarts that forgot the last one
    this.#lastMessageId = Math.max(this.#lastMessageId + 1, Date.now() * 1000);
    return messageOf(String(this.#lastMessageId), { ...draft, publishedAt: Date.now() });
  }

  /** Within a write: the message, for every subscription that takes it. */
  #store(topic: string, message: Message): void {
    const { id, publishedAt, data, attributes } = message;
    const takers = [...this.#takersOf(topic, message)];
    for (const { config } of takers) this.#files.held.put(heldKey(config.name, id), 0);
    if (takers.length > 0) this.#files.messages.put(id, { publishedAt, data, attributes });
  }

  /** Within a write: the subscription has the message no longer, and the last that has it takes it along. */
  #unstore({ config }: Subscription, { id, holders }: Message): void {
    this.#files.held.remove(heldKey(config.name, id));
    if (holders === 1) this.#files.messages.remove(id);
  }

  #add(topic: string, message: Message): void {
    for (const subscription of this.#takersOf(topic, message)) subscription.add(message, 0);
    if (message.holders > 0) this.#bytes += message.bytes + OVERHEAD_BYTES;
  }

  #forget(subscription: Subscription, message: Message): void {
    if (!subscription.remove(message.id)) return;
    if (message.holders === 0) this.#bytes -= message.bytes + OVERHEAD_BYTES;
  }

  #load(): void {
    for (const [name, topic] of this.#files.topics.entries()) this.topics.set(name, topic);
    for (const [name, config] of this.#files.subscriptions.entries()) {
      this.subscriptions.set(name, new Subscription(config, this));
    }
    const messages = new Map<string, Message>();
    for (const [id, stored] of this.#files.messages.entries()) {
      const message = messageOf(id, stored);
      messages.set(id, message);
      this.#bytes += message.bytes + OVERHEAD_BYTES;
      this.#lastMessageId = Number(id);
    }
    for (const [key, failures] of this.#files.held.entries()) {
      const [name = '', id = ''] = key.split(' ');
      const message = messages.get(id);
      if (message !== undefined) this.subscriptions.get(name)?.add(message, failures);
    }
  }

  #dropExpired(): void {
    for (const subscription of this.subscriptions.values()) {
      const oldest = Date.now() - toMs(subscription.config.messageRetentionDuration);
      this.removeInBackground(subscription, subscription.publishedBefore(oldest));
    }
  }
}

/** For what costs no more than a redelivery when it cannot be written; there is nobody to be told. */
function inBackground<T>(otherwise: T, run: () => T): T {
  try {
    return run();
  } catch (error) {
    console.error('pubsub emulator: a change cannot be written', error);
    return otherwise;
  }
}

interface Files {
  topics: Table<string, Topic>;
  subscriptions: Table<string, SubscriptionConfig>;
  /** By message id: the order of publishing. */
  messages: Table<string, StoredMessage>;
  /** Which subscription holds which message, with its failures so far. */
  held: Table<string, number>;
}

const filesOf = (durable: Durable): Files => ({
  topics: durable.table('topics', text, json<Topic>()),
  subscriptions: durable.table('subscriptions', text, json<SubscriptionConfig>()),
  messages: durable.table('messages', text, json<StoredMessage>()),
  held: durable.table('held', text, json<number>()),
});

/** No name has a space. */
const heldKey = (subscription: string, message: string): string => `${subscription} ${message}`;
