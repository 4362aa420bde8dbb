import { http } from '@google-cloud/functions-framework';
import { drainOnSignal } from '../../shared/runtime/drain.ts';
import { openLog } from '../../shared/runtime/log.ts';
import { openLatest } from '../../shared/stores/mongodb.ts';
import { openAssets } from './assets.ts';
import { readConfig } from './config.ts';
import { route } from './routes.ts';
import { openStores } from './stores.ts';
import { tameServerOnceListening } from './tame-server.ts';
import { openWhoIs } from './who-is.ts';

const config = readConfig(process.env);
const { db, close } = openLatest(config);
drainOnSignal(close);
tameServerOnceListening();
const now = () => new Date();
const dependencies = {
  whoIs: openWhoIs(config),
  identity: config,
  admins: config.admins,
  stores: openStores(db, config, now),
  assets: openAssets(new URL('./page/', import.meta.url)),
  now,
  log: openLog('dashboard', config.logLevel),
};

http('dashboard', (request, response) => route(request, response, dependencies));
