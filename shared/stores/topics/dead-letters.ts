import { PubSub, v1 } from '@google-cloud/pubsub';
import { batchesOf } from '../../runtime/batches-of.ts';
import { transient } from '../../runtime/errors.ts';

/** A message that was given up. */
export interface DeadLetter {
  /** In its dead-letter topic; the same in every delivery. */
  messageId: string;
  /** When it became one; ISO 8601. */
  publishedAt: string;
  attributes: Record<string, string>;
  /** Holds a site or a person's address: never shown. */
  data: Uint8Array;
  /** Of this delivery. */
  ackId: string;
}

/** The dead letters of a mesh, by their pull subscriptions. Whoever takes one has it for ten minutes, or until he lets go of it. */
export interface DeadLetters {
  /** `limit` at most, each once; fewer when no more come within some seconds. undefined: there is no such subscription. */
  take(subscription: string, limit: number): Promise<DeadLetter[] | undefined>;
  /** They are there again at once. */
  release(subscription: string, letters: DeadLetter[]): Promise<void>;
  /** They are gone for good. */
  remove(subscription: string, letters: DeadLetter[]): Promise<void>;
  /** Publishes it once more to the topic that it came from, as it was. */
  redrive(topic: string, letter: DeadLetter): Promise<void>;
  close(): Promise<void>;
}

/** Pub/Sub adds these when it gives up. */
const ADDED = /^CloudPubSubDeadLetterSource/;
/** An empty answer of the service does not mean that there is nothing: it is asked once more. */
const MAX_EMPTY = 2;
const PULL_MS = 1500;
const MAX_PULLED = 1000;
const HELD_SECONDS = 600;
const DEADLINE_EXCEEDED = 4;
const NOT_FOUND = 5;

type ClientOptions = ConstructorParameters<typeof v1.SubscriberClient>[0];

export function openDeadLetters({ projectId }: { projectId: string }): DeadLetters {
  const pubsub = new PubSub({ projectId });
  let opened: Promise<v1.SubscriberClient> | undefined;
  // the config has the address of an emulator
  const client = () => {
    opened ??= pubsub.getClientConfig().then((config) => new v1.SubscriberClient(config as ClientOptions));
    return opened;
  };
  const pathOf = (name: string) => `projects/${projectId}/subscriptions/${name}`;
  const pull = async (name: string, maxMessages: number): Promise<DeadLetter[] | undefined> => {
    const subscriber = await client();
    const subscription = pathOf(name);
    const [answer] = await subscriber
      .pull({ subscription, maxMessages }, { timeout: PULL_MS, retry: { retryCodes: [] } })
      .catch((error) => {
        if (error.code === DEADLINE_EXCEEDED) return [{ receivedMessages: [] }] as const;
        if (error.code === NOT_FOUND) return [undefined] as const;
        throw error;
      });
    if (answer === undefined) return undefined;
    const letters = (answer.receivedMessages ?? []).map(({ ackId, message }) => ({
      messageId: message?.messageId ?? '',
      publishedAt: timeOf(message?.publishTime),
      attributes: { ...message?.attributes },
      data: Buffer.from((message?.data as Uint8Array | undefined) ?? []),
      ackId: ackId ?? '',
    }));
    if (letters.length > 0) await setDeadline(name, letters, HELD_SECONDS);
    return letters;
  };
  const setDeadline = async (name: string, letters: DeadLetter[], ackDeadlineSeconds: number) => {
    const ackIds = letters.map(({ ackId }) => ackId);
    await (await client()).modifyAckDeadline({ subscription: pathOf(name), ackIds, ackDeadlineSeconds });
  };
  const doing = <T>(call: () => Promise<T>) => transient('dead letters', call);
  return {
    take: (name, limit) =>
      doing(async () => {
        const taken = new Map<string, DeadLetter>();
        for (let empty = 0; empty < MAX_EMPTY && taken.size < limit; ) {
          const letters = await pull(name, Math.min(MAX_PULLED, limit - taken.size));
          if (letters === undefined) return undefined;
          // the ack id of the latest delivery counts
          for (const letter of letters) taken.set(letter.messageId, letter);
          empty = letters.length === 0 ? empty + 1 : 0;
        }
        return [...taken.values()];
      }),
    release: (name, letters) => doing(() => inParts(letters, (part) => setDeadline(name, part, 0))),
    remove: (name, letters) =>
      doing(() =>
        inParts(letters, async (part) => {
          const ackIds = part.map(({ ackId }) => ackId);
          await (await client()).acknowledge({ subscription: pathOf(name), ackIds });
        }),
      ),
    redrive: (topic, { data, attributes }) =>
      doing(async () => {
        const kept = Object.entries(attributes).filter(([name]) => !ADDED.test(name));
        await pubsub.topic(topic).publishMessage({ data: Buffer.from(data), attributes: Object.fromEntries(kept) });
      }),
    close: async () => {
      await (await opened)?.close();
      await pubsub.close();
    },
  };
}

/** A request may be 512 KB long, an ack id some 200 bytes. */
const MAX_ACK_IDS = 1000;

async function inParts(letters: DeadLetter[], work: (part: DeadLetter[]) => Promise<void>): Promise<void> {
  for (const part of batchesOf(letters, MAX_ACK_IDS)) await work(part);
}

function timeOf(time: { seconds?: unknown; nanos?: unknown } | null | undefined): string {
  return new Date(Number(time?.seconds ?? 0) * 1000 + Number(time?.nanos ?? 0) / 1e6).toISOString();
}
