import { objectName } from '../../shared/event/object-name.ts';
import type { Rejection } from '../../shared/event/rejection.ts';
import type { SubscriberMessage, SubscriberRequest } from '../../shared/event/subscriber.ts';
import { PermanentError } from '../../shared/runtime/errors.ts';
import { type Sites, siteKey } from '../../shared/stores/sites.ts';
import type { MailApi } from './mail-api.ts';

export interface Stores {
  sites: Pick<Sites, 'find'>;
  mailApi: MailApi;
}

/** Asks the mail API to put a site's admin on a list, unless that is no longer right. */
export async function notifyMail({ request }: SubscriberMessage, { sites, mailApi }: Stores): Promise<void> {
  if (request === undefined) throw new PermanentError('unparseable', null, 'the message is no request to the mail API');
  if (await isWithdrawn(request, sites)) return;
  await mailApi.subscribe(request);
}

/** Retries go on for hours, in which a site can be erased, opt out, or get another address, which has its own request. */
async function isWithdrawn({ project, site, email }: SubscriberRequest, sites: Stores['sites']): Promise<boolean> {
  const known = await sites.find(siteKey(project, site));
  return known === undefined || known.optedOut || known.adminEmail !== email;
}

/**
 * What is recorded of a request that will never work. Its id is its own: the event's stands for the event, which is in the
 * history.
 */
export function rejectionOfMessage(
  { id, kind, receivedAt, request }: SubscriberMessage,
  { reason, field, message }: PermanentError,
): Rejection {
  return {
    eventId: request === undefined ? `${kind}:${id}` : `${id}:${request.provider}:${request.list}`,
    kind,
    receivedAt,
    projectHash: request?.project ?? null,
    reason,
    field,
    message,
    objectName: request === undefined ? null : objectName('track', receivedAt, id),
  };
}
