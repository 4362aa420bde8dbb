import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../shared/testing/free-port.ts';
import { startBigQuery } from '../bigquery/index.ts';
import type { Emulator } from '../emulator.ts';
import { startMail } from '../mail/index.ts';
import { startMongodb } from '../mongodb/index.ts';
import { startPubsub } from '../pubsub/index.ts';
import { startStorage } from '../storage/index.ts';
import { openPublisher } from '../storage/publish.ts';
import { DEFAULTS, STORE_VARIABLES, type StoreEnv } from './store-env.ts';

/** The stores of a mesh: embedded ones for what the environment leaves unset. */
export interface LocalStores {
  /** What points a client at each of them, given or embedded. */
  env: StoreEnv;
  /** Starts the embedded Pub/Sub, on the address that `env` already has: it pushes as soon as it runs. */
  startPubsub(): Promise<void>;
  /** Pushes no more, and waits for what is being pushed. */
  stopPubsub(): Promise<void>;
  /** Stops all that was started here. */
  stop(): Promise<void>;
}

/**
 * Starts an embedded emulator for each of STORE_VARIABLES that `given` lacks. Also sets them in this process, where the
 * clients of the storage emulator and of whoever provisions look for them. Data is kept in `dataDir`, in memory without one.
 */
export async function startStores(given: NodeJS.ProcessEnv, dataDir: string | undefined): Promise<LocalStores> {
  const folder = (name: string) => (dataDir === undefined ? {} : { dataDir: join(dataDir, name) });
  if (dataDir !== undefined) mkdirSync(dataDir, { recursive: true });
  const env: Partial<StoreEnv> = { ...DEFAULTS };
  const stops: (() => Promise<void>)[] = [];
  const use = (emulator: Emulator) => {
    Object.assign(env, emulator.env);
    stops.unshift(() => emulator.stop());
  };
  const ownPubsub = given.PUBSUB_EMULATOR_HOST ? undefined : await freePort();
  if (ownPubsub !== undefined) env.PUBSUB_EMULATOR_HOST = `127.0.0.1:${ownPubsub}`;
  for (const name of [...(Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[]), ...STORE_VARIABLES]) {
    if (given[name]) env[name] = given[name];
  }
  Object.assign(process.env, env);
  if (!given.MONGODB_URI) use(await startMongodb(folder('mongodb')));
  if (!given.MAIL_API_URL) use(await startMail({ ...folder('mail'), secret: env.MAIL_API_SECRET as string }));
  if (!given.BIGQUERY_EMULATOR_HOST) use(await startBigQuery(folder('bigquery')));
  if (!given.STORAGE_EMULATOR_HOST) {
    const publisher = openPublisher();
    stops.unshift(() => publisher.close());
    use(await startStorage({ ...folder('storage'), publish: publisher.publish }));
  }
  Object.assign(process.env, env);
  let pubsub: Emulator | undefined;
  const stopPubsub = async () => {
    await pubsub?.stop();
    pubsub = undefined;
  };
  return {
    env: env as StoreEnv,
    startPubsub: async () => {
      if (ownPubsub !== undefined) pubsub = await startPubsub({ port: ownPubsub, ...folder('pubsub') });
    },
    stopPubsub,
    stop: async () => {
      await stopPubsub();
      for (const stop of stops) await stop();
    },
  };
}
