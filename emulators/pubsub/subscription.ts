import { retryDelayMs } from './config.ts';
import type { RpcError } from './errors.ts';
import { type Filter, parseFilter } from './filter.ts';
import { Queue } from './queue.ts';
import type { SubscriptionConfig } from './wire.ts';

/** A published message, as long as a subscription holds it. */
export interface Message {
  id: string;
  /** Milliseconds since 1970. */
  publishedAt: number;
  /** Base64. */
  data: string;
  attributes: Record<string, string>;
  orderingKey: string;
  /** Size for flow control: data, attributes and ordering key. */
  bytes: number;
  /** How many subscriptions still hold it. */
  holders: number;
}

/** One delivery of a message; a redelivery is another one. */
export interface Delivery {
  /** Unique for ever, so that a late call about an earlier delivery cannot touch a later one. */
  ackId: string;
  message: Message;
  /** 1 for the first. */
  attempt: number;
}

/** What takes deliveries: a push endpoint, a pull that waits, a stream. */
export interface Consumer {
  /** Whether one more delivery may be given now. */
  hasRoom(): boolean;
  ackDeadlineMs(): number;
  deliver(delivery: Delivery): void;
  /** After all deliveries of a turn. */
  flush(): void;
  /** The delivery is over: acknowledged, failed, out of time, or its message is gone. */
  settled(delivery: Delivery): void;
  /** No more deliveries will come, for this reason. */
  end(reason: RpcError): void;
}

/** What a subscription tells its owner. */
export interface SubscriptionOwner {
  nextAckId(): string;
  /** A delivery failed for the nth time. True: the message went to the dead letter topic and was removed here. */
  failed(subscription: Subscription, message: Message, failures: number): boolean;
}

interface Entry {
  message: Message;
  /** Nacks and missed ack deadlines so far. */
  failures: number;
  /** behind: an earlier message of its ordering key comes first; waiting: for the end of its backoff. */
  state: 'ready' | 'behind' | 'leased' | 'waiting' | 'gone';
  consumer?: Consumer;
  delivery?: Delivery;
  timer?: NodeJS.Timeout;
}

/** A subscription's backlog: what is ready, who has it, until when, and when it comes again. Knows nothing of files. */
export class Subscription {
  /** Names it in the journal; never used again after a deletion, other than the name. */
  readonly id: number;
  config: SubscriptionConfig;
  readonly filter: Filter | undefined;
  #owner: SubscriptionOwner;
  /** By message id, oldest first. */
  #entries = new Map<string, Entry>();
  #leases = new Map<string, Entry>();
  #ready = new Queue<Entry>();
  /** By ordering key: what waits behind the one message that may be out. */
  #lines = new Map<string, Queue<Entry>>();
  #consumers = new Set<Consumer>();
  #turn = 0;
  #ended: RpcError | undefined;
  #scheduled: NodeJS.Immediate | undefined;

  constructor(id: number, config: SubscriptionConfig, owner: SubscriptionOwner) {
    this.id = id;
    this.config = config;
    this.filter = config.filter === undefined ? undefined : parseFilter(config.filter);
    this.#owner = owner;
  }

  /** Failures so far of a message that it holds; undefined when it does not. */
  failuresOf(messageId: string): number | undefined {
    return this.#entries.get(messageId)?.failures;
  }

  setFailures(messageId: string, failures: number): void {
    const entry = this.#entries.get(messageId);
    if (entry !== undefined) entry.failures = failures;
  }

  add(message: Message, failures: number): void {
    const entry: Entry = { message, failures, state: 'behind' };
    this.#entries.set(message.id, entry);
    message.holders += 1;
    if (this.#isOrdered(entry)) {
      const line = this.#lines.get(message.orderingKey);
      if (line !== undefined) {
        line.push(entry);
        return;
      }
      this.#lines.set(message.orderingKey, new Queue());
    }
    this.#makeReady(entry);
  }

  /** Takes a message out for good. Gives it back, or undefined when it was not there. */
  remove(messageId: string): Message | undefined {
    const entry = this.#entries.get(messageId);
    if (entry === undefined) return undefined;
    this.#entries.delete(messageId);
    if (entry.delivery !== undefined) this.#leases.delete(entry.delivery.ackId);
    if (entry.state === 'leased') this.#settle(entry);
    clearTimeout(entry.timer);
    const wasBehind = entry.state === 'behind';
    entry.state = 'gone';
    if (this.#isOrdered(entry) && !wasBehind) this.#advance(entry.message.orderingKey);
    entry.message.holders -= 1;
    return entry.message;
  }

  /** The messages published before this time, in milliseconds. */
  publishedBefore(time: number): string[] {
    const ids: string[] = [];
    for (const { message } of this.#entries.values()) {
      // they are in the order of their publishing
      if (message.publishedAt >= time) break;
      ids.push(message.id);
    }
    return ids;
  }

  messages(): Iterable<string> {
    return this.#entries.keys();
  }

  addConsumer(consumer: Consumer): void {
    if (this.#ended !== undefined) {
      consumer.end(this.#ended);
      return;
    }
    this.#consumers.add(consumer);
    this.schedule();
  }

  removeConsumer(consumer: Consumer): void {
    this.#consumers.delete(consumer);
  }

  /** Ends all consumers with this reason, for instance because it pushes from now on. */
  endConsumers(reason: RpcError): void {
    for (const consumer of [...this.#consumers]) {
      this.#consumers.delete(consumer);
      consumer.end(reason);
    }
  }

  /** Delivers nothing any more; what is out stays out, and may still be settled. */
  end(reason: RpcError): void {
    this.#ended = reason;
    this.endConsumers(reason);
  }

  stopClocks(): void {
    for (const { timer } of this.#entries.values()) clearTimeout(timer);
    clearImmediate(this.#scheduled);
  }

  /** The messages that these deliveries were about, also when out of time but not delivered again yet. */
  messagesOf(ackIds: readonly string[]): string[] {
    const ids: string[] = [];
    for (const ackId of ackIds) {
      const entry = this.#leases.get(ackId);
      if (entry !== undefined) ids.push(entry.message.id);
    }
    return ids;
  }

  /** 0 seconds is a nack. Deliveries that are over are passed over: the client may nack before its receipt modack. */
  modifyAckDeadline(ackId: string, seconds: number): void {
    const entry = this.#leases.get(ackId);
    if (entry?.state !== 'leased') return;
    if (seconds > 0) {
      this.#startClock(entry, seconds * 1000);
    } else {
      this.#leases.delete(ackId);
      this.#fail(entry);
    }
  }

  /** Deals out what is ready, once the current turn of the event loop is over, so that a batch stays a batch. */
  schedule(): void {
    this.#scheduled ??= setImmediate(() => {
      this.#scheduled = undefined;
      this.deal();
    });
  }

  /** Gives what is ready to the consumers that have room, one each in turn. */
  deal(): void {
    const consumers = [...this.#consumers];
    for (let full = 0; full < consumers.length; ) {
      this.#turn = (this.#turn + 1) % consumers.length;
      const consumer = consumers[this.#turn] as Consumer;
      if (!consumer.hasRoom()) {
        full += 1;
        continue;
      }
      full = 0;
      const entry = this.#nextReady();
      if (entry === undefined) break;
      this.#lease(entry, consumer);
    }
    for (const consumer of consumers) consumer.flush();
  }

  #nextReady(): Entry | undefined {
    for (;;) {
      const entry = this.#ready.shift();
      // what was removed while it was ready is still in the queue
      if (entry === undefined || entry.state === 'ready') return entry;
    }
  }

  #lease(entry: Entry, consumer: Consumer): void {
    if (entry.delivery !== undefined) this.#leases.delete(entry.delivery.ackId);
    const delivery = { ackId: this.#owner.nextAckId(), message: entry.message, attempt: entry.failures + 1 };
    entry.state = 'leased';
    entry.consumer = consumer;
    entry.delivery = delivery;
    this.#leases.set(delivery.ackId, entry);
    this.#startClock(entry, consumer.ackDeadlineMs());
    consumer.deliver(delivery);
  }

  #startClock(entry: Entry, deadlineMs: number): void {
    clearTimeout(entry.timer);
    entry.timer = setTimeout(() => this.#fail(entry), deadlineMs);
  }

  #fail(entry: Entry): void {
    clearTimeout(entry.timer);
    entry.failures += 1;
    entry.state = 'waiting';
    this.#settle(entry);
    if (this.#owner.failed(this, entry.message, entry.failures)) return;
    const delayMs = retryDelayMs(this.config, entry.failures);
    if (delayMs === 0) this.#makeReady(entry);
    else entry.timer = setTimeout(() => this.#makeReady(entry), delayMs);
  }

  #settle(entry: Entry): void {
    const { consumer, delivery } = entry;
    if (consumer === undefined || delivery === undefined) return;
    delete entry.consumer;
    consumer.settled(delivery);
    this.schedule();
  }

  #makeReady(entry: Entry): void {
    entry.state = 'ready';
    this.#ready.push(entry);
    if (this.#consumers.size > 0) this.schedule();
  }

  #isOrdered({ message }: Entry): boolean {
    return this.config.enableMessageOrdering === true && message.orderingKey !== '';
  }

  /** The next message of this ordering key may go out. */
  #advance(orderingKey: string): void {
    const line = this.#lines.get(orderingKey);
    let next = line?.shift();
    while (next?.state === 'gone') next = line?.shift();
    if (next === undefined) this.#lines.delete(orderingKey);
    else this.#makeReady(next);
  }
}
