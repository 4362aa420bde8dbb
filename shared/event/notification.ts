import { TransientError } from '../runtime/errors.ts';
import { isJsonObject } from './envelope.ts';
import { type Kind, parseObjectName } from './object-name.ts';

/** A finalized object that is one of ours. */
export interface ObjectReference {
  name: string;
  kind: Kind;
  id: string;
  /** Start of the hour in which it was received. */
  hour: Date;
}

/** A Pub/Sub message as a function gets it; `data` is base64. */
export interface PubsubMessage {
  data: string;
  attributes: Record<string, string>;
  /** The same in every delivery; empty when this is no Pub/Sub message. */
  messageId: string;
  /** ISO 8601, the same in every delivery. */
  publishTime: string;
}

/**
 * The Pub/Sub message in what the Functions Framework hands to a CloudEvent function: `{data: {message}}` from a push
 * that it converted or from Eventarc, and the push body itself, `{message}`, when the message has no data (seen in
 * functions-framework 5.0.5: attribute-only pushes are not converted).
 */
export function pubsubMessage(event: unknown): PubsubMessage {
  const body = isJsonObject(event) && isJsonObject(event.data) ? event.data : event;
  const message = isJsonObject(body) && isJsonObject(body.message) ? body.message : {};
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  return {
    data: text(message.data),
    attributes: (isJsonObject(message.attributes) ? message.attributes : {}) as Record<string, string>,
    messageId: text(message.messageId),
    publishTime: text(message.publishTime),
  };
}

/**
 * The object that a Cloud Storage notification speaks of; undefined when it is not a finalized object of ours, since not
 * every Pub/Sub honours the subscription's filter. Throws TransientError when it lies in another bucket than `bucket`: one of the
 * two is set up wrongly, and an event that is acked here would be in no store.
 */
export function decodeNotification(event: unknown, bucket: string): ObjectReference | undefined {
  const { bucketId, objectId, eventType } = pubsubMessage(event).attributes;
  if (eventType !== 'OBJECT_FINALIZE' || objectId === undefined) return undefined;
  if (bucketId !== bucket) {
    throw new TransientError('a notification of another bucket than ARCHIVE_BUCKET', { cause: undefined });
  }
  const parts = parseObjectName(objectId);
  return parts && { name: objectId, ...parts };
}
