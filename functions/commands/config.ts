import { IsOptional, Matches } from 'class-validator';
import {
  archiveConfig,
  configPart,
  historyConfig,
  mongodbConfig,
  projectConfig,
  queryConfig,
  readParts,
} from '../../shared/runtime/env.ts';
import { CommandFailure, EXIT } from './command-failure.ts';

/** The clients take a host without its scheme for one that speaks TLS. */
const IsEmulatorUrl = () =>
  Matches(/^https?:\/\/[^/]+$/, { message: '$property must be an emulator, like http://127.0.0.1:4443' });

class EmulatorVariables {
  @IsOptional() @IsEmulatorUrl() STORAGE_EMULATOR_HOST?: string;
  @IsOptional() @IsEmulatorUrl() BIGQUERY_EMULATOR_HOST?: string;
}
const emulatorConfig = configPart(EmulatorVariables, () => ({}));

/** The bucket of a local mesh, which its users need not name. */
const LOCAL_BUCKET = 'sitebeat-archive';

/** Where MongoDB is. Throws CommandFailure (bad usage) that names the wrong variable. */
export function readLatestConfig(env: NodeJS.ProcessEnv) {
  return asUsage(() => readParts(env, mongodbConfig));
}

/** Where Pub/Sub is. Throws CommandFailure (bad usage) that names the wrong variable. */
export function readPubsubConfig(env: NodeJS.ProcessEnv) {
  return asUsage(() => readParts(env, projectConfig));
}

/** Where the history is. Throws CommandFailure (bad usage) that names the wrong variable. */
export function readHistoryConfig(env: NodeJS.ProcessEnv) {
  return asUsage(() => readParts(withoutEmpty(env), historyConfig, emulatorConfig));
}

/** Where every store is. Throws CommandFailure (bad usage) that names every wrong variable. */
export function readConfig(env: NodeJS.ProcessEnv) {
  const given = { ...(env.STORAGE_EMULATOR_HOST && { ARCHIVE_BUCKET: LOCAL_BUCKET }), ...withoutEmpty(env) };
  return asUsage(() => readParts(given, archiveConfig, historyConfig, queryConfig, mongodbConfig, emulatorConfig));
}
export type Config = ReturnType<typeof readConfig>;

function withoutEmpty(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
}

function asUsage<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new CommandFailure(EXIT.usage, (error as Error).message);
  }
}
