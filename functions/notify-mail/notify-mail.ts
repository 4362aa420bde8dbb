import { objectName } from '../../shared/event/object-name.ts';
import type { Rejection } from '../../shared/event/rejection.ts';
import type { SubscriberMessage, SubscriberRequest } from '../../shared/event/subscriber.ts';
import { listKey } from '../../shared/project/project.ts';
import { PermanentError } from '../../shared/runtime/errors.ts';
import { addressOf, withoutAsked } from '../../shared/stores/sites/site-mail.ts';
import { type SiteDocument, type Sites, siteKey } from '../../shared/stores/sites/sites.ts';
import type { MailClaims } from '../../shared/stores/topics/mail-claims.ts';
import type { MailApi, MailRequest } from './mail-api.ts';

export interface Stores {
  sites: Pick<Sites, 'change'>;
  mailClaims: Pick<MailClaims, 'release'>;
  mailApi: MailApi;
}

/**
 * Asks the mail API to put a site's admin on a list, unless that is no longer right: retries go on for hours, in which a site
 * can be erased, opt out, or get another address, which has its own request. Then it is forgotten that the list was asked,
 * so that the next report with consent, or with this address, asks again: of the site, or of another one with the address.
 */
export async function notifyMail(
  { request }: SubscriberMessage,
  { sites, mailClaims, mailApi }: Stores,
): Promise<void> {
  if (request === undefined) throw new PermanentError('unparseable', null, 'the message is no request to the mail API');
  const asked = { list: listKey(request), address: request.address };
  const site = await sites.change(siteKey(request.project, request.site), (known) =>
    isWanted(known, request) ? known : withoutAsked(known, asked),
  );
  if (site !== undefined && isWanted(site, request)) await mailApi.subscribe(mailRequest(request, site));
  else await mailClaims.release(request, asked);
}

function isWanted(site: SiteDocument, { address }: SubscriberRequest): site is SiteDocument & { adminEmail: string } {
  return !site.optedOut && addressOf(site) === address;
}

/** What was asked by keys, with what the site's document says now. */
function mailRequest(
  { project, provider, list, site, eventId }: SubscriberRequest,
  known: SiteDocument & { adminEmail: string },
): MailRequest {
  const { adminEmail: email, firstName = null, lastName = null } = known;
  return { project, provider, list, email, firstName, lastName, site, eventId, doubleOptIn: true };
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
