import { http } from '@google-cloud/functions-framework';
import { drainOnSignal } from '../../shared/runtime/drain.ts';
import { handleSchedule } from '../../shared/runtime/handle-schedule.ts';
import { openLog } from '../../shared/runtime/log.ts';
import { openArchive } from '../../shared/stores/archive.ts';
import { openErasures } from '../../shared/stores/erasures.ts';
import { openLatest } from '../../shared/stores/mongodb.ts';
import { openNotifications } from '../../shared/stores/notifications.ts';
import { openOptOuts } from '../../shared/stores/opt-outs.ts';
import { openReconciliations } from '../../shared/stores/reconciliations.ts';
import { openRecordedEvents } from '../../shared/stores/recorded-events.ts';
import { openSites } from '../../shared/stores/sites.ts';
import { openUnclaimed } from '../../shared/stores/unclaimed.ts';
import { readConfig } from './config.ts';
import { closedHours, reconcile } from './reconcile.ts';

const config = readConfig(process.env);
const { db, close } = openLatest(config);
const notifications = openNotifications(config);
const stores = {
  archive: openArchive(config),
  recorded: openRecordedEvents(config),
  sites: openSites(db),
  optOuts: openOptOuts(db),
  unclaimed: openUnclaimed(db),
  erasures: openErasures(db),
  reconciliations: openReconciliations(config),
  notifications,
};
const log = openLog('reconcile', config.logLevel);
drainOnSignal(async () => {
  await notifications.close();
  await close();
});

http(
  'reconcile',
  handleSchedule({
    done: 'reconciled', // an alert counts the lines whose `missing` is not 0
    failed: 'not reconciled',
    log,
    work: () =>
      reconcile(closedHours(new Date()), stores, {
        now: () => new Date(),
        onHour: ({ hour, ...counts }) => log('INFO', 'hour reconciled', { hour: hour.toISOString(), ...counts }),
      }),
  }),
);
