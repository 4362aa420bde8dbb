import type { Db } from 'mongodb';
import { openArchive } from '../../shared/stores/archive/archive.ts';
import { openErasures } from '../../shared/stores/erasures.ts';
import type { QueryOptions } from '../../shared/stores/history/history-reader.ts';
import { openReconciliations } from '../../shared/stores/history/reconciliations.ts';
import { openRecordedEvents } from '../../shared/stores/history/recorded-events.ts';
import { openOptOuts } from '../../shared/stores/sites/opt-outs.ts';
import { openSites } from '../../shared/stores/sites/sites.ts';
import { openUnclaimed } from '../../shared/stores/sites/unclaimed.ts';
import { openNotifications } from '../../shared/stores/topics/notifications.ts';

export type ReconcileStores = ReturnType<typeof openStores>;

/** Everything that a reconciliation compares, and where it sends again. Whoever opens it closes `notifications`. */
export function openStores(options: QueryOptions & { bucket: string }, db: Db) {
  return {
    archive: openArchive(options),
    recorded: openRecordedEvents(options),
    sites: openSites(db),
    optOuts: openOptOuts(db),
    unclaimed: openUnclaimed(db),
    erasures: openErasures(db),
    reconciliations: openReconciliations(options),
    notifications: openNotifications(options),
  };
}
