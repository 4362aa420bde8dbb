import type { Message, Subscription } from './subscription.ts';
import type { SubscriptionConfig, Topic } from './wire.ts';

/** What is published: a message without what the emulator adds. */
export interface Draft {
  data: string;
  attributes: Record<string, string>;
  orderingKey: string;
}

export interface MessageRecord extends Draft {
  kind: 'message';
  id: string;
  publishedAt: number;
  /** The subscriptions that hold it, each with its failures so far. */
  to: [subscription: number, failures: number][];
  /** The message of another subscription that leaves it as a dead letter in this same step. */
  from?: [subscription: number, messageId: string];
}

/** A line of the journal: a change, or (after a compaction) a part of the state. */
export type JournalRecord =
  | { kind: 'ids'; message: number; subscription: number }
  | { kind: 'topic'; topic: Topic }
  | { kind: 'topicDeleted'; name: string }
  | { kind: 'subscription'; id: number; config: SubscriptionConfig }
  | { kind: 'subscriptionDeleted'; id: number }
  | MessageRecord
  | { kind: 'removed'; subscription: number; messages: string[] }
  | { kind: 'failed'; subscription: number; message: string; failures: number };

/** The whole state as records, of which nothing but what is still there remains. */
export function* snapshot(state: {
  ids: { message: number; subscription: number };
  topics: Iterable<Topic>;
  subscriptions: readonly Subscription[];
  messages: Iterable<Message>;
}): Iterable<JournalRecord> {
  yield { kind: 'ids', ...state.ids };
  for (const topic of state.topics) yield { kind: 'topic', topic };
  for (const { id, config } of state.subscriptions) yield { kind: 'subscription', id, config };
  for (const { id, publishedAt, data, attributes, orderingKey } of state.messages) {
    const to: MessageRecord['to'] = [];
    for (const subscription of state.subscriptions) {
      const failures = subscription.failuresOf(id);
      if (failures !== undefined) to.push([subscription.id, failures]);
    }
    yield { kind: 'message', id, publishedAt, data, attributes, orderingKey, to };
  }
}
