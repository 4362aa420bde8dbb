import { IsIn, IsNotEmpty, IsUrl } from 'class-validator';
import { IsMongodbUri, readEnvironment } from '../../shared/runtime/env.ts';
import { LOG_LEVELS, type LogLevel } from '../../shared/runtime/log.ts';

class Variables {
  @IsNotEmpty() GOOGLE_CLOUD_PROJECT!: string;
  @IsNotEmpty() BIGQUERY_DATASET = 'sitebeat';
  @IsMongodbUri() MONGODB_URI!: string;
  @IsUrl({ protocols: ['http', 'https'], require_protocol: true, require_tld: false }) MAIL_API_URL!: string;
  @IsNotEmpty() MAIL_API_SECRET!: string;
  @IsIn(LOG_LEVELS) LOG_LEVEL: LogLevel = 'INFO';
}

export function readConfig(env: NodeJS.ProcessEnv) {
  const variables = readEnvironment(Variables, env);
  return {
    projectId: variables.GOOGLE_CLOUD_PROJECT,
    dataset: variables.BIGQUERY_DATASET,
    mongodbUri: variables.MONGODB_URI,
    mail: { url: variables.MAIL_API_URL, secret: variables.MAIL_API_SECRET },
    logLevel: variables.LOG_LEVEL,
  };
}
