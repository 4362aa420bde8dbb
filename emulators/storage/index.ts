import { pathToFileURL } from 'node:url';
import { closeServer, type EmulatorOptions, listen, runAlone, type StartEmulator } from '../emulator.ts';
import type { Publish } from './outbox.ts';
import { createStorageServer } from './server.ts';
import { Store } from './store.ts';

/** `publish` takes the notifications; without it notification configs are refused, and pending notifications wait. */
export interface StorageOptions extends EmulatorOptions {
  publish?: Publish;
}

/** Cloud Storage's JSON API, with notifications to Pub/Sub. */
export const startStorage: StartEmulator<StorageOptions> = async ({ port, dataDir, publish } = {}) => {
  const store = await Store.open(dataDir, publish);
  const server = createStorageServer(store);
  const url = `http://127.0.0.1:${await listen(server, port, () => store.close())}`;
  return {
    url,
    env: { STORAGE_EMULATOR_HOST: url },
    stop: async () => {
      await closeServer(server);
      await store.close();
    },
  };
};

/** With the official Pub/Sub client where PUBSUB_EMULATOR_HOST says where; that client is not loaded otherwise. */
const startAlone: StartEmulator = async (options) => {
  if (!process.env.PUBSUB_EMULATOR_HOST) return startStorage(options);
  const { openPublisher } = await import('./publish.ts');
  const publisher = openPublisher();
  const emulator = await startStorage({ ...options, publish: publisher.publish });
  return {
    ...emulator,
    stop: async () => {
      await emulator.stop();
      await publisher.close();
    },
  };
};

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await runAlone('storage', startAlone);
}
