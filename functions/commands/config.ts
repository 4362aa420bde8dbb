import { IsNotEmpty, IsOptional, Matches } from 'class-validator';
import { IsMongodbUri, readEnvironment } from '../../shared/runtime/env.ts';
import { CommandFailure, EXIT } from './command-failure.ts';

/** The clients take a host without its scheme for one that speaks TLS. */
const IsEmulatorUrl = () =>
  Matches(/^https?:\/\/[^/]+$/, { message: '$property must be an emulator, like http://127.0.0.1:4443' });

class LatestVariables {
  @IsMongodbUri() MONGODB_URI!: string;
}

class Variables extends LatestVariables {
  @IsNotEmpty() GOOGLE_CLOUD_PROJECT!: string;
  @IsNotEmpty() ARCHIVE_BUCKET!: string;
  @IsNotEmpty() BIGQUERY_DATASET = 'sitebeat';
  @IsOptional() @IsEmulatorUrl() STORAGE_EMULATOR_HOST?: string;
  @IsOptional() @IsEmulatorUrl() BIGQUERY_EMULATOR_HOST?: string;
}

/** The bucket of a local mesh, which its users need not name. */
const LOCAL_BUCKET = 'sitebeat-archive';

/** Where MongoDB is. Throws CommandFailure (bad usage) that names the wrong variable. */
export function readLatestConfig(env: NodeJS.ProcessEnv) {
  return { mongodbUri: read(LatestVariables, env).MONGODB_URI };
}

/** Where every store is. Throws CommandFailure (bad usage) that names every wrong variable. */
export function readConfig(env: NodeJS.ProcessEnv) {
  const variables = read(Variables, {
    ...(env.STORAGE_EMULATOR_HOST && { ARCHIVE_BUCKET: LOCAL_BUCKET }),
    ...withoutEmpty(env),
  });
  return {
    projectId: variables.GOOGLE_CLOUD_PROJECT,
    bucket: variables.ARCHIVE_BUCKET,
    dataset: variables.BIGQUERY_DATASET,
    mongodbUri: variables.MONGODB_URI,
  };
}
export type Config = ReturnType<typeof readConfig>;

function withoutEmpty(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
}

function read<T extends object>(Class: new () => T, env: NodeJS.ProcessEnv): T {
  try {
    return readEnvironment(Class, env);
  } catch (error) {
    throw new CommandFailure(EXIT.usage, (error as Error).message);
  }
}
