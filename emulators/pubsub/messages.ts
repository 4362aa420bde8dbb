import type { Draft, MessageRecord } from './records.ts';
import type { Message } from './subscription.ts';

/** What a message costs beside its data and attributes, roughly. */
const OVERHEAD_BYTES = 200;

/** The messages that some subscription still holds, and how much they are. */
export class Messages {
  #byId = new Map<string, Message>();
  #bytes = 0;

  get count(): number {
    return this.#byId.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Oldest first. */
  all(): Iterable<Message> {
    return this.#byId.values();
  }

  add(message: Message): void {
    this.#byId.set(message.id, message);
    this.#bytes += message.bytes + OVERHEAD_BYTES;
  }

  /** Forgets the message once no subscription holds it. */
  release(message: Message): void {
    if (message.holders > 0 || !this.#byId.delete(message.id)) return;
    this.#bytes -= message.bytes + OVERHEAD_BYTES;
  }
}

/** The message of a record, held by nothing yet. */
export function messageOf({ id, publishedAt, data, attributes, orderingKey }: MessageRecord): Message {
  return {
    id,
    publishedAt,
    data,
    attributes,
    orderingKey,
    bytes: sizeOf({ data, attributes, orderingKey }),
    holders: 0,
  };
}

function sizeOf({ data, attributes, orderingKey }: Draft): number {
  let bytes = (data.length * 3) / 4 + Buffer.byteLength(orderingKey);
  for (const [key, value] of Object.entries(attributes)) bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  return bytes;
}
