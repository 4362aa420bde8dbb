import type { PermanentError, RejectionReason } from '../runtime/errors.ts';
import type { ObjectReference } from './notification.ts';
import type { Kind } from './object-name.ts';
import type { SubscriberMessage } from './subscriber.ts';

/** Why an event is in no history, or a request of its on no mail list: permanent, recorded once, acked. */
export interface Rejection {
  eventId: string;
  /** `subscriber`: a request to the mail API; its event is in the history all the same, so `eventId` is another one. */
  kind: Kind | SubscriberMessage['kind'];
  /** ISO 8601: the event's time, so that rejections and history add up to the archive hour by hour. */
  receivedAt: string;
  /** null when not readable. */
  projectHash: string | null;
  reason: RejectionReason;
  /** The payload's field at fault, dotted; null when it is the whole. */
  field: string | null;
  /** For a person; never holds a value of the payload. */
  message: string;
  /** null when not known. */
  objectName: string | null;
}

/** What is recorded of an object that cannot be read as an event; its hour stands for its time. */
export function rejectionOfObject({ id, kind, hour, name }: ObjectReference, error: PermanentError): Rejection {
  const { reason, field, message } = error;
  return {
    eventId: id,
    kind,
    receivedAt: hour.toISOString(),
    projectHash: null,
    reason,
    field,
    message,
    objectName: name,
  };
}
