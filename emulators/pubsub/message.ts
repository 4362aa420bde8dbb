/** What is published: a message without what the emulator adds. */
export interface Draft {
  /** Base64. */
  data: string;
  attributes: Record<string, string>;
}

/** A published message as it is kept. */
export interface StoredMessage extends Draft {
  /** Milliseconds since 1970. */
  publishedAt: number;
}

/** A published message, as long as a subscription holds it. */
export interface Message extends StoredMessage {
  id: string;
  /** Size for flow control: data and attributes. */
  bytes: number;
  /** How many subscriptions still hold it. */
  holders: number;
}

/** The message that was stored under this id, held by nothing yet. */
export function messageOf(id: string, stored: StoredMessage): Message {
  let bytes = (stored.data.length * 3) / 4;
  for (const [key, value] of Object.entries(stored.attributes)) {
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  return { ...stored, id, bytes, holders: 0 };
}
