import { http } from '@google-cloud/functions-framework';
import { drainOnSignal } from '../../shared/runtime/drain.ts';
import { handleSchedule } from '../../shared/runtime/handle-schedule.ts';
import { openLog } from '../../shared/runtime/log.ts';
import { openRejections } from '../../shared/stores/history/rejections.ts';
import { openLatest } from '../../shared/stores/mongodb.ts';
import { openProjects } from '../../shared/stores/projects.ts';
import { openSites } from '../../shared/stores/sites/sites.ts';
import { openUnclaimed } from '../../shared/stores/sites/unclaimed.ts';
import { openMailClaims } from '../../shared/stores/topics/mail-claims.ts';
import type { Subscribers } from '../../shared/stores/topics/mail-outbox.ts';
import { openMailQuotas } from '../../shared/stores/topics/mail-quotas.ts';
import { openTopic, SUBSCRIBERS_TOPIC } from '../../shared/stores/topics/topics.ts';
import { readConfig } from './config.ts';
import { sweep } from './sweep.ts';

const config = readConfig(process.env);
const log = openLog('sweep', config.logLevel);
const { db, close } = openLatest(config);
const subscribers: Subscribers = openTopic({ projectId: config.projectId, topic: SUBSCRIBERS_TOPIC });
const stores = {
  unclaimed: openUnclaimed(db),
  projects: openProjects(db),
  sites: openSites(db),
  mailClaims: openMailClaims(db),
  mailQuotas: openMailQuotas(db),
  rejections: openRejections(config, { log }),
  subscribers,
  now: () => new Date(),
};
drainOnSignal(async () => {
  await subscribers.close();
  await close();
});

http(
  'sweep',
  handleSchedule({
    work: () => sweep(stores, stores.now(), log),
    done: 'swept',
    failed: 'not swept',
    log,
  }),
);
