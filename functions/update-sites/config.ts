import { IsIn, IsNotEmpty } from 'class-validator';
import { IsMongodbUri, readEnvironment } from '../../shared/runtime/env.ts';
import { LOG_LEVELS, type LogLevel } from '../../shared/runtime/log.ts';

class Variables {
  @IsNotEmpty() GOOGLE_CLOUD_PROJECT!: string;
  @IsNotEmpty() ARCHIVE_BUCKET!: string;
  @IsMongodbUri() MONGODB_URI!: string;
  @IsIn(LOG_LEVELS) LOG_LEVEL: LogLevel = 'INFO';
}

export function readConfig(env: NodeJS.ProcessEnv) {
  const variables = readEnvironment(Variables, env);
  return {
    projectId: variables.GOOGLE_CLOUD_PROJECT,
    bucket: variables.ARCHIVE_BUCKET,
    mongodbUri: variables.MONGODB_URI,
    logLevel: variables.LOG_LEVEL,
  };
}
