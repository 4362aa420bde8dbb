import { STORE_VARIABLES } from './store-env.ts';
import type { LocalStores } from './stores.ts';

// so that the emulators' own contract tests, and whole meshes, tell the tests' emulators from what was given
process.env.SITEBEAT_EMBEDDED = STORE_VARIABLES.filter((name) => !process.env[name]).join(',');

let stores: LocalStores | undefined;

export const mochaHooks = {
  /** Stores for each process that runs tests: of several no one meets another's load, or the failures that it asks for. */
  async beforeAll(): Promise<void> {
    // a worker comes here for each of its files
    if (stores !== undefined) return;
    // not before: mocha loads this file by require, which the emulators' top-level await does not allow
    const { startStores } = await import('./stores.ts');
    stores = await startStores(process.env, undefined);
    await stores.startPubsub();
  },
};

/** A worker never comes here: its stores, which have no file of a name, end with it. */
export async function mochaGlobalTeardown(): Promise<void> {
  await stores?.stop();
}
