import type { ObjectReference } from '../../shared/event/notification.ts';
import type { Project } from '../../shared/project/project.ts';
import { type Deactivation, interpret, type OptOut, type SiteReport } from '../../shared/report/interpret.ts';
import type { Archive } from '../../shared/stores/archive.ts';
import { attribute } from '../../shared/stores/attribution.ts';
import type { CountryOf } from '../../shared/stores/countries.ts';
import type { Deactivations } from '../../shared/stores/deactivations.ts';
import type { OptOuts } from '../../shared/stores/opt-outs.ts';
import type { Projects } from '../../shared/stores/projects.ts';
import { type SiteDocument, type Sites, siteKey } from '../../shared/stores/sites.ts';
import { announceSubscriber, enabledLists, type Subscribers } from './announce-subscriber.ts';
import { markClones } from './mark-clones.ts';
import { mergeOptOut, mergeSite, stampOf } from './merge-site.ts';

export interface Stores {
  archive: Pick<Archive, 'read'>;
  countryOf: CountryOf;
  now: () => Date;
  projects: Projects;
  sites: Sites;
  deactivations: Deactivations;
  optOuts: OptOuts;
  subscribers: Pick<Subscribers, 'publish'>;
}

/** Folds one event into the latest state of its site. Rejections are append-history's to record. */
export async function updateSite(object: ObjectReference, stores: Stores): Promise<void> {
  const event = await stores.archive.read(object.name);
  if (event === undefined) return;
  const attribution = await attribute(event, stores);
  const { report, deactivation, optOut } = interpret(event, attribution);
  const { project } = attribution;
  const stated = report ?? deactivation;
  // what is no rejection has a project
  if (stated && project) await updateFromReport(stated, { report, deactivation }, project, stores);
  if (optOut !== undefined) await updateFromOptOut(optOut, stores);
}

async function updateFromReport(
  stated: SiteReport | Deactivation,
  parts: { report?: SiteReport | undefined; deactivation?: Deactivation | undefined },
  project: Project,
  { sites, deactivations, optOuts, subscribers }: Stores,
): Promise<void> {
  const { eventId, receivedAt, projectHash, site, environment, urlMd5 } = stated;
  const hasMailList = enabledLists(project).length > 0;
  const change = { eventId, receivedAt, projectHash, site, environment, urlMd5, hasMailList, ...parts };
  const key = siteKey(projectHash, site);
  let before: SiteDocument | undefined;
  let stored = await sites.update(key, (known) => {
    before = known;
    return mergeSite(known, change);
  });
  // read after the site is written: an opt-out is written before it looks for its sites, so one of the two sees the other
  const skipped = urlMd5 === null ? undefined : await optOuts.latest(projectHash, urlMd5);
  if (skipped !== undefined) stored = (await sites.change(key, (known) => mergeOptOut(known, skipped))) ?? stored;
  if (stored.deactivation !== null) await deactivations.put(latestDeactivation(stored, stored.deactivation));
  await markClones(projectHash, [before?.fingerprint, stored.fingerprint], sites);
  await announceSubscriber(stored, project, { sites, subscribers });
}

async function updateFromOptOut(optOut: OptOut, { sites, optOuts }: Stores): Promise<void> {
  const { projectHash, urlMd5 } = optOut;
  if (urlMd5 === null) return;
  const stamp = stampOf(optOut);
  await optOuts.put({ project: projectHash, urlMd5, stamp });
  for (const site of await sites.withMd5(urlMd5, projectHash)) {
    await sites.change(site._id, (known) => mergeOptOut(known, stamp));
  }
}

function latestDeactivation(
  { _id, project, site, environment, status, tracksSince, revision }: SiteDocument,
  deactivation: NonNullable<SiteDocument['deactivation']>,
) {
  const reactivatedAt = status === 'active' ? (tracksSince[0] ?? null) : null;
  return { _id, project, site, environment, ...deactivation, reactivatedAt, revision };
}
