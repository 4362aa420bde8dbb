import { createHash } from 'node:crypto';
import { MAIL_PROVIDERS, type MailIntegration } from '../project/project.ts';
import { addressKey } from '../report/email-address.ts';
import { isJsonObject } from './envelope.ts';
import { pubsubMessage } from './notification.ts';

/**
 * What is asked: to put a site's admin on a list. Keys alone, for messages and dead letters are kept for days where nobody looks
 * who erases a person; address and names are read from the site's document when the mail API is asked.
 */
export interface SubscriberRequest {
  /** The project's hash. */
  project: string;
  provider: MailIntegration['provider'];
  list: string;
  /** Canonical. */
  site: string;
  /** The report with consent that led to it. */
  eventId: string;
  /** The address that is meant; see addressDigest. */
  address: string;
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

/** What stands for an address of a project's, the same for every spelling of it: SHA-256 in hexadecimal. */
export function addressDigest(project: string, email: string): string {
  return createHash('sha256')
    .update(`${project}\nmail\n${addressKey(email)}`)
    .digest('hex');
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
  if (!isJsonObject(value)) return undefined;
  const { project, list, site, eventId, email, address = digestOf(project, email) } = value;
  const provider = MAIL_PROVIDERS.find((name) => name === value.provider);
  return isText(project) && isText(list) && isText(site) && isText(eventId) && isText(address) && provider
    ? { project, provider, list, site, eventId, address }
    : undefined;
}

/** Earlier versions wrote the address itself. */
function digestOf(project: unknown, email: unknown): string | undefined {
  return isText(project) && isText(email) ? addressDigest(project, email) : undefined;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
