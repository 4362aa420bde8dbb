import { http } from '@google-cloud/functions-framework';
import { drainOnSignal } from '../../shared/runtime/drain.ts';
import { handleSchedule } from '../../shared/runtime/handle-schedule.ts';
import { openLog } from '../../shared/runtime/log.ts';
import { openAnalytics } from '../../shared/stores/analytics.ts';
import { openCopies } from '../../shared/stores/copies.ts';
import { openDerivedTables } from '../../shared/stores/derived-tables.ts';
import { openHistoryReader } from '../../shared/stores/history-reader.ts';
import { openLateDays } from '../../shared/stores/late-days.ts';
import { openLeases } from '../../shared/stores/leases.ts';
import { openLatest } from '../../shared/stores/mongodb.ts';
import { openProjects } from '../../shared/stores/projects.ts';
import { rebuildCharts } from './charts.ts';
import { readConfig } from './config.ts';
import { rebuild } from './rebuild.ts';

const config = readConfig(process.env);
const { db, close } = openLatest(config);
const stores = {
  history: openHistoryReader(config),
  tables: openDerivedTables(config),
  lateDays: openLateDays(db),
  leases: openLeases(db),
  analytics: openAnalytics(db),
  copies: openCopies(db),
  projects: openProjects(db),
};
drainOnSignal(close);

http(
  'rebuild-analytics',
  handleSchedule({
    work: async () => {
      const now = new Date();
      await rebuild(stores, { now });
      return rebuildCharts(stores, now);
    },
    done: 'rebuilt',
    failed: 'not rebuilt',
    log: openLog('rebuild-analytics', config.logLevel),
  }),
);
