import { isLosslessNumber } from 'lossless-json';
import { PermanentError } from '../runtime/errors.ts';
import { isTooDeep, parseExactJson, stringifyExactJson } from './exact-json.ts';
import { KINDS, type Kind } from './object-name.ts';

/** A JSON object of unknown content. */
export type JsonObject = Record<string, unknown>;

/** What an object of the archive holds: the payload as it came, in an envelope of what only collect can know. */
export interface StoredEvent {
  /** Random; also the object's name, the event id in every store. */
  id: string;
  kind: Kind;
  /** ISO 8601 with milliseconds, UTC: the event's time, for the payload carries none. */
  receivedAt: string;
  userAgent: string | null;
  contentType: string | null;
  /** The address of the hop that the platform vouches for. */
  senderAddress: string | null;
  /** The body's bytes, when reading them as text was a guess or left some out; collect's limit bounds it. */
  bodyBase64?: string;
  /** A number in it that JavaScript would write otherwise is a LosslessNumber. */
  payload: JsonObject;
}

/**
 * The text of an object of the archive. `payloadText` is the payload's own JSON, which goes into it as it is, with the numbers,
 * equal keys and white space that the client sent.
 */
export function stringifyStoredEvent(
  { payload, ...envelope }: StoredEvent,
  payloadText = stringifyExactJson(payload),
): string {
  return `${JSON.stringify(envelope).slice(0, -1)},"payload":${payloadText}}`;
}

/** Reads an object of the archive. Throws PermanentError `invalid_object` when it is not a stored event. */
export function parseStoredEvent(text: string): StoredEvent {
  let event: unknown;
  try {
    event = parseExactJson(text);
  } catch {
    throw new PermanentError('invalid_object', null, 'the object is not JSON');
  }
  // whoever can write to the bucket may have put it there
  if (!isStoredEvent(event) || isTooDeep(event)) {
    throw new PermanentError('invalid_object', null, 'the object is not a stored event');
  }
  return event;
}

function isStoredEvent(value: unknown): value is StoredEvent {
  return (
    isJsonObject(value) &&
    typeof value.id === 'string' &&
    KINDS.includes(value.kind as Kind) &&
    isTime(value.receivedAt) &&
    [value.userAgent, value.contentType, value.senderAddress].every((text) => text === null || isText(text)) &&
    (value.bodyBase64 === undefined || isText(value.bodyBase64)) &&
    isJsonObject(value.payload)
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** As collect writes it; other spellings, and years that no table takes, would be failures of a store that never end. */
function isTime(value: unknown): boolean {
  return (
    isText(value) &&
    /^20\d{2}-/.test(value) &&
    !Number.isNaN(Date.parse(value)) &&
    new Date(value).toISOString() === value
  );
}

/** A LosslessNumber, which is one of JavaScript's objects, is none of JSON's. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isLosslessNumber(value);
}

/**
 * The md5 of the site's url in a client's User-Agent, `Appsero/<md5>;`, in lower case; null without one. The name
 * before it differs by plugin and may be missing. Source: the client's `Client::send_request`.
 */
export function userAgentMd5(userAgent: string | null): string | null {
  return /(?<![0-9a-z])[0-9a-f]{32}(?![0-9a-z])/i.exec(userAgent ?? '')?.[0].toLowerCase() ?? null;
}
