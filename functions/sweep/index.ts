import { http } from '@google-cloud/functions-framework';
import { drainOnSignal } from '../../shared/runtime/drain.ts';
import { handleSchedule } from '../../shared/runtime/handle-schedule.ts';
import { openLog } from '../../shared/runtime/log.ts';
import { openLatest } from '../../shared/stores/mongodb.ts';
import { openRejections } from '../../shared/stores/rejections.ts';
import { openSites } from '../../shared/stores/sites.ts';
import { openUnclaimed } from '../../shared/stores/unclaimed.ts';
import { readConfig } from './config.ts';
import { sweep } from './sweep.ts';

const config = readConfig(process.env);
const { db, close } = openLatest(config);
const stores = { unclaimed: openUnclaimed(db), sites: openSites(db), rejections: openRejections(config) };
drainOnSignal(close);

http(
  'sweep',
  handleSchedule({
    work: () => sweep(stores, new Date()),
    done: 'swept',
    failed: 'not swept',
    log: openLog('sweep', config.logLevel),
  }),
);
