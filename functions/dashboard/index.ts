import { http } from '@google-cloud/functions-framework';
import { drainOnSignal } from '../../shared/runtime/drain.ts';
import { openLog } from '../../shared/runtime/log.ts';
import { openLatest } from '../../shared/stores/mongodb.ts';
import { openAssets } from './assets.ts';
import { readConfig } from './config.ts';
import { route } from './routes.ts';
import { openStores } from './stores.ts';
import { openWhoIs } from './who-is.ts';

const config = readConfig(process.env);
const { db, close } = openLatest(config);
drainOnSignal(close);
const dependencies = {
  whoIs: openWhoIs(config),
  identity: config,
  admins: config.admins,
  stores: openStores(db),
  assets: openAssets(new URL('./page/', import.meta.url)),
  now: () => new Date(),
  log: openLog('dashboard', config.logLevel),
};

http('dashboard', (request, response) => route(request, response, dependencies));
