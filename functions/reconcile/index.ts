import { http } from '@google-cloud/functions-framework';
import { drainOnSignal } from '../../shared/runtime/drain.ts';
import { handleSchedule } from '../../shared/runtime/handle-schedule.ts';
import { openLog } from '../../shared/runtime/log.ts';
import { openLatest } from '../../shared/stores/mongodb.ts';
import { readConfig } from './config.ts';
import { openStores } from './open-stores.ts';
import { closedHours, reconcile } from './reconcile.ts';

const config = readConfig(process.env);
const { db, close } = openLatest(config);
const stores = openStores(config, db);
const log = openLog('reconcile', config.logLevel);
drainOnSignal(async () => {
  await stores.notifications.close();
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
