import { openArchive } from '../../../shared/stores/archive/archive.ts';
import { openErasures } from '../../../shared/stores/erasures.ts';
import { openReconciliations } from '../../../shared/stores/history/reconciliations.ts';
import { openRecordedEvents, type RecordedEvents } from '../../../shared/stores/history/recorded-events.ts';
import { openOptOuts } from '../../../shared/stores/sites/opt-outs.ts';
import { openSites } from '../../../shared/stores/sites/sites.ts';
import { openUnclaimed } from '../../../shared/stores/sites/unclaimed.ts';
import { openNotifications } from '../../../shared/stores/topics/notifications.ts';
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
