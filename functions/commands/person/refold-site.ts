import { isDeepStrictEqual } from 'node:util';
import type { Db } from 'mongodb';
import { enabledLists, type MailIntegration } from '../../../shared/project/project.ts';
import { concurrently } from '../../../shared/runtime/concurrently.ts';
import { TransientError, transient } from '../../../shared/runtime/errors.ts';
import type { Archive } from '../../../shared/stores/archive/archive.ts';
import { openProjects } from '../../../shared/stores/projects.ts';
import { type DeactivationDocument, openDeactivations } from '../../../shared/stores/sites/deactivations.ts';
import { addressOf, noteSent, withMail } from '../../../shared/stores/sites/site-mail.ts';
import { siteState, withState } from '../../../shared/stores/sites/site-state.ts';
import { openSites, type SiteDocument, siteKey } from '../../../shared/stores/sites/sites.ts';
import { processEvent, type Stores } from '../../process-event/process-event.ts';
import { openTarget, readEvent } from '../recovery/replay-into.ts';

/** The objects of events, by their canonical site. */
export type EventsOfSites = ReadonlyMap<string, readonly string[]>;

/** Makes the latest states of sites anew. */
export interface Refold {
  /**
   * Of sites of a project, from the objects that `eventsNow` gives of each: those of all its events that stay. A site stays as
   * it is where the object of one of them is gone.
   */
  refold(projectHash: string, sites: string[], eventsNow: (sites: string[]) => Promise<EventsOfSites>): Promise<void>;
}

interface Folded {
  site: SiteDocument | undefined;
  deactivation: Omit<DeactivationDocument, 'hasText'> | undefined;
}

/** Sites to which something new comes each time they are made anew do not go on like that. */
const MAX_ROUNDS = 20;
const SITES_AT_ONCE = 8;

export function openRefold(db: Db, archive: Archive): Refold {
  const target = openTarget(db, archive);
  return {
    refold: async (projectHash, sites, eventsNow) => {
      const folded = new Map<string, Set<string>>();
      let open = sites;
      for (let round = 0; open.length > 0; round += 1) {
        if (round === MAX_ROUNDS)
          throw new TransientError('MongoDB: too many writers of one site', { cause: undefined });
        const events = await eventsNow(open);
        // one that came meanwhile is indexed before it is folded, and changes nothing where a newer one has said it all
        open = open.filter((site) => !isWithin(events.get(site) ?? [], folded.get(site)));
        await concurrently(open, SITES_AT_ONCE, async (site) => {
          const objects = events.get(site) ?? [];
          const isDone = await refoldOne(siteKey(projectHash, site), objects, target, db);
          if (isDone) folded.set(site, new Set(objects));
        });
      }
    },
  };
}

function isWithin(items: readonly string[], others: ReadonlySet<string> | undefined): boolean {
  return others !== undefined && items.every((item) => others.has(item));
}

/** false: another one wrote it meanwhile. */
async function refoldOne(key: string, objects: readonly string[], target: Stores, db: Db): Promise<boolean> {
  const made = await fold(key, objects, target);
  return made === undefined || replace(key, made, db);
}

/** What the pipeline of process-event makes of these events alone; undefined when one of them is gone. */
async function fold(key: string, objects: readonly string[], target: Stores): Promise<Folded | undefined> {
  const folded = new Map<string, SiteDocument>();
  const result: Folded = { site: undefined, deactivation: undefined };
  const put = (id: string, document: SiteDocument) => {
    folded.set(id, document);
    return document;
  };
  const nothing = async () => {};
  const stores: Stores = {
    ...target,
    sites: {
      ...target.sites,
      update: async (id, merge) => put(id, merge(folded.get(id))),
      change: async (id, merge) => {
        const known = folded.get(id);
        return known && put(id, merge(known));
      },
    },
    deactivations: {
      put: async (document) => {
        if (document._id === key) result.deactivation = document;
      },
    },
    optOuts: { ...target.optOuts, put: nothing },
    unclaimed: { ...target.unclaimed, put: nothing, remove: nothing, withMd5s: async () => [] },
  };
  for (const name of objects) {
    const event = await readEvent(name, target.archive);
    if (event === undefined) return undefined;
    if (event !== null) await processEvent({ name }, { ...stores, archive: { read: async () => event } });
  }
  return { ...result, site: folded.get(key) };
}

async function replace(key: string, { site, deactivation }: Folded, db: Db): Promise<boolean> {
  const sites = openSites(db);
  const known = await sites.find(key);
  if (known === undefined) return true;
  if (site === undefined) return removeSite(known, db);
  const project = await openProjects(db).find(known.project);
  const lists = project === undefined ? [] : enabledLists(project);
  const stored = await sites.change(key, (before) => {
    const next = withBookkeeping(site, before, lists);
    return isDeepStrictEqual(next, before) ? before : next;
  });
  if (stored === undefined) return true;
  if (deactivation === undefined) await removeDeactivation(stored, db);
  else await openDeactivations(db).put({ ...deactivation, revision: stored.revision });
  return true;
}

/** No event is left that says anything of it. */
async function removeSite(known: SiteDocument, db: Db): Promise<boolean> {
  const { _id, revision } = known;
  const sites = db.collection<SiteDocument>('sites');
  const { deletedCount } = await transient('sites', () => sites.deleteOne({ _id, revision }));
  if (deletedCount === 1) await removeDeactivation(known, db);
  return deletedCount === 1;
}

async function removeDeactivation({ _id, revision }: SiteDocument, db: Db): Promise<void> {
  const deactivations = db.collection<DeactivationDocument>('deactivations');
  await transient('deactivations', () => deactivations.deleteOne({ _id, revision: { $lte: revision } }));
}

/** Which lists were asked, and what the rebuild and the sweep found, is in no event. */
function withBookkeeping(site: SiteDocument, before: SiteDocument, lists: readonly MailIntegration[]): SiteDocument {
  const { askedMail, pendingMail = [], cloneOf, revision } = before;
  const address = addressOf(site);
  const isWaiting = pendingMail.length > 0 && address === addressOf(before);
  const mail = { pendingMail: isWaiting ? pendingMail : (site.pendingMail ?? []), ...(askedMail && { askedMail }) };
  const state = before.state === 'silent' ? siteState(site.clock, new Date()) : site.state;
  const next = withMail(withState({ ...site, cloneOf, revision }, state), mail);
  return address === undefined ? next : noteSent(next, { address }, lists);
}
