import { http } from '@google-cloud/functions-framework';
import { drainOnSignal } from '../../shared/runtime/drain.ts';
import { failureName, openLog } from '../../shared/runtime/log.ts';
import { openAnalytics } from '../../shared/stores/analytics.ts';
import { openHistoryReader } from '../../shared/stores/history-reader.ts';
import { openLatest } from '../../shared/stores/mongodb.ts';
import { openProjects } from '../../shared/stores/projects.ts';
import { readConfig } from './config.ts';
import { rebuild } from './rebuild.ts';

const config = readConfig(process.env);
const { db, close } = openLatest(config);
const stores = { history: openHistoryReader(config), analytics: openAnalytics(db), projects: openProjects(db) };
const log = openLog('rebuild-analytics', config.logLevel);
drainOnSignal(close);

http('rebuild-analytics', async (_request, response) => {
  const startedAt = performance.now();
  try {
    const projects = await rebuild(stores, new Date());
    log('INFO', 'rebuilt', { projects, durationMs: Math.round(performance.now() - startedAt) });
    response.json({ projects });
  } catch (error) {
    log('ERROR', 'not rebuilt', { error: failureName(error) });
    response.status(503).json({ error: 'unavailable' });
  }
});
