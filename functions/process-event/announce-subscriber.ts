import { isEmail } from 'class-validator';
import type { SubscriberRequest } from '../../shared/event/subscriber.ts';
import type { MailIntegration, Project } from '../../shared/project/project.ts';
import type { SiteReport } from '../../shared/report/interpret.ts';
import type { PendingMail, SiteDocument, Sites } from '../../shared/stores/sites.ts';
import type { Topic } from '../../shared/stores/topics.ts';

export type Subscribers = Topic<SubscriberRequest>;

/**
 * What is to be asked of the mail lists once `after` has taken the place of `before`: the admin's address, when it is a
 * site's first or another one wins, and somebody can and may be written to there. Only a report with consent states an address.
 * An address that lost is not asked for any more.
 */
export function pendingMail(
  before: SiteDocument,
  after: SiteDocument,
  report: SiteReport | undefined,
  hasMailList: boolean,
): PendingMail[] {
  const { adminEmail: email, firstName = null, lastName = null } = after;
  if (report?.kind !== 'track' || email === before.adminEmail) return before.pendingMail ?? [];
  if (!hasMailList || after.environment !== 'production' || !isEmail(email)) return [];
  const { eventId, receivedAt } = report;
  return [{ eventId, receivedAt, email, firstName, lastName } as PendingMail];
}

/**
 * Publishes what is pending for a site, a message for each of its project's lists, and takes it off the document.
 *
 * This is an outbox: mergeSite writes the request into the document in the same compare-and-swap as the address, so that
 * none of them is without the other. Whoever dies between that write and the end of this function has not acked its
 * event: Pub/Sub delivers it again, the merge changes nothing, and the request that is still there is published; so does
 * any other event of the site. A message can go out twice that way, always with the same Idempotency-Key.
 * An opted-out site's request waits in its document for a report with consent.
 */
export async function announceSubscriber(
  site: SiteDocument,
  project: Project,
  { sites, subscribers }: { sites: Pick<Sites, 'removePendingMail'>; subscribers: Pick<Subscribers, 'publish'> },
): Promise<void> {
  if (site.optedOut) return;
  for (const { receivedAt, ...pending } of site.pendingMail ?? []) {
    for (const { provider, list } of enabledLists(project)) {
      const request = { project: project.hash, provider, list, site: site.site, ...pending };
      await subscribers.publish(request, { eventId: pending.eventId, receivedAt });
    }
    await sites.removePendingMail(site._id, pending.email);
  }
}

/** The lists that a project's admins go to. */
export function enabledLists(project: Project): MailIntegration[] {
  return project.mailIntegrations.filter(({ enabled }) => enabled);
}
