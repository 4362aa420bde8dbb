import { isDeepStrictEqual } from 'node:util';
import type { Db } from 'mongodb';
import type { StoredEvent } from '../../../shared/event/envelope.ts';
import { enabledLists, type MailIntegration } from '../../../shared/project/project.ts';
import { PermanentError, TransientError, transient } from '../../../shared/runtime/errors.ts';
import type { Archive } from '../../../shared/stores/archive/archive.ts';
import { openProjects } from '../../../shared/stores/projects.ts';
import { type DeactivationDocument, openDeactivations } from '../../../shared/stores/sites/deactivations.ts';
import { addressOf, noteSent, withMail } from '../../../shared/stores/sites/site-mail.ts';
import { siteState, withState } from '../../../shared/stores/sites/site-state.ts';
import { openSites, type SiteDocument, siteKey } from '../../../shared/stores/sites/sites.ts';
import { processEvent, type Stores } from '../../process-event/process-event.ts';
import { openTarget } from '../recovery/replay-into.ts';

/** Makes the latest states of sites anew. */
export interface Refold {
  /**
   * Of a site, from the objects that `eventsNow` gives: those of all its events that stay. false, and nothing is changed, where
   * there is no such site, or an event's object is not there any more.
   */
  refold(projectHash: string, site: string, eventsNow: () => Promise<string[]>): Promise<boolean>;
}

interface Folded {
  site: SiteDocument | undefined;
  deactivation: Omit<DeactivationDocument, 'hasText'> | undefined;
}

/** Two writers of one site rarely meet; so many in a row do not. */
const MAX_ATTEMPTS = 20;

export function openRefold(db: Db, archive: Archive): Refold {
  const target = openTarget(db, archive);
  return {
    refold: async (projectHash, site, eventsNow) => {
      const key = siteKey(projectHash, site);
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
        const before = await openSites(db).find(key);
        if (before === undefined) return false;
        const events = await eventsNow();
        const folded = await fold(key, events, target);
        if (folded === undefined) return false;
        if (!(await replace(before, folded, db))) continue;
        // one that came meanwhile is indexed before it is folded, and changes nothing where a newer one has said it all
        if (isWithin(await eventsNow(), events)) return true;
      }
      throw new TransientError('MongoDB: too many writers of one site', { cause: undefined });
    },
  };
}

function isWithin(items: string[], others: string[]): boolean {
  const known = new Set(others);
  return items.every((item) => known.has(item));
}

/** What the pipeline of process-event makes of these events alone; undefined when one of them is gone. */
async function fold(key: string, objects: string[], target: Stores): Promise<Folded | undefined> {
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
    const event = await readEvent(name, target);
    if (event === undefined) return undefined;
    if (event !== null) await processEvent({ name }, { ...stores, archive: { read: async () => event } });
  }
  return { ...result, site: folded.get(key) };
}

/** null: it says nothing, for it cannot be read. */
async function readEvent(name: string, { archive }: Pick<Stores, 'archive'>): Promise<StoredEvent | null | undefined> {
  try {
    return await archive.read(name);
  } catch (error) {
    if (error instanceof PermanentError) return null;
    throw error;
  }
}

/** Whether nobody wrote the site meanwhile. */
async function replace(before: SiteDocument, { site, deactivation }: Folded, db: Db): Promise<boolean> {
  const { _id, revision } = before;
  const deactivations = db.collection<DeactivationDocument>('deactivations');
  const forget = (last: number) =>
    transient('deactivations', () => deactivations.deleteOne({ _id, revision: { $lte: last } }));
  if (site === undefined) {
    const sites = db.collection<SiteDocument>('sites');
    const { deletedCount } = await transient('sites', () => sites.deleteOne({ _id, revision }));
    await forget(revision);
    return deletedCount === 1;
  }
  const project = await openProjects(db).find(before.project);
  const next = withBookkeeping(site, before, project === undefined ? [] : enabledLists(project));
  if (isDeepStrictEqual(next, before)) return true;
  const stored = await openSites(db).change(_id, (known) => (known.revision === revision ? next : known));
  if (stored?.revision !== revision + 1) return false;
  if (deactivation === undefined) await forget(stored.revision);
  else await openDeactivations(db).put({ ...deactivation, revision: stored.revision });
  return true;
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
