import { randomUUID } from 'node:crypto';
import type { Catalog } from './catalog.ts';
import { encodeRow } from './encode.ts';
import { duplicate, fromEngine, notFound, ServiceError, stopped, unsupported } from './errors.ts';
import type { Executor, Result, Statement } from './execute.ts';
import type { JobRequest } from './job-request.ts';
import { schemaJson } from './schema.ts';
import type { FormatOptions } from './values.ts';

/** A query job. */
export interface Job {
  project: string;
  id: string;
  location: string;
  request: JobRequest;
  createdMs: number;
  endedMs?: number;
  result?: Result;
  /** Bytes that it reads, found out when somebody asks; they take longer to count than most queries to run. */
  bytes: () => Promise<number>;
  error?: ServiceError;
  /** Settles, never rejects, when the job is over. */
  done: Promise<void>;
  /** Ends what DuckDB does for it right now. */
  interrupt(): void;
}

/** Which part of a result, and how it is written. */
export interface PageRequest {
  maxResults: number | undefined;
  start: number;
  format: FormatOptions;
}

const maxRetainedJobs = 1000;
const maxRetainedRows = 1_000_000;
const maxRowsPerPage = 10_000;
const mebibyte = 1024 * 1024;
const minBilledBytes = 10 * mebibyte;

/** Query jobs: they run, and their results are kept for paging until newer ones need the room. */
export class Jobs {
  #executor: Executor;
  #catalog: Catalog;
  #isStopping = false;
  #jobs = new Map<string, Job>();

  constructor(executor: Executor, catalog: Catalog) {
    this.#executor = executor;
    this.#catalog = catalog;
  }

  /** Starts a job. Throws `duplicate` when there is one of that id. */
  start(project: string, request: JobRequest, id = `job_${randomUUID()}`): Job {
    const job = this.#newJob(project, request, id);
    if (this.#jobs.has(`${project}/${id}`)) throw duplicate(`Job ${project}:${job.location}.${id}`);
    job.done = this.#run(job);
    this.#jobs.set(`${project}/${id}`, job);
    this.#makeRoom();
    return job;
  }

  /** What a dry run tells, as a job that is over. Throws the query's error. */
  async dryRun(project: string, request: JobRequest): Promise<Job> {
    const statement = { ...request, project };
    const { fields, bytes } = await this.#executor.dryRun(this.#executor.translate(statement), statement);
    const job = this.#newJob(project, request, `job_${randomUUID()}`);
    return { ...job, endedMs: job.createdMs, result: { fields, rows: [] }, bytes: async () => bytes };
  }

  #newJob(project: string, request: JobRequest, id: string): Job {
    return {
      project,
      id,
      location: request.location ?? this.#catalog.locationOf(project, request.dataset),
      request,
      createdMs: Date.now(),
      bytes: async () => 0,
      done: Promise.resolve(),
      interrupt: () => {},
    };
  }

  get(project: string, id: string): Job {
    const job = this.#jobs.get(`${project}/${id}`);
    if (job === undefined) throw notFound(`Job ${project}:${id}`);
    return job;
  }

  /** Interrupts all that runs and waits for it. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const job of this.#jobs.values()) job.interrupt();
    await Promise.all([...this.#jobs.values()].map(({ done }) => done));
  }

  async #run(job: Job): Promise<void> {
    try {
      await this.#runStatement(job, { ...job.request, project: job.project });
    } catch (error) {
      job.error = fromEngine(error);
    }
    // from here on, others use the connection
    job.interrupt = () => {};
    job.endedMs = Date.now();
  }

  async #runStatement(job: Job, statement: Statement): Promise<void> {
    const translation = this.#executor.translate(statement);
    job.bytes = () => this.#executor.bytes(translation, statement).catch(() => 0);
    await expectBilled(job, () => this.#executor.mostBytes(translation));
    job.result = await this.#executor.run(translation, statement, (connection) => {
      if (this.#isStopping) throw stopped();
      job.interrupt = () => connection.interrupt();
    });
  }

  #makeRoom(): void {
    let rows = 0;
    for (const { result } of this.#jobs.values()) rows += result?.rows.length ?? 0;
    for (const [key, job] of this.#jobs) {
      if (this.#jobs.size <= maxRetainedJobs && rows <= maxRetainedRows) return;
      if (job.endedMs === undefined) continue;
      rows -= job.result?.rows.length ?? 0;
      this.#jobs.delete(key);
    }
  }
}

async function expectBilled({ request, bytes }: Job, mostBytes: () => Promise<number>): Promise<void> {
  const { maximumBytesBilled } = request;
  if (maximumBytesBilled === undefined || billed(await mostBytes()) <= maximumBytesBilled) return;
  const needed = billed(await bytes());
  if (needed <= maximumBytesBilled) return;
  throw new ServiceError(
    'bytesBilledLimitExceeded',
    `Query exceeded limit for bytes billed: ${maximumBytesBilled}. ${needed} or higher required.`,
  );
}

const billed = (bytes: number) => (bytes === 0 ? 0 : Math.max(minBilledBytes, Math.ceil(bytes / mebibyte) * mebibyte));

const reference = ({ project, id, location }: Job) => ({ projectId: project, jobId: id, location });

/** `numDmlAffectedRows` and its parts, of DELETE. */
function dmlJson({ result }: Job) {
  if (result?.deleted === undefined) return {};
  const deleted = String(result.deleted);
  const dmlStats = { insertedRowCount: '0', updatedRowCount: '0', deletedRowCount: deleted };
  return { numDmlAffectedRows: deleted, dmlStats };
}

/** A page of a job's result, as jobs.query and getQueryResults give it. Throws the job's error. */
export function resultJson(job: Job, kind: string, { maxResults, start, format }: PageRequest) {
  if (job.error !== undefined) throw job.error;
  const base = { kind, jobReference: reference(job), location: job.location };
  if (job.result === undefined) return { ...base, jobComplete: false };
  const { fields, rows, total = rows.length } = job.result;
  const limit = Math.min(maxResults ?? maxRowsPerPage, maxRowsPerPage);
  const page = rows.slice(start, start + limit).map((row) => encodeRow(row, fields, format));
  const end = start + page.length;
  if (end === start && start < total && limit > 0) throw unsupported('reading on in what went to a table');
  const isQuery = job.result.deleted === undefined;
  return {
    ...base,
    jobComplete: true,
    cacheHit: false,
    ...(isQuery ? { schema: { fields: fields.map(schemaJson) }, totalRows: String(total), rows: page } : {}),
    ...(end < total ? { pageToken: String(end) } : {}),
    ...dmlJson(job),
  };
}

/** A job resource, with the bytes that it read once it is over. */
export async function jobJson(job: Job, base: string, isDryRun = false) {
  const { project, id, location, endedMs, error, createdMs } = job;
  const failure = error === undefined ? {} : { errorResult: error.proto, errors: [error.proto] };
  const schema = isDryRun && job.result !== undefined ? { schema: { fields: job.result.fields.map(schemaJson) } } : {};
  const bytes = endedMs === undefined ? 0 : await job.bytes();
  return {
    kind: 'bigquery#job',
    id: `${project}:${location}.${id}`,
    selfLink: `${base}/bigquery/v2/projects/${project}/jobs/${id}?location=${location}`,
    jobReference: reference(job),
    user_email: 'emulator@localhost',
    configuration: { jobType: 'QUERY', ...job.request.configuration },
    status: { state: endedMs === undefined ? 'RUNNING' : 'DONE', ...failure },
    statistics: {
      creationTime: String(createdMs),
      startTime: String(createdMs),
      ...(endedMs === undefined ? {} : { endTime: String(endedMs) }),
      totalBytesProcessed: String(bytes),
      query: {
        statementType: job.result?.deleted === undefined ? 'SELECT' : 'DELETE',
        totalBytesProcessed: String(bytes),
        totalBytesBilled: isDryRun ? '0' : String(billed(bytes)),
        cacheHit: false,
        ...schema,
        ...dmlJson(job),
      },
    },
  };
}
