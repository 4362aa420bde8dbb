import type { SubscriberRequest } from '../../event/subscriber.ts';
import { enabledLists, listKey, type MailIntegration, type Project } from '../../project/project.ts';
import {
  type Asked,
  addressOf,
  isAsked,
  isCounted,
  isMailDue,
  noteAsked,
  noteAskedElsewhere,
  noteSent,
  unsentLists,
  withoutAsked,
} from '../sites/site-mail.ts';
import type { PendingMail, SiteDocument, Sites } from '../sites/sites.ts';
import type { MailClaims } from './mail-claims.ts';
import type { MailQuotas } from './mail-quotas.ts';
import type { Topic } from './topics.ts';

export type Subscribers = Topic<SubscriberRequest>;

export interface OutboxStores {
  sites: Pick<Sites, 'change'>;
  mailClaims: Pick<MailClaims, 'claim' | 'release'>;
  mailQuotas: MailQuotas;
  subscribers: Pick<Subscribers, 'publish'>;
  now(): Date;
}

/** For whoever only folds events: no list is asked, and what is to be waits as it does above the cap. */
export const ASKS_LATER: Pick<OutboxStores, 'mailClaims' | 'mailQuotas' | 'subscribers'> = {
  mailClaims: { claim: async () => true, release: async () => {} },
  mailQuotas: { take: async () => false },
  subscribers: { publish: async () => {} },
};

/** What became of a site's request: it is out, nobody wants it, it waits for consent or a week, or it waits for the next hour. */
export type Outcome = 'sent' | 'unwanted' | 'waits' | 'over-cap';

/**
 * Publishes what waits for a site, a message for each of its project's lists, if it is due at the time `at`: that of an event
 * of the site, or of a clock.
 *
 * This is an outbox: mergeSite writes the request into the document in the same compare-and-swap as the address, so that
 * none of them is without the other. Before a message goes out, the address is claimed for the site, for another one may have
 * asked for it; one is taken of what the project may ask in this hour, and the document notes that the list is asked; after it, that it is out. Who dies in between is followed by the event, which
 * comes again, by any other event of the site, and by the sweep: what was noted goes out once more without being counted
 * twice, under the same Idempotency-Key. What was counted and not noted is lost to this hour's cap, and to nothing else.
 */
export async function publishPendingMail(
  site: SiteDocument,
  project: Project,
  at: Date,
  stores: OutboxStores,
): Promise<Outcome> {
  const address = addressOf(site);
  if (site.pendingMail === undefined || site.pendingMail.length === 0 || address === undefined) return 'unwanted';
  const lists = enabledLists(project);
  const wanted = unsentLists(site, lists);
  if (wanted.length === 0) {
    await stores.sites.change(site._id, (known) => noteSent(known, { address }, lists));
    return 'unwanted';
  }
  if (!isMailDue(site, at)) return 'waits';
  let became: Outcome = 'unwanted';
  for (const list of wanted) {
    const outcome = await ask(site, list, at, { ...stores, project });
    if (outcome === 'waits' || outcome === 'over-cap') return outcome;
    if (outcome === 'sent') became = 'sent';
  }
  return became;
}

async function ask(
  site: SiteDocument,
  list: MailIntegration,
  at: Date,
  { project, ...stores }: OutboxStores & { project: Project },
): Promise<Outcome> {
  const lists = enabledLists(project);
  const asked = { list: listKey(list), address: addressOf(site) as string };
  const { mailClaims, mailQuotas, now } = stores;
  if (!(await mailClaims.claim(site, asked, now()))) {
    await stores.sites.change(site._id, (known) => noteAskedElsewhere(known, asked, { lists, at }));
    return 'unwanted';
  }
  if (!isCounted(site, asked.list) && !(await mailQuotas.take(project, now()))) {
    await mailClaims.release(site, asked);
    return 'over-cap';
  }
  const noted = await stores.sites.change(site._id, (known) => noteAsked(known, asked, { lists, at }));
  const pending = noted && toSend(noted, asked);
  if (pending === undefined) {
    // it was erased, opted out or got another address meanwhile, or another one published this
    if (noted === undefined || !isNoted(noted, asked)) await mailClaims.release(site, asked);
    return 'waits';
  }
  const mayBeOut = isAsked(site, asked);
  // what is known not to be out is not noted as asked, for another address can take its place
  await stores.subscribers.publish(...messageOf(site, list, asked, pending)).catch(async (error) => {
    if (!mayBeOut) {
      await stores.sites.change(site._id, (known) => withoutAsked(known, asked));
      await mailClaims.release(site, asked);
    }
    throw error;
  });
  await stores.sites.change(site._id, (known) => noteSent(known, asked, lists));
  return 'sent';
}

/** A site's request, if it is still for that address, and its message to that list is to go out. */
function toSend(site: SiteDocument, { list, address }: Asked): PendingMail | undefined {
  return addressOf(site) === address && !site.optedOut && isCounted(site, list) ? site.pendingMail?.[0] : undefined;
}

/** Whether the list was asked, or may have been. */
function isNoted({ askedMail = [] }: SiteDocument, { list, address }: Asked): boolean {
  return askedMail.some((asked) => asked.list === list && asked.address === address);
}

function messageOf(
  { project, site }: SiteDocument,
  { provider, list }: MailIntegration,
  { address }: Asked,
  { eventId, receivedAt }: PendingMail,
): [SubscriberRequest, Record<string, string>] {
  return [
    { project, provider, list, site, eventId, address },
    { eventId, receivedAt },
  ];
}
