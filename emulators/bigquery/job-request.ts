import { type Destination, readDestination } from './destination.ts';
import { invalid, unsupported } from './errors.ts';
import { type Parameter, readParameters } from './parameters.ts';
import { isNode } from './sql/tree.ts';

/** What a request asks a query job to do. */
export interface JobRequest {
  sql: string;
  /** The default dataset. */
  dataset: string | undefined;
  parameters: ReadonlyMap<string | number, Parameter>;
  location: string | undefined;
  maximumBytesBilled: number | undefined;
  destination: Destination | undefined;
  isDryRun: boolean;
  /** As it came, for the job resource. */
  configuration: Readonly<Record<string, unknown>>;
}

/** Parts of a query's configuration that are refused, as the answer would be another one with them. */
const unknownParts = [
  'tableDefinitions',
  'userDefinedFunctionResources',
  'timePartitioning',
  'rangePartitioning',
  'clustering',
  'schemaUpdateOptions',
  'connectionProperties',
  'createSession',
];

type Json = Readonly<Record<string, unknown>>;

/** Reads a query and its options: the body of jobs.query, or `configuration.query` of jobs.insert. */
export function readQuery(query: Json, outside: Json, configuration: Json): JobRequest {
  if (typeof query.query !== 'string') throw invalid('Required parameter is missing: query');
  const unknown = unknownParts.find((part) => query[part] !== undefined && query[part] !== false);
  if (unknown !== undefined) throw unsupported(`${unknown} of a query`);
  if (query.useLegacySql !== false) throw unsupported('legacy SQL (useLegacySql must be false)');
  const dataset = isNode(query.defaultDataset) ? String(query.defaultDataset.datasetId) : undefined;
  const limit = query.maximumBytesBilled;
  return {
    sql: query.query,
    dataset,
    parameters: readParameters(query.queryParameters, query.parameterMode),
    location: typeof outside.location === 'string' ? outside.location : undefined,
    maximumBytesBilled: limit === undefined || limit === null ? undefined : Number(limit),
    destination: readDestination(query),
    isDryRun: outside.dryRun === true,
    configuration,
  };
}

/** Reads the job resource of jobs.insert. Throws `invalid` for jobs that are not queries. */
export function readJob(body: Json): { request: JobRequest; id: string | undefined } {
  const configuration = isNode(body.configuration) ? body.configuration : {};
  for (const kind of ['load', 'copy', 'extract']) {
    if (configuration[kind] !== undefined) throw unsupported(`${kind} jobs`);
  }
  if (!isNode(configuration.query)) throw invalid('Required parameter is missing: configuration.query');
  const reference = isNode(body.jobReference) ? body.jobReference : {};
  const outside = { location: reference.location, dryRun: configuration.dryRun };
  const id = typeof reference.jobId === 'string' ? reference.jobId : undefined;
  if (id !== undefined && !/^[A-Za-z0-9_-]{1,1024}$/.test(id)) throw invalid(`Invalid job ID "${id}"`);
  return { request: readQuery(configuration.query, outside, configuration), id };
}
