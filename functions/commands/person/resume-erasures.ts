import { parseObjectName } from '../../../shared/event/object-name.ts';
import type { Day } from '../../../shared/figures/days.ts';
import { keyOf, NO_PROJECT, type Traces } from '../../../shared/report/event-keys.ts';
import type { ErasureDocument } from '../../../shared/stores/erasures.ts';
import type { SiteNames } from '../../../shared/stores/sites/site-latest.ts';
import type { Terminal } from '../terminal.ts';
import { indexedOf } from './index-lookup.ts';
import type { PersonStores } from './person-stores.ts';
import { openTraces } from './read-traces.ts';
import type { EventsOfSites } from './refold-site.ts';
import { addCounts, removeHeld } from './remove-held.ts';
import { withoutNames } from './without-names.ts';

type Stores = Omit<PersonStores, 'projects'>;

/** Goes on with every erasure that is not done; gives their receipts as they are then. */
export async function resumeErasures(stores: Stores, terminal: Terminal): Promise<ErasureDocument[]> {
  const receipts: ErasureDocument[] = [];
  for (const receipt of await stores.erasures.pending()) receipts.push(await resumeErasure(receipt, stores, terminal));
  return receipts;
}

/** What MongoDB still has of a receipt's sites, which are told by their digests: a receipt has nothing else of them. */
export function namesOfReceipt(
  { project, keys }: Pick<ErasureDocument, 'project' | 'keys'>,
  { latest }: Pick<PersonStores, 'latest'>,
): Promise<SiteNames & { namedBy: string[] }> {
  const known = new Set(keys);
  return latest.names(project, (name) =>
    known.has('site' in name ? keyOf(project, 'site', name.site) : keyOf(project, 'md5', name.urlMd5)),
  );
}

/** The objects that a receipt has still to remove. */
export function objectsOfReceipt({ pending, late = [] }: Pick<ErasureDocument, 'pending' | 'late'>): string[] {
  return [...new Set([...(pending?.objects ?? []), ...late])];
}

async function resumeErasure(receipt: ErasureDocument, stores: Stores, terminal: Terminal): Promise<ErasureDocument> {
  const { project: projectHash, erasedAt: until } = receipt;
  // whoever put it may have died before it stood
  await stores.erasures.put(receipt);
  const keys = new Set(receipt.keys);
  const { sites, urlMd5s, namedBy } = await namesOfReceipt(receipt, stores);
  const objects = objectsOfReceipt(receipt);
  const parsed = objects.map(parseObjectName).filter((object) => object !== undefined);
  const latest = await stores.latest.find({
    projectHash,
    sites,
    urlMd5s,
    unsharedMd5s: urlMd5s.filter((md5) => keys.has(keyOf(NO_PROJECT, 'md5', md5))),
    eventIds: parsed.map(({ id }) => id),
    until,
  });
  const events = await eventsIn(objects, projectHash, stores, terminal);
  const mentioning = [...namedBy, ...new Set(events.map(({ site }) => site))];
  const clean = withoutNames(projectHash, keys);
  const partly = await partlyOf(receipt, events, stores);
  const othersNow = (some: string[]) => othersOf(receipt, some, stores);
  const held = {
    projectHash,
    sites,
    objects,
    latest,
    namedBy: mentioning,
    clean,
    keys: receipt.keys,
    partly,
    othersNow,
  };
  const { removed, refused } = await removeHeld(held, until, stores);
  const done = refused.length === 0;
  // a rebuild may have made of rows that BigQuery kept what nobody has the names for any more
  if (done) await stores.lateDays.want(daysOf(parsed.map(({ hour }) => hour)), false);
  const next: ErasureDocument = {
    ...receipt,
    removed: addCounts(receipt.removed, removed),
    status: done ? 'done' : 'pending',
    finishedAt: done ? new Date() : null,
    pending: done ? null : { tables: refused, objects },
  };
  await stores.erasures.put(next, objects);
  return next;
}

function daysOf(times: Date[]): Day[] {
  return [...new Set(times.map((time) => time.toISOString().slice(0, 10)))];
}

type SiteEvent = Traces & { site: string };

/** What those of these objects say that are still there: their sites' documents may still have it. */
async function eventsIn(
  objects: string[],
  projectHash: string,
  { archive }: Stores,
  terminal: Terminal,
): Promise<SiteEvent[]> {
  const traces = openTraces(archive, terminal);
  await traces.read(objects);
  const isOfSite = (one: Traces | null): one is SiteEvent => one?.projectHash === projectHash && one.site !== null;
  return [...traces.of.values()].filter(isOfSite);
}

/** The sites of which only the events go that name the address as the admin's; none where not all other events can be found. */
async function partlyOf(receipt: ErasureDocument, events: SiteEvent[], { eventKeys }: Stores) {
  const { project } = receipt;
  const keys = new Set(receipt.keys);
  const named = events.filter(({ adminEmails }) =>
    adminEmails.some((email) => keys.has(keyOf(project, 'email', email))),
  );
  const sites = new Set(named.map(({ site }) => site).filter((site) => !keys.has(keyOf(project, 'site', site))));
  if (sites.size === 0) return [];
  const unindexed = await eventKeys.unindexedHours(await eventKeys.completeSince(new Date()));
  return unindexed.length === 0 ? [...sites] : [];
}

/** But for what the receipt has to remove. */
async function othersOf(receipt: ErasureDocument, sites: string[], stores: Stores): Promise<EventsOfSites> {
  const objects = new Set(objectsOfReceipt(receipt));
  const indexed = await indexedOf(receipt.project, sites, stores.eventKeys);
  return new Map([...indexed].map(([site, all]) => [site, all.filter((object) => !objects.has(object))]));
}
