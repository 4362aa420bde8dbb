import type { Db } from 'mongodb';
import { openLatest } from '../../shared/stores/mongodb.ts';
import { type Config, readConfig } from './config.ts';

/** Opens MongoDB for as long as `work` takes. Throws CommandFailure (bad usage) when the environment names no system. */
export async function withLatest(
  env: NodeJS.ProcessEnv,
  work: (opened: { config: Config; db: Db }) => Promise<void>,
): Promise<void> {
  const config = readConfig(env);
  const { db, close } = openLatest(config);
  try {
    await work({ config, db });
  } finally {
    await close();
  }
}
