import { addressDigest } from '../../event/subscriber.ts';
import { listKey, type MailIntegration } from '../../project/project.ts';
import type { AskedMail, PendingMail, SiteDocument } from './sites.ts';

/** A site gets no mail at a further address of its within such a time: anybody can report in its name. */
const NEW_ADDRESS_MS = 7 * 86_400_000;
/** As many lists as a project can have. */
const MAX_ASKED = 20;

/** Which address of a site is meant, and which list. */
export interface Asked {
  /** See listKey. */
  list: string;
  /** See addressDigest. */
  address: string;
}

/** What stands for the address that a site has; undefined without one. */
export function addressOf({ project, adminEmail }: SiteDocument): string | undefined {
  return adminEmail ? addressDigest(project, adminEmail) : undefined;
}

/** Those of `lists` that were not asked yet to take the address that a site has. */
export function unaskedLists(site: SiteDocument, lists: readonly MailIntegration[]): MailIntegration[] {
  const address = addressOf(site);
  return address === undefined ? [] : lists.filter((list) => !isAsked(site, { list: listKey(list), address }));
}

/** Those that still want a message: not asked yet, or counted and noted by one who may have died before the message was out. */
export function unsentLists(site: SiteDocument, lists: readonly MailIntegration[]): MailIntegration[] {
  const unasked = unaskedLists(site, lists);
  return lists.filter((list) => unasked.includes(list) || isCounted(site, listKey(list)));
}

/** Whether a request is counted among what the project asks in an hour, and its message may not be out. */
export function isCounted(site: SiteDocument, list: string): boolean {
  return countedOf(site).includes(list);
}

function countedOf({ pendingMail }: Pick<SiteDocument, 'pendingMail'>): string[] {
  return pendingMail?.[0]?.counted ?? [];
}

export function isAsked({ askedMail = [] }: SiteDocument, { list, address }: Asked): boolean {
  return askedMail.some((asked) => asked.list === list && asked.address === address && !asked.unsure);
}

/** A site with this in its outbox, in the place of what `before` had. */
export function withPending(site: SiteDocument, pendingMail: PendingMail[], before: SiteDocument): SiteDocument {
  const lost = countedOf(before).filter((list) => !countedOf({ pendingMail }).includes(list));
  if (lost.length === 0) return withMail(site, { pendingMail });
  const address = addressOf(before);
  const askedMail = (site.askedMail ?? []).map((asked) =>
    asked.address === address && lost.includes(asked.list) ? { ...asked, unsure: true as const } : asked,
  );
  return withMail(site, { pendingMail, askedMail });
}

/** A site with its mail changed so, and when what waits is due. */
export function withMail(site: SiteDocument, mail: Pick<SiteDocument, 'pendingMail' | 'askedMail'>): SiteDocument {
  const { mailDueAt: _, ...rest } = site;
  const changed: SiteDocument = { ...rest, ...mail };
  const mailDueAt = dueAt(changed);
  return mailDueAt === undefined ? changed : { ...changed, mailDueAt };
}

/** When what waits may go out: at once, or a week after another address of the site was asked for. Never while it is opted out. */
function dueAt(site: SiteDocument): Date | undefined {
  const [pending] = site.pendingMail ?? [];
  const address = addressOf(site);
  if (pending === undefined || address === undefined || site.optedOut) return undefined;
  const { askedMail = [] } = site;
  const isNew = !askedMail.some((asked) => asked.address === address && !asked.unsure);
  const others = askedMail.filter((asked) => isNew && asked.address !== address);
  const waits = others.map(({ askedAt }) => askedAt.getTime() + NEW_ADDRESS_MS);
  return new Date(Math.max(Date.parse(pending.receivedAt), ...waits));
}

/** Whether what waits may go out, at the time of an event or of a clock. */
export function isMailDue(site: SiteDocument, at: Date): boolean {
  return site.mailDueAt !== undefined && site.mailDueAt <= timeOfAsking(site, at);
}

/** An event can come after a later one, which waits, or with which a list was asked. */
function timeOfAsking({ pendingMail = [], askedMail = [] }: SiteDocument, at: Date): Date {
  const known = [
    ...pendingMail.map(({ receivedAt }) => Date.parse(receivedAt)),
    ...askedMail.map(({ askedAt }) => askedAt.getTime()),
  ];
  return new Date(Math.max(at.getTime(), ...known));
}

/**
 * Notes that a list is asked for the address that the site has, before the message is out: two who ask at once, for two
 * addresses of the site, meet here. Gives `known` itself when it is not to be asked any more.
 */
export function noteAsked(
  known: SiteDocument,
  asked: Asked,
  { lists, at }: { lists: readonly MailIntegration[]; at: Date },
): SiteDocument {
  const [pending] = known.pendingMail ?? [];
  if (pending === undefined || addressOf(known) !== asked.address) return known;
  if (isAsked(known, asked) || !isMailDue(known, at)) return known;
  const { askedMail = [] } = withoutAsked(known, asked);
  return withMail(known, {
    pendingMail: [{ ...pending, counted: [...new Set([...countedOf(known), asked.list])] }],
    askedMail: remembered([{ ...asked, askedAt: timeOfAsking(known, at) }, ...askedMail], asked, lists),
  });
}

/** Notes it of a list that another site's word has asked, or is about to: no message is to go out. Gives `known` itself when that is no longer so. */
export function noteAskedElsewhere(
  known: SiteDocument,
  asked: Asked,
  { lists, at }: { lists: readonly MailIntegration[]; at: Date },
): SiteDocument {
  const noted = noteAsked(known, asked, { lists, at });
  return noted === known && !isAsked(known, asked) ? known : noteSent(noted, asked, lists);
}

/** The newest; those that keep a list from being asked once more before all others. */
function remembered(all: AskedMail[], { address }: Asked, lists: readonly MailIntegration[]): AskedMail[] {
  const keys = lists.map(listKey);
  const isOfUse = (asked: AskedMail) => asked.address === address && keys.includes(asked.list);
  return [...all.filter(isOfUse), ...all.filter((asked) => !isOfUse(asked))].slice(0, MAX_ASKED);
}

/** Takes off the outbox what is out, and what no list wants. Gives `known` itself when the site has another address since. */
export function noteSent(
  known: SiteDocument,
  { list, address }: { list?: string; address: string },
  lists: readonly MailIntegration[],
): SiteDocument {
  const [pending] = known.pendingMail ?? [];
  if (pending === undefined || addressOf(known) !== address) return known;
  const { counted: _, ...rest } = pending;
  const before = countedOf(known).filter((key) => key !== list);
  const counted = before.filter((key) => lists.some((each) => listKey(each) === key));
  const isDone = counted.length === 0 && unaskedLists(known, lists).length === 0;
  const next = counted.length > 0 ? { ...rest, counted } : rest;
  return withPending(known, isDone ? [] : [next], { ...known, pendingMail: [{ ...rest, counted: before }] });
}

/** Forgets that a list was asked, for the message did not go out, or the mail API was not asked. Gives `known` itself when there is nothing to forget. */
export function withoutAsked(known: SiteDocument, asked: Asked): SiteDocument {
  const { askedMail = [] } = known;
  const others = askedMail.filter(({ list, address }) => list !== asked.list || address !== asked.address);
  return others.length === askedMail.length ? known : withMail(known, { askedMail: others });
}
