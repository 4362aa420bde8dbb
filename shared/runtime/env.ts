import { IsIn, IsNotEmpty, Matches, validateSync } from 'class-validator';
import { LOG_LEVELS, type LogLevel } from './log.ts';

/** A group of environment variables and what they configure. */
export interface ConfigPart<Config> {
  /** Throws an Error that names every wrong variable, and no value. */
  read(env: NodeJS.ProcessEnv): Config;
}

/**
 * Variables are the properties of a class whose decorators say what they may be; one that is unset or empty leaves the
 * class's default.
 */
export function configPart<Variables extends object, Config>(
  Class: new () => Variables,
  toConfig: (variables: Variables) => Config,
): ConfigPart<Config> {
  return {
    read(env) {
      const variables = new Class();
      for (const [name, value] of Object.entries(env)) {
        if (value !== undefined && value !== '') Object.assign(variables, { [name]: value });
      }
      const problems = validateSync(variables).flatMap(({ constraints }) => Object.values(constraints ?? {}));
      if (problems.length > 0) throw new Error(problems.join('; '));
      return toConfig(variables);
    },
  };
}

type Intersection<Parts> = (Parts extends ConfigPart<infer Config> ? (config: Config) => void : never) extends (
  config: infer All,
) => void
  ? All
  : never;

/** Reads several parts as one. Throws one Error that names every wrong variable of them all, and no value. */
export function readParts<Parts extends ConfigPart<object>[]>(
  env: NodeJS.ProcessEnv,
  ...parts: Parts
): Intersection<Parts[number]> {
  const problems: string[] = [];
  const configs = parts.map((part) => {
    try {
      return part.read(env);
    } catch (error) {
      problems.push((error as Error).message);
      return {};
    }
  });
  if (problems.length > 0) throw new Error(`environment: ${problems.join('; ')}`);
  return Object.assign({}, ...configs);
}

class LogVariables {
  @IsIn(LOG_LEVELS) LOG_LEVEL: LogLevel = 'INFO';
}
export const logConfig = configPart(LogVariables, ({ LOG_LEVEL }) => ({ logLevel: LOG_LEVEL }));

class ArchiveVariables {
  @IsNotEmpty() ARCHIVE_BUCKET!: string;
}
export const archiveConfig = configPart(ArchiveVariables, ({ ARCHIVE_BUCKET }) => ({ bucket: ARCHIVE_BUCKET }));

class ProjectVariables {
  @IsNotEmpty() GOOGLE_CLOUD_PROJECT!: string;
}
export const projectConfig = configPart(ProjectVariables, (variables) => ({
  projectId: variables.GOOGLE_CLOUD_PROJECT,
}));

class HistoryVariables extends ProjectVariables {
  @IsNotEmpty() BIGQUERY_DATASET = 'sitebeat';
}
export const historyConfig = configPart(HistoryVariables, (variables) => ({
  projectId: variables.GOOGLE_CLOUD_PROJECT,
  dataset: variables.BIGQUERY_DATASET,
}));

const GIB = 2 ** 30;

class QueryVariables {
  /** What one query may be billed for at most: beyond it BigQuery refuses the query, and charges nothing. */
  @Matches(/^[1-9]\d{0,5}$/) BIGQUERY_MAX_GIB_BILLED = '256';
}
export const queryConfig = configPart(QueryVariables, (variables) => ({
  maxBytesBilled: Number(variables.BIGQUERY_MAX_GIB_BILLED) * GIB,
}));

class MongodbVariables {
  @Matches(/^mongodb(\+srv)?:\/\/[^/]+\/[^?]+/, {
    message: '$property must be a mongodb:// uri that names the database',
  })
  MONGODB_URI!: string;
  /** Connections of one instance at most; times the instances it must stay below what the server allows. */
  @Matches(/^[1-9]\d{0,2}$/) MONGODB_POOL_SIZE = '10';
}
export const mongodbConfig = configPart(MongodbVariables, (variables) => ({
  mongodbUri: variables.MONGODB_URI,
  maxPoolSize: Number(variables.MONGODB_POOL_SIZE),
}));
