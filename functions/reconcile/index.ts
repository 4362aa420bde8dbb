import { http } from '@google-cloud/functions-framework';
import { drainOnSignal } from '../../shared/runtime/drain.ts';
import { handleSchedule } from '../../shared/runtime/handle-schedule.ts';
import { openLog } from '../../shared/runtime/log.ts';
import { openArchive } from '../../shared/stores/archive/archive.ts';
import { openErasures } from '../../shared/stores/erasures.ts';
import { openReconciliations } from '../../shared/stores/history/reconciliations.ts';
import { openRecordedEvents } from '../../shared/stores/history/recorded-events.ts';
import { openLatest } from '../../shared/stores/mongodb.ts';
import { openOptOuts } from '../../shared/stores/sites/opt-outs.ts';
import { openSites } from '../../shared/stores/sites/sites.ts';
import { openUnclaimed } from '../../shared/stores/sites/unclaimed.ts';
import { openNotifications } from '../../shared/stores/topics/notifications.ts';
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
