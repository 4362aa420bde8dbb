import { http } from '@google-cloud/functions-framework';
import { drainOnSignal } from '../../shared/runtime/drain.ts';
import { openLog } from '../../shared/runtime/log.ts';
import { openLatest } from '../../shared/stores/mongodb.ts';
import { openAuditsTopic } from '../../shared/stores/topics/audits-topic.ts';
import { openAssets } from './assets.ts';
import { readConfig } from './config.ts';
import { route } from './routes.ts';
import { openStores } from './stores.ts';
import { tameServerOnceListening } from './tame-server.ts';
import { openWhoIs } from './who-is.ts';

const config = readConfig(process.env);
const { db, close } = openLatest(config);
const audits = openAuditsTopic(config);
drainOnSignal(async () => {
  await audits.close();
  await close();
});
tameServerOnceListening();
const now = () => new Date();
const dependencies = {
  whoIs: openWhoIs(config),
  identity: config,
  admins: config.admins,
  stores: openStores(db, config, audits, now),
  assets: openAssets(new URL('./page/', import.meta.url)),
  now,
  log: openLog('dashboard', config.logLevel),
};

http('dashboard', (request, response) => route(request, response, dependencies));
