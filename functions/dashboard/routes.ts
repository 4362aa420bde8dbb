import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { TransientError } from '../../shared/runtime/errors.ts';
import { failureName, type Log } from '../../shared/runtime/log.ts';
import type { Assets } from './assets.ts';
import type { Answer, Call, ProjectCall } from './call.ts';
import type { IdentityConfig } from './config.ts';
import { findGrant } from './grants.ts';
import { getMe } from './me.ts';
import { RequestProblem } from './problem.ts';
import { getProject, getProjects } from './projects.ts';
import { respond, respondProblem } from './respond.ts';
import { checkIsOurPage, createSession } from './session.ts';
import type { Stores } from './stores.ts';
import type { WhoIs } from './who-is.ts';

/** A way in, and who may take it: `analyst` and `owner` are roles in the project that `:slug` names. */
export type Route = { method: 'GET' | 'POST'; path: string } & (
  | { may: 'signed-in'; answer: (call: Call) => Promise<Answer> }
  | { may: 'analyst' | 'owner'; answer: (call: ProjectCall) => Promise<Answer> }
);

export const ROUTES: Route[] = [
  { method: 'GET', path: '/api/v1/me', may: 'signed-in', answer: getMe },
  { method: 'GET', path: '/api/v1/projects', may: 'signed-in', answer: getProjects },
  { method: 'GET', path: '/api/v1/projects/:slug', may: 'analyst', answer: getProject },
];

export interface Dependencies {
  whoIs: WhoIs;
  identity: IdentityConfig;
  admins: ReadonlySet<string>;
  stores: Stores;
  assets: Assets;
  now: () => Date;
  log: Log;
}

type Request = IncomingMessage & { rawBody?: Buffer };

/** Answers one request; never throws. Logs the route and the outcome, and nothing of what was asked for. */
export async function route(request: Request, response: ServerResponse, dependencies: Dependencies): Promise<void> {
  const requestId = `req_${randomUUID().slice(0, 8)}`;
  const startedAt = performance.now();
  const found = findRoute(request);
  const { log } = dependencies;
  let status = 500;
  try {
    status = await answer(request, response, { found, requestId, dependencies });
  } catch (error) {
    const problem = problemOf(error);
    status = problem.status;
    if (status >= 500) log('ERROR', 'not answered', { requestId, error: failureName(error) });
    if (response.headersSent) response.destroy();
    else respondProblem(response, problem, requestId);
  }
  const durationMs = Math.round(performance.now() - startedAt);
  log('DEBUG', 'answered', { requestId, route: found?.route.path ?? 'none', status, durationMs });
}

interface Found {
  route: Route;
  params: Record<string, string>;
}

async function answer(
  request: Request,
  response: ServerResponse,
  { found, requestId, dependencies }: { found: Found | undefined; requestId: string; dependencies: Dependencies },
): Promise<number> {
  const { pathname, searchParams } = urlOf(request);
  if (request.method === 'POST') checkIsOurPage(request.headers);
  if (pathname === SESSION_PATH) return respond(request, response, createSession(request, dependencies.identity));
  if (!pathname.startsWith('/api/')) return dependencies.assets.respond(request, response, pathname);
  const identity = await dependencies.whoIs(request.headers);
  if (identity === undefined) throw new RequestProblem('not-signed-in');
  if (found === undefined) throw new RequestProblem('not-found');
  if (found.route.method !== request.method) throw new RequestProblem('method-not-allowed');
  const { admins, stores, now } = dependencies;
  const call: Call = {
    requestId,
    identity,
    isOperator: dependencies.identity.identity === 'local' || admins.has(identity.email),
    params: found.params,
    query: searchParams,
    headers: request.headers,
    body: request.rawBody,
    stores,
    now: now(),
  };
  return respond(request, response, await answerOf(found.route, call));
}

async function answerOf(route: Route, call: Call): Promise<Answer> {
  if (route.may === 'signed-in') return route.answer(call);
  const grant = await findGrant(call, call.params.slug as string);
  // what one may not see is not there
  if (grant === undefined || (route.may === 'owner' && grant.role !== 'owner')) throw new RequestProblem('not-found');
  return route.answer({ ...call, ...grant });
}

const SESSION_PATH = '/api/v1/session';

function findRoute(request: Request): Found | undefined {
  const { pathname } = urlOf(request);
  const parts = pathname.split('/');
  const fitting = ROUTES.flatMap((candidate) => {
    const params = paramsOf(candidate.path.split('/'), parts);
    return params === undefined ? [] : [{ route: candidate, params }];
  });
  return fitting.find(({ route }) => route.method === request.method) ?? fitting[0];
}

function paramsOf(pattern: string[], parts: string[]): Record<string, string> | undefined {
  if (pattern.length !== parts.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, wanted] of pattern.entries()) {
    const part = parts[index] as string;
    if (wanted.startsWith(':') && part !== '') params[wanted.slice(1)] = decoded(part);
    else if (wanted !== part) return undefined;
  }
  return params;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Longer ones only a stranger writes. */
const MAX_URL_LENGTH = 8192;

function urlOf({ url = '/' }: Request): URL {
  if (url.length > MAX_URL_LENGTH) return new URL('http://dashboard/api/too-long');
  return URL.canParse(url, 'http://dashboard') ? new URL(url, 'http://dashboard') : new URL('http://dashboard/api/');
}

function problemOf(error: unknown): RequestProblem {
  if (error instanceof RequestProblem) return error;
  return new RequestProblem(error instanceof TransientError ? 'unavailable' : 'failed');
}
