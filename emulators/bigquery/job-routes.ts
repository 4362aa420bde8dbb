import { readJob, readQuery } from './job-request.ts';
import { jobJson, resultJson } from './jobs.ts';
import { type Parts, pageOf, type Request, type Route } from './request.ts';

/** `timeoutMs` of a query when the request does not say it, and the most that is waited for. */
const defaultTimeoutMs = 10_000;
const maxTimeoutMs = 200_000;

function waitFor(done: Promise<void>, timeoutMs: unknown): Promise<void> {
  const limitMs = Math.min(
    timeoutMs === undefined || timeoutMs === null ? defaultTimeoutMs : Number(timeoutMs),
    maxTimeoutMs,
  );
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  return Promise.race([done, timeout]).finally(() => clearTimeout(timer));
}

async function runQuery({ project, query, body }: Request, { jobs }: Parts) {
  const request = readQuery(body, body, { query: body });
  if (request.isDryRun) {
    const dryRun = await jobs.dryRun(project, request);
    const { jobReference, ...result } = resultJson(dryRun, 'bigquery#queryResponse', pageOf(query, body));
    return { ...result, totalBytesProcessed: String(await dryRun.bytes()), rows: [] };
  }
  const job = jobs.start(project, request);
  await waitFor(job.done, body.timeoutMs);
  return resultJson(job, 'bigquery#queryResponse', pageOf(query, body));
}

async function getQueryResults({ project, name, query }: Request, { jobs }: Parts) {
  const job = jobs.get(project, name);
  await waitFor(job.done, query.get('timeoutMs'));
  return resultJson(job, 'bigquery#getQueryResultsResponse', pageOf(query, {}));
}

async function listJobs({ project, base }: Request, { jobs }: Parts) {
  return { kind: 'bigquery#jobList', jobs: await Promise.all(jobs.list(project).map((job) => jobJson(job, base))) };
}

async function insertJob({ project, body, base }: Request, { jobs }: Parts) {
  const { request, id } = readJob(body);
  if (request.isDryRun) return jobJson(await jobs.dryRun(project, request), base, true);
  return jobJson(jobs.start(project, request, id), base);
}

const getJob = ({ project, name, base }: Request, { jobs }: Parts) => jobJson(jobs.get(project, name), base);

async function cancelJob({ project, name, base }: Request, { jobs }: Parts) {
  const job = jobs.get(project, name);
  jobs.cancel(job);
  return { kind: 'bigquery#jobCancelResponse', job: await jobJson(job, base) };
}

/** Queries and jobs. */
export const jobRoutes: readonly Route[] = [
  ['POST', '/queries', runQuery],
  ['GET', '/queries/{name}', getQueryResults],
  ['GET', '/jobs', listJobs],
  ['POST', '/jobs', insertJob],
  ['GET', '/jobs/{name}', getJob],
  ['POST', '/jobs/{name}/cancel', cancelJob],
];
