import { enabledLists, filterableKeys, type Project } from '../../shared/project/project.ts';
import type { Deactivation, EventKey, Meaning, OptOut, SiteReport } from '../../shared/report/interpret.ts';
import type { Deactivations } from '../../shared/stores/sites/deactivations.ts';
import type { OptOuts } from '../../shared/stores/sites/opt-outs.ts';
import { type SiteDocument, type Sites, siteKey } from '../../shared/stores/sites/sites.ts';
import { type OutboxStores, publishPendingMail } from '../../shared/stores/topics/mail-outbox.ts';
import { mergeOptOut, mergeSite, stampOf } from './merge-site.ts';

export interface LatestStores extends OutboxStores {
  sites: Sites;
  deactivations: Deactivations;
  optOuts: OptOuts;
  /** Told of each event that made a site known; where a database is made anew, nobody is. */
  onNewSite?: (event: EventKey) => void;
}

/** Folds what an event means into the latest state of its site, which it gives; undefined when it concerns none. Safe to repeat. */
export async function updateSite(
  { report, deactivation, optOut }: Meaning,
  project: Project | undefined,
  stores: LatestStores,
): Promise<SiteDocument | undefined> {
  const stated = report ?? deactivation;
  if (optOut !== undefined) await updateFromOptOut(optOut, stores);
  // what is no rejection has a project
  return stated && project && updateFromReport(stated, { report, deactivation }, project, stores);
}

async function updateFromReport(
  stated: SiteReport | Deactivation,
  parts: { report?: SiteReport | undefined; deactivation?: Deactivation | undefined },
  project: Project,
  stores: LatestStores,
): Promise<SiteDocument> {
  const { sites, deactivations, optOuts } = stores;
  const { eventId, receivedAt, projectHash, site, environment, urlMd5 } = stated;
  const lists = { mailLists: enabledLists(project), filterable: filterableKeys(project) };
  const change = { eventId, receivedAt, projectHash, site, environment, urlMd5, ...lists, ...parts };
  const key = siteKey(projectHash, site);
  let isNew = false;
  let stored = await sites.update(key, (known) => {
    isNew = known === undefined;
    return mergeSite(known, change);
  });
  if (isNew) stores.onNewSite?.(stated);
  // read after the site is written: an opt-out is written before it looks for its sites, so one of the two sees the other
  const skipped = await optOuts.latest(projectHash, stored.urlMd5s);
  if (skipped !== undefined) stored = (await sites.change(key, (known) => mergeOptOut(known, skipped))) ?? stored;
  if (stored.deactivation !== null) await deactivations.put(latestDeactivation(stored, stored.deactivation));
  await publishPendingMail(stored, project, new Date(receivedAt), stores);
  return stored;
}

async function updateFromOptOut(optOut: OptOut, { sites, optOuts }: LatestStores): Promise<void> {
  const { projectHash, urlMd5 } = optOut;
  if (urlMd5 === null) return;
  const stamp = stampOf(optOut);
  await optOuts.put({ project: projectHash, urlMd5, stamp });
  for (const site of await sites.withMd5(urlMd5, projectHash)) {
    await sites.change(site._id, (known) => mergeOptOut(known, stamp));
  }
}

function latestDeactivation(
  { _id, project, site, environment, state, tracksSince, revision }: SiteDocument,
  deactivation: NonNullable<SiteDocument['deactivation']>,
) {
  const reactivatedAt = state === 'left' ? null : (tracksSince[0] ?? null);
  return { _id, project, site, environment, ...deactivation, reactivatedAt, revision };
}
