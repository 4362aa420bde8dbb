import { startStores } from './stores.ts';

// before any test file is loaded: clients and configurations read the environment in their constructors
const stores = await startStores(process.env, undefined);
await stores.startPubsub();

export async function mochaGlobalTeardown(): Promise<void> {
  await stores.stop();
}
