import type { StoredEvent } from '../../shared/event/envelope.ts';
import type { ObjectReference } from '../../shared/event/notification.ts';
import { objectName } from '../../shared/event/object-name.ts';
import { eventKeys, indexedKeys, tracesOf } from '../../shared/report/event-keys.ts';
import { type Attribution, interpret, isNameless, type Meaning, rejectionOf } from '../../shared/report/interpret.ts';
import type { Cohorts } from '../../shared/runtime/cohorts.ts';
import { PermanentError } from '../../shared/runtime/errors.ts';
import { together } from '../../shared/runtime/together.ts';
import { type InTurnStores, workInTurn } from '../../shared/stores/archive/work-in-turn.ts';
import type { Erasures } from '../../shared/stores/erasures.ts';
import type { EventKeys } from '../../shared/stores/history/event-keys.ts';
import { attribute, onlyOwner, type Sources } from '../../shared/stores/sites/attribution.ts';
import type { KnownSite, SiteDocument } from '../../shared/stores/sites/sites.ts';
import type { Unclaimed } from '../../shared/stores/sites/unclaimed.ts';
import { appendHistory, type HistoryStores } from './append-history.ts';
import { type LatestStores, updateSite } from './update-site.ts';

export interface Stores extends Sources, HistoryStores, LatestStores, InTurnStores {
  /** Of this instance. */
  cohorts: Cohorts;
  sites: LatestStores['sites'];
  unclaimed: Unclaimed;
  eventKeys: Pick<EventKeys, 'append'>;
  erasures: Pick<Erasures, 'isErased' | 'addLate'>;
}

/**
 * The pipeline: reads an event once, says once whom it is from and what it means, and writes that side by side to the history
 * and to the site's latest state, so that the two cannot disagree. Resolves when both are done; when either fails, the event
 * comes again, and a branch that was done writes the same once more. An object that is gone was erased.
 */
export async function processEvent({ name }: Pick<ObjectReference, 'name'>, stores: Stores): Promise<void> {
  const work = async (event: StoredEvent | undefined) => {
    const site = event && (await processOne(event, stores));
    return site ? claimedBy(site, stores) : [];
  };
  const claimed = await workInTurn(name, stores, work, stores.cohorts.run);
  // after its own turn: each of them may have to wait for one
  for (const object of claimed) {
    await workInTurn(object, stores, async (event) => event && processOne(event, stores));
  }
}

async function processOne(event: StoredEvent, stores: Stores): Promise<SiteDocument | undefined> {
  let attribution = await attribute(event, stores);
  let meaning = await meaningOf(event, attribution, stores);
  if (meaning.unclaimed) {
    // written before its site is looked for again: of it and the report that makes the site known, one sees the other
    await stores.unclaimed.put(meaning.unclaimed, stores.now());
    attribution = await attribute(event, stores);
    meaning = await meaningOf(event, attribution, stores);
    if (meaning.unclaimed) return undefined;
  }
  const [, site] = await together(appendHistory(meaning, stores), updateSite(meaning, attribution.project, stores));
  if (isNameless(event)) await stores.unclaimed.remove(event.id);
  return site;
}

/**
 * What an event means, once it can be found by whom it is about: before anything of it is written, so that nothing that is
 * anywhere is out of an erasure's reach. An event from before an erasure comes too late; its object is left to `erase --resume`.
 */
async function meaningOf(event: StoredEvent, attribution: Attribution, stores: Stores): Promise<Meaning> {
  const { id, kind, receivedAt } = event;
  const keys = eventKeys(tracesOf(event), attribution);
  const [, isErased] = await together(
    stores.eventKeys.append(event, indexedKeys(keys, attribution), stores.now()),
    stores.erasures.isErased({ keys, receivedAt }),
  );
  if (!isErased) return interpret(event, attribution);
  await stores.erasures.addLate({ keys, receivedAt }, objectName(kind, receivedAt, id));
  return { rejection: rejectionOf(event, new PermanentError('erased', null, 'it was erased before it was read')) };
}

/** The objects of the deactivations that waited for this site to be known. */
async function claimedBy({ urlMd5s, firstSeenAt }: SiteDocument, stores: Stores): Promise<string[]> {
  const claimed: string[] = [];
  const sitesOf = new Map<string, KnownSite[]>();
  for (const { eventId, receivedAt, urlMd5 } of await stores.unclaimed.withMd5s(urlMd5s, firstSeenAt)) {
    const sites = sitesOf.get(urlMd5) ?? (await stores.sites.withMd5(urlMd5));
    sitesOf.set(urlMd5, sites);
    if (onlyOwner(sites, receivedAt)) claimed.push(objectName('deactivate', receivedAt, eventId));
  }
  return claimed;
}
