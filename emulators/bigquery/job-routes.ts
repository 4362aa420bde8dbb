import { unsupported } from './errors.ts';
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
  if (request.isDryRun) throw unsupported('dryRun of jobs.query (jobs.insert has it)');
  const job = jobs.start(project, request);
  await waitFor(job.done, body.timeoutMs);
  return resultJson(job, 'bigquery#queryResponse', pageOf(query, body));
}

async function getQueryResults({ project, name, query }: Request, { jobs }: Parts) {
  const job = jobs.get(project, name);
  await waitFor(job.done, query.get('timeoutMs'));
  return resultJson(job, 'bigquery#getQueryResultsResponse', pageOf(query, {}));
}

async function insertJob({ project, body, base }: Request, { jobs }: Parts) {
  const { request, id } = readJob(body);
  if (request.isDryRun) return jobJson(await jobs.dryRun(project, request), base, true);
  return jobJson(jobs.start(project, request, id), base);
}

const getJob = ({ project, name, base }: Request, { jobs }: Parts) => jobJson(jobs.get(project, name), base);

/** Queries and jobs. */
export const jobRoutes: readonly Route[] = [
  ['POST', '/queries', runQuery],
  ['GET', '/queries/{name}', getQueryResults],
  ['POST', '/jobs', insertJob],
  ['GET', '/jobs/{name}', getJob],
];
