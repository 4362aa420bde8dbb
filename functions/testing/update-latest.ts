import type { Db } from 'mongodb';
import type { StoredEvent } from '../../shared/event/envelope.ts';
import { interpret } from '../../shared/report/interpret.ts';
import { openProjects } from '../../shared/stores/projects.ts';
import { attribute } from '../../shared/stores/sites/attribution.ts';
import { openDeactivations } from '../../shared/stores/sites/deactivations.ts';
import { openOptOuts } from '../../shared/stores/sites/opt-outs.ts';
import { openSites } from '../../shared/stores/sites/sites.ts';
import { openMailClaims } from '../../shared/stores/topics/mail-claims.ts';
import { openMailQuotas } from '../../shared/stores/topics/mail-quotas.ts';
import { type LatestStores, updateSite } from '../process-event/update-site.ts';

/** The half of process-event that writes to MongoDB. */
export async function updateLatest(
  event: StoredEvent,
  db: Db,
  subscribers: LatestStores['subscribers'],
  now = () => new Date(event.receivedAt),
): Promise<void> {
  const stores: LatestStores = {
    sites: openSites(db),
    deactivations: openDeactivations(db),
    optOuts: openOptOuts(db),
    mailClaims: openMailClaims(db),
    mailQuotas: openMailQuotas(db),
    subscribers,
    now,
  };
  const attribution = await attribute(event, { ...stores, projects: openProjects(db), countryOf: () => 'DE' });
  await updateSite(interpret(event, attribution), attribution.project, stores);
}
