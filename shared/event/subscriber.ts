import { MAIL_PROVIDERS, type MailIntegration } from '../project/project.ts';
import { isJsonObject } from './envelope.ts';
import { pubsubMessage } from './notification.ts';

/** What is asked of the mail API: to put a site's admin on a list. Also the body that the API gets. */
export interface SubscriberRequest {
  /** The project's hash. */
  project: string;
  provider: MailIntegration['provider'];
  list: string;
  email: string;
  firstName: string | null;
  lastName: string | null;
  /** Canonical. */
  site: string;
  /** The event that stated the address. */
  eventId: string;
}

/** A message of the topic `subscribers`: the request as JSON, the event's time as the attribute `receivedAt`. */
export interface SubscriberMessage {
  /** The event's id, or the message's own when the request cannot be read. */
  id: string;
  kind: 'subscriber';
  /** ISO 8601: the event's time, or the message's when the request cannot be read. */
  receivedAt: string;
  /** undefined when what was sent is no request. */
  request: SubscriberRequest | undefined;
}

/** Reads a push. undefined when it is no Pub/Sub message. */
export function decodeSubscriberMessage(event: unknown): SubscriberMessage | undefined {
  const { data, attributes, messageId, publishTime } = pubsubMessage(event);
  if (messageId === '') return undefined;
  const request = parseRequest(Buffer.from(data, 'base64').toString('utf8'));
  const { receivedAt } = attributes;
  return request === undefined || receivedAt === undefined || Number.isNaN(Date.parse(receivedAt))
    ? { id: messageId, kind: 'subscriber', receivedAt: publishTime, request: undefined }
    : { id: request.eventId, kind: 'subscriber', receivedAt, request };
}

function parseRequest(text: string): SubscriberRequest | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isRequest(value) ? value : undefined;
}

function isRequest(value: unknown): value is SubscriberRequest {
  return (
    isJsonObject(value) &&
    [value.project, value.list, value.email, value.site, value.eventId].every(isText) &&
    [value.firstName, value.lastName].every((name) => name === null || isText(name)) &&
    MAIL_PROVIDERS.some((provider) => provider === value.provider)
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
