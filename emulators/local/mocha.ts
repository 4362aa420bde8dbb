import { STORE_VARIABLES, startStores } from './stores.ts';

// so that the emulators' own contract tests tell these from what they were given
process.env.SITEBEAT_EMBEDDED = STORE_VARIABLES.filter((name) => !process.env[name]).join(',');
// before any test file is loaded: clients and configurations read the environment in their constructors
const stores = await startStores(process.env, undefined);
await stores.startPubsub();

export async function mochaGlobalTeardown(): Promise<void> {
  await stores.stop();
}
