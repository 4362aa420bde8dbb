import { setTimeout as sleep } from 'node:timers/promises';
import type { Notice } from './model.ts';

/** Publishes one message; resolves once the service has it. */
export type Publish = (
  topic: string,
  message: { data: Buffer; attributes: Record<string, string> },
) => Promise<unknown>;

/** Messages of one topic that are on their way at a time. */
const MAX_IN_FLIGHT = 500;
/** After a failure a topic rests so long, doubled each time it fails again. */
const FIRST_DELAY_MS = 50;
const MAX_DELAY_MS = 5_000;
/** What is on its way when the emulator stops may take so long; what does not arrive is published at the next start. */
const STOP_WAIT_MS = 2_000;

/** Publishes notices until each has been published once, however often that fails. */
export class Outbox {
  #topics = new Map<string, TopicQueue>();
  #publish: Publish;
  #published: (notice: Notice) => void;

  /** `published` is called once for each notice that got through. */
  constructor(publish: Publish, published: (notice: Notice) => void) {
    this.#publish = publish;
    this.#published = published;
  }

  add(notice: Notice): void {
    let queue = this.#topics.get(notice.topic);
    if (queue === undefined) {
      queue = new TopicQueue(this.#publish, this.#published);
      this.#topics.set(notice.topic, queue);
    }
    queue.add(notice);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#topics.values()].map((queue) => queue.stop()));
  }
}

/** One topic's notices: a topic that fails rests alone, and the others go on. */
class TopicQueue {
  #waiting = new Set<Notice>();
  #inFlight = new Set<Promise<void>>();
  #delayMs = 0;
  #rest: NodeJS.Timeout | undefined;
  #stopped = false;
  #publish: Publish;
  #published: (notice: Notice) => void;

  constructor(publish: Publish, published: (notice: Notice) => void) {
    this.#publish = publish;
    this.#published = published;
  }

  add(notice: Notice): void {
    this.#waiting.add(notice);
    this.#pump();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#rest);
    const late = new AbortController();
    const limit = sleep(STOP_WAIT_MS, undefined, { signal: late.signal }).catch(() => {});
    await Promise.race([Promise.all(this.#inFlight), limit]);
    late.abort();
  }

  #pump(): void {
    for (const notice of this.#waiting) {
      if (this.#stopped || this.#rest !== undefined || this.#inFlight.size >= MAX_IN_FLIGHT) return;
      this.#waiting.delete(notice);
      const sent = this.#send(notice).then(() => {
        this.#inFlight.delete(sent);
        this.#pump();
      });
      this.#inFlight.add(sent);
    }
  }

  async #send(notice: Notice): Promise<void> {
    try {
      await this.#publish(notice.topic, { data: Buffer.from(notice.data), attributes: notice.attributes });
      this.#delayMs = 0;
      this.#published(notice);
    } catch (error) {
      this.#waiting.add(notice);
      this.#pause(notice, error);
    }
  }

  /** Several that fail together count as one failure. */
  #pause({ topic }: Notice, error: unknown): void {
    if (this.#stopped || this.#rest !== undefined) return;
    if (this.#delayMs === 0) console.error(`storage emulator: cannot publish to ${topic}, trying on: ${error}`);
    this.#delayMs = Math.min(MAX_DELAY_MS, this.#delayMs * 2 || FIRST_DELAY_MS);
    this.#rest = setTimeout(() => {
      this.#rest = undefined;
      this.#pump();
    }, this.#delayMs);
  }
}
