import { retryDelayMs } from './config.ts';
import type { RpcError } from './errors.ts';
import { type Filter, parseFilter } from './filter.ts';
import type { Message } from './message.ts';
import { Queue } from './queue.ts';
import type { SubscriptionConfig } from './wire.ts';

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
  /** waiting: for the end of its backoff. */
  state: 'ready' | 'leased' | 'waiting' | 'gone';
  consumer?: Consumer;
  delivery?: Delivery;
  timer?: NodeJS.Timeout;
}

/** A subscription's backlog: what is ready, who has it, until when, and when it comes again. Knows nothing of files. */
export class Subscription {
  config: SubscriptionConfig;
  readonly filter: Filter | undefined;
  #owner: SubscriptionOwner;
  /** By message id, oldest first. */
  #entries = new Map<string, Entry>();
  #leases = new Map<string, Entry>();
  #ready = new Queue<Entry>();
  #consumers = new Set<Consumer>();
  #turn = 0;
  #ended: RpcError | undefined;
  #scheduled: NodeJS.Immediate | undefined;

  constructor(config: SubscriptionConfig, owner: SubscriptionOwner) {
    this.config = config;
    this.filter = config.filter === undefined ? undefined : parseFilter(config.filter);
    this.#owner = owner;
  }

  add(message: Message, failures: number): void {
    const entry: Entry = { message, failures, state: 'ready' };
    this.#entries.set(message.id, entry);
    message.holders += 1;
    this.#makeReady(entry);
  }

  /** Takes a message out for good; false when it was not there. */
  remove(messageId: string): boolean {
    const entry = this.#entries.get(messageId);
    if (entry === undefined) return false;
    this.#entries.delete(messageId);
    if (entry.delivery !== undefined) this.#leases.delete(entry.delivery.ackId);
    if (entry.state === 'leased') this.#settle(entry);
    clearTimeout(entry.timer);
    entry.state = 'gone';
    entry.message.holders -= 1;
    return true;
  }

  /** The messages published before this time, in milliseconds. */
  publishedBefore(time: number): Message[] {
    const found: Message[] = [];
    for (const { message } of this.#entries.values()) {
      // they are in the order of their publishing
      if (message.publishedAt >= time) break;
      found.push(message);
    }
    return found;
  }

  *messages(): Generator<Message> {
    for (const { message } of this.#entries.values()) yield message;
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
  messagesOf(ackIds: readonly string[]): Message[] {
    return ackIds.flatMap((ackId) => this.#leases.get(ackId)?.message ?? []);
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
}
