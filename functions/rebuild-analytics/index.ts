import { http } from '@google-cloud/functions-framework';
import { drainOnSignal } from '../../shared/runtime/drain.ts';
import { handleSchedule } from '../../shared/runtime/handle-schedule.ts';
import { openLog } from '../../shared/runtime/log.ts';
import { openAnalytics } from '../../shared/stores/analytics.ts';
import { openCopies } from '../../shared/stores/copies.ts';
import { openHistoryReader } from '../../shared/stores/history-reader.ts';
import { openLatest } from '../../shared/stores/mongodb.ts';
import { openProjects } from '../../shared/stores/projects.ts';
import { readConfig } from './config.ts';
import { rebuild } from './rebuild.ts';

const config = readConfig(process.env);
const { db, close } = openLatest(config);
const stores = {
  history: openHistoryReader(config),
  analytics: openAnalytics(db),
  copies: openCopies(db),
  projects: openProjects(db),
};
drainOnSignal(close);

http(
  'rebuild-analytics',
  handleSchedule({
    work: () => rebuild(stores, new Date()),
    done: 'rebuilt',
    failed: 'not rebuilt',
    log: openLog('rebuild-analytics', config.logLevel),
  }),
);
