import { archiveConfig, historyConfig, logConfig, mongodbConfig, readParts } from '../../shared/runtime/env.ts';

export function readConfig(env: NodeJS.ProcessEnv) {
  return readParts(env, archiveConfig, historyConfig, mongodbConfig, logConfig);
}
