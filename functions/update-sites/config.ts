import { archiveConfig, logConfig, mongodbConfig, projectConfig, readParts } from '../../shared/runtime/env.ts';

export function readConfig(env: NodeJS.ProcessEnv) {
  return readParts(env, projectConfig, archiveConfig, mongodbConfig, logConfig);
}
