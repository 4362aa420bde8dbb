import { openArchive } from '../../../shared/stores/archive.ts';
import { openErasures } from '../../../shared/stores/erasures.ts';
import { openNotifications } from '../../../shared/stores/notifications.ts';
import { openOptOuts } from '../../../shared/stores/opt-outs.ts';
import { openReconciliations } from '../../../shared/stores/reconciliations.ts';
import { openRecordedEvents, type RecordedEvents } from '../../../shared/stores/recorded-events.ts';
import { openSites } from '../../../shared/stores/sites.ts';
import { openUnclaimed } from '../../../shared/stores/unclaimed.ts';
import type { Stores } from '../../reconcile/reconcile.ts';
import { withLatest } from '../with-latest.ts';

export interface ReconcileStores extends Stores {
  recorded: RecordedEvents;
}

/** Opens what the function reconcile works on, for as long as `work` takes. */
export async function withReconcileStores(
  env: NodeJS.ProcessEnv,
  work: (stores: ReconcileStores) => Promise<void>,
): Promise<void> {
  await withLatest(env, async ({ config, db }) => {
    const notifications = openNotifications(config);
    try {
      await work({
        archive: openArchive(config),
        recorded: openRecordedEvents(config),
        sites: openSites(db),
        optOuts: openOptOuts(db),
        unclaimed: openUnclaimed(db),
        erasures: openErasures(db),
        reconciliations: openReconciliations(config),
        notifications,
      });
    } finally {
      await notifications.close();
    }
  });
}
