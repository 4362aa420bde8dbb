import { STORE_VARIABLES } from './store-env.ts';
import type { LocalStores } from './stores.ts';

// so that the emulators' own contract tests, and whole meshes, tell the tests' emulators from what was given
process.env.SITEBEAT_EMBEDDED = STORE_VARIABLES.filter((name) => !process.env[name]).join(',');

let stores: LocalStores;

/** Runs once, before the first test and after every test file is loaded. */
export async function mochaGlobalSetup(): Promise<void> {
  // not before: mocha loads this file by require, which the emulators' top-level await does not allow
  const { startStores } = await import('./stores.ts');
  stores = await startStores(process.env, undefined);
  await stores.startPubsub();
}

export async function mochaGlobalTeardown(): Promise<void> {
  await stores.stop();
}
