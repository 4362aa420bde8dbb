import { http } from '@google-cloud/functions-framework';
import { drainOnSignal } from '../../shared/runtime/drain.ts';
import { handleSchedule } from '../../shared/runtime/handle-schedule.ts';
import { openLog } from '../../shared/runtime/log.ts';
import { openLatest } from '../../shared/stores/mongodb.ts';
import { readConfig } from './config.ts';
import { openStores } from './open-stores.ts';
import { rebuild } from './rebuild.ts';

const config = readConfig(process.env);
const { db, close } = openLatest(config);
const log = openLog('rebuild-analytics', config.logLevel);
const stores = openStores(config, db, log);
drainOnSignal(close);

http(
  'rebuild-analytics',
  handleSchedule({
    work: async () => ({ ...(await rebuild(stores, { now: new Date() })) }),
    done: 'rebuilt',
    failed: 'not rebuilt',
    log,
  }),
);
