import { http } from '@google-cloud/functions-framework';
import { drainOnSignal } from '../../shared/runtime/drain.ts';
import { handleSchedule } from '../../shared/runtime/handle-schedule.ts';
import { openLog } from '../../shared/runtime/log.ts';
import { openActiveSites } from '../../shared/stores/active-sites.ts';
import { openCopies } from '../../shared/stores/copies.ts';
import { openDerivedTables } from '../../shared/stores/derived-tables.ts';
import { openFigures } from '../../shared/stores/figures.ts';
import { openFiguresWriter } from '../../shared/stores/figures-writer.ts';
import { openHistoryReader } from '../../shared/stores/history-reader.ts';
import { openLateDays } from '../../shared/stores/late-days.ts';
import { openLeases } from '../../shared/stores/leases.ts';
import { openLatest } from '../../shared/stores/mongodb.ts';
import { openProjects } from '../../shared/stores/projects.ts';
import { readConfig } from './config.ts';
import { type PublishRun, publish } from './publish.ts';
import { rebuild } from './rebuild.ts';

const config = readConfig(process.env);
const { db, close } = openLatest(config);
const log = openLog('rebuild-analytics', config.logLevel);
const history = openHistoryReader(config);
const projects = openProjects(db);
const publishing = {
  history,
  figures: openFiguresWriter(db),
  published: openFigures(db),
  projects,
  sites: openActiveSites(db),
  log,
};
const stores = {
  history,
  tables: openDerivedTables(config),
  lateDays: openLateDays(db),
  leases: openLeases(db),
  copies: openCopies(db),
  projects,
  publish: (run: PublishRun) => publish(publishing, run),
};
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
