import { IsIn, IsNotEmpty, Matches } from 'class-validator';
import { readEnvironment } from '../../shared/runtime/env.ts';
import { LOG_LEVELS, type LogLevel } from '../../shared/runtime/log.ts';

class Variables {
  @IsNotEmpty() ARCHIVE_BUCKET!: string;
  /** How many addresses at the end of X-Forwarded-For the platform wrote; 0: none, the socket's counts. Cloud Run: 1. */
  @Matches(/^[0-9]$/) FORWARDED_HOPS = '0';
  @IsIn(LOG_LEVELS) LOG_LEVEL: LogLevel = 'INFO';
}

export function readConfig(env: NodeJS.ProcessEnv) {
  const variables = readEnvironment(Variables, env);
  return {
    bucket: variables.ARCHIVE_BUCKET,
    forwardedHops: Number(variables.FORWARDED_HOPS),
    logLevel: variables.LOG_LEVEL,
  };
}
