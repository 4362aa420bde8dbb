import { join } from 'node:path';
import { type Journal, openJournal } from '../journal.ts';
import { deadLetterOf } from './dead-letter.ts';
import { alreadyExists, notFound, resourceExhausted, unavailable } from './errors.ts';
import { matches } from './filter.ts';
import { Messages, messageOf } from './messages.ts';
import { DELETED_TOPIC, idOf } from './names.ts';
import { type Draft, type JournalRecord, type MessageRecord, snapshot } from './records.ts';
import { type Message, Subscription } from './subscription.ts';
import { type SubscriptionConfig, type Topic, toMs } from './wire.ts';

/** Undelivered messages beyond this are refused, so that memory and a compaction stay bounded. */
const MAX_BACKLOG_BYTES = 256 * 1024 * 1024;
/** The journal is compacted once it has more garbage than live records, and at least this much. */
const GARBAGE_RECORDS = 20_000;
const GARBAGE_BYTES = 64 * 1024 * 1024;
const RETENTION_SWEEP_MS = 60_000;

/**
 * Topics, subscriptions and messages, durable in `dataDir`. Every change is a record: applied at once, and in the file
 * when the returned promise resolves. Lookups throw NOT_FOUND.
 */
export class State {
  readonly topics = new Map<string, Topic>();
  readonly subscriptions = new Map<string, Subscription>();
  #byId = new Map<number, Subscription>();
  #byTopic = new Map<string, Set<Subscription>>();
  #messages = new Messages();
  #journal!: Journal<JournalRecord>;
  #lastMessageId = 0;
  #lastSubscriptionId = 0;
  #ackIdPrefix = Date.now().toString(36);
  #ackIds = 0;
  #writtenBytes = 0;
  #sweep: NodeJS.Timeout | undefined;

  /** Reads what is in `dataDir`, and compacts it: what was removed before is in no file afterwards. */
  static async open(dataDir: string | undefined): Promise<State> {
    const state = new State();
    const file = dataDir === undefined ? undefined : join(dataDir, 'pubsub.jsonl');
    state.#journal = await openJournal<JournalRecord>(file, (record) => state.#apply(record));
    state.#dropExpired();
    await state.#compact();
    state.#sweep = setInterval(() => state.#dropExpired(), RETENTION_SWEEP_MS);
    return state;
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

  subscriptionsOf(topic: string): Iterable<Subscription> {
    return this.#byTopic.get(topic) ?? [];
  }

  async createTopic(topic: Topic): Promise<void> {
    if (this.topics.has(topic.name)) throw alreadyExists(idOf(topic.name));
    await this.#commit({ kind: 'topic', topic });
  }

  async updateTopic(topic: Topic): Promise<void> {
    await this.#commit({ kind: 'topic', topic });
  }

  async deleteTopic(name: string): Promise<void> {
    this.topic(name);
    await this.#commit({ kind: 'topicDeleted', name });
  }

  async createSubscription(config: SubscriptionConfig): Promise<void> {
    if (this.subscriptions.has(config.name)) throw alreadyExists(idOf(config.name));
    this.topic(config.topic);
    if (config.deadLetterPolicy) this.topic(config.deadLetterPolicy.deadLetterTopic);
    await this.#commit({ kind: 'subscription', id: this.#lastSubscriptionId + 1, config });
  }

  async updateSubscription({ id }: Subscription, config: SubscriptionConfig): Promise<void> {
    await this.#commit({ kind: 'subscription', id, config });
  }

  async deleteSubscription(name: string): Promise<void> {
    const { id } = this.subscription(name);
    await this.#commit({ kind: 'subscriptionDeleted', id });
  }

  /** Gives the message ids, in order, once all messages are in the file. */
  async publish(topic: string, drafts: readonly Draft[]): Promise<string[]> {
    this.topic(topic);
    if (this.#messages.bytes > MAX_BACKLOG_BYTES) {
      throw resourceExhausted(`The emulator holds ${MAX_BACKLOG_BYTES} bytes of undelivered messages, its limit.`);
    }
    const ids: string[] = [];
    const written: Promise<void>[] = [];
    for (const draft of drafts) {
      const record = this.#messageRecord(topic, draft);
      ids.push(record.id);
      if (record.to.length > 0) written.push(this.#commit(record));
    }
    await Promise.all(written);
    return ids;
  }

  /** Takes messages out of one subscription for good: they are acknowledged, or skipped by a seek. */
  async remove({ id }: Subscription, messages: string[]): Promise<void> {
    if (messages.length > 0) await this.#commit({ kind: 'removed', subscription: id, messages });
  }

  /** The same for a push, which nobody waits for; what is lost is delivered again. */
  removeInBackground(subscription: Subscription, messages: string[]): void {
    this.#inBackground(this.remove(subscription, messages));
  }

  nextAckId(): string {
    this.#ackIds += 1;
    return `${this.#ackIdPrefix}-${this.#ackIds.toString(36)}`;
  }

  /** See SubscriptionOwner. A dead letter topic that is gone, or not there yet, keeps the message where it is. */
  failed(subscription: Subscription, message: Message, failures: number): boolean {
    const { deadLetterPolicy, retryPolicy } = subscription.config;
    if (
      deadLetterPolicy &&
      failures >= deadLetterPolicy.maxDeliveryAttempts &&
      this.topics.has(deadLetterPolicy.deadLetterTopic)
    ) {
      const letter = deadLetterOf(subscription.config.name, message, failures);
      const record = this.#messageRecord(deadLetterPolicy.deadLetterTopic, letter);
      this.#inBackground(this.#commit({ ...record, from: [subscription.id, message.id] }));
      return true;
    }
    if (deadLetterPolicy || retryPolicy) {
      this.#inBackground(
        this.#commit({ kind: 'failed', subscription: subscription.id, message: message.id, failures }),
      );
    }
    return false;
  }

  /** Ends every stream and every waiting pull, those that still come too. Acknowledgements are still taken. */
  endDeliveries(): void {
    for (const subscription of this.subscriptions.values()) subscription.end(unavailable());
  }

  /** Compacts and closes the file. */
  async close(): Promise<void> {
    clearInterval(this.#sweep);
    for (const subscription of this.subscriptions.values()) subscription.stopClocks();
    try {
      await this.#compact();
    } finally {
      await this.#journal.close();
    }
  }

  #messageRecord(topic: string, { data, attributes, orderingKey }: Draft): MessageRecord {
    // the time as the id keeps ids unique and growing over restarts that forgot the last one
    this.#lastMessageId = Math.max(this.#lastMessageId + 1, Date.now() * 1000);
    const to: MessageRecord['to'] = [];
    for (const { id, filter } of this.subscriptionsOf(topic)) {
      if (filter === undefined || matches(filter, attributes)) to.push([id, 0]);
    }
    return {
      kind: 'message',
      id: String(this.#lastMessageId),
      publishedAt: Date.now(),
      data,
      attributes,
      orderingKey,
      to,
    };
  }

  #commit(record: JournalRecord): Promise<void> {
    this.#apply(record);
    const written = this.#journal.append(record);
    const live = this.#messages.count + this.topics.size + this.subscriptions.size;
    if (
      this.#journal.length - live > Math.max(GARBAGE_RECORDS, live) ||
      this.#writtenBytes - this.#messages.bytes > Math.max(GARBAGE_BYTES, this.#messages.bytes)
    ) {
      this.#inBackground(this.#compact());
    }
    return written;
  }

  /** For what costs no more than a redelivery, or a larger file, when it is lost. */
  #inBackground(written: Promise<void>): void {
    written.catch((error) => console.error('pubsub emulator: the journal cannot be written', error));
  }

  #compact(): Promise<void> {
    this.#writtenBytes = this.#messages.bytes;
    return this.#journal.rewrite(
      snapshot({
        ids: { message: this.#lastMessageId, subscription: this.#lastSubscriptionId },
        topics: this.topics.values(),
        subscriptions: [...this.#byId.values()],
        messages: this.#messages.all(),
      }),
    );
  }

  #apply(record: JournalRecord): void {
    switch (record.kind) {
      case 'ids':
        this.#lastMessageId = record.message;
        this.#lastSubscriptionId = record.subscription;
        break;
      case 'topic':
        this.topics.set(record.topic.name, record.topic);
        break;
      case 'topicDeleted':
        this.#deleteTopic(record.name);
        break;
      case 'subscription':
        this.#setSubscription(record.id, record.config);
        break;
      case 'subscriptionDeleted':
        this.#deleteSubscription(record.id);
        break;
      case 'message':
        this.#addMessage(record);
        break;
      case 'removed':
        this.#removeMessages(record.subscription, record.messages);
        break;
      case 'failed':
        this.#byId.get(record.subscription)?.setFailures(record.message, record.failures);
        break;
    }
  }

  #deleteTopic(name: string): void {
    this.topics.delete(name);
    for (const subscription of this.subscriptionsOf(name)) {
      subscription.config = { ...subscription.config, topic: DELETED_TOPIC };
    }
    this.#byTopic.delete(name);
  }

  #setSubscription(id: number, config: SubscriptionConfig): void {
    const known = this.#byId.get(id);
    if (known !== undefined) {
      known.config = config;
      return;
    }
    const subscription = new Subscription(id, config, this);
    this.#lastSubscriptionId = Math.max(this.#lastSubscriptionId, id);
    this.#byId.set(id, subscription);
    this.subscriptions.set(config.name, subscription);
    const siblings = this.#byTopic.get(config.topic);
    if (siblings !== undefined) siblings.add(subscription);
    else if (config.topic !== DELETED_TOPIC) this.#byTopic.set(config.topic, new Set([subscription]));
  }

  #deleteSubscription(id: number): void {
    const subscription = this.#byId.get(id);
    if (subscription === undefined) return;
    this.#byId.delete(id);
    this.subscriptions.delete(subscription.config.name);
    this.#byTopic.get(subscription.config.topic)?.delete(subscription);
    subscription.end(notFound(idOf(subscription.config.name)));
    for (const message of [...subscription.messages()]) this.#release(subscription.remove(message));
  }

  #addMessage(record: MessageRecord): void {
    if (record.from !== undefined) this.#removeMessages(record.from[0], [record.from[1]]);
    const message = messageOf(record);
    for (const [subscription, failures] of record.to) this.#byId.get(subscription)?.add(message, failures);
    this.#lastMessageId = Math.max(this.#lastMessageId, Number(record.id));
    this.#writtenBytes += message.bytes;
    if (message.holders > 0) this.#messages.add(message);
  }

  #removeMessages(subscriptionId: number, messages: string[]): void {
    const subscription = this.#byId.get(subscriptionId);
    for (const id of messages) this.#release(subscription?.remove(id));
  }

  #release(message: Message | undefined): void {
    if (message !== undefined) this.#messages.release(message);
  }

  #dropExpired(): void {
    for (const subscription of this.subscriptions.values()) {
      const oldest = Date.now() - toMs(subscription.config.messageRetentionDuration);
      this.removeInBackground(subscription, subscription.publishedBefore(oldest));
    }
  }
}
