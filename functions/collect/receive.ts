import { randomUUID } from 'node:crypto';
import type { StoredEvent } from '../../shared/event/envelope.ts';
import type { Kind } from '../../shared/event/object-name.ts';
import { within } from '../../shared/runtime/errors.ts';
import type { Archive } from '../../shared/stores/archive/archive.ts';
import type { Intake } from './intake.ts';
import { type BodyHeaders, STORE_MS } from './limits.ts';
import { parseBody } from './parse-body.ts';
import { checkPayload } from './payload.ts';

/** A POST on one of the three routes. */
export interface Received extends BodyHeaders {
  kind: Kind;
  body: Buffer;
  userAgent: string | null;
  senderAddress: string | null;
}

/**
 * Writes a payload to the archive and gives the event's id, once it is durable. Throws PermanentError for what can be
 * nobody's data, UnsupportedMediaTypeError, and TransientError when the archive is out of reach. While it is written, nothing
 * holds the payload but what is sent.
 */
export function receive(
  received: Received,
  { archive, now, intake }: { archive: Pick<Archive, 'create'>; now: () => Date; intake: Pick<Intake, 'traffic'> },
): Promise<string> {
  const { kind, body, userAgent, contentType, senderAddress } = received;
  const { payload, payloadText, isExact } = parseBody(body, received);
  checkPayload(payload, userAgent);
  intake.traffic.countProject(payload.hash);
  const id = randomUUID();
  const event: StoredEvent = {
    id,
    kind,
    receivedAt: now().toISOString(),
    userAgent,
    contentType,
    senderAddress,
    ...(!isExact && { bodyBase64: body.toString('base64') }),
    payload,
  };
  return within(STORE_MS, archive.create(event, payloadText)).then(() => id);
}
