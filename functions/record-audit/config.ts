import { historyConfig, logConfig, readParts } from '../../shared/runtime/env.ts';

export type Config = ReturnType<typeof readConfig>;

export function readConfig(env: NodeJS.ProcessEnv) {
  return readParts(env, historyConfig, logConfig);
}
