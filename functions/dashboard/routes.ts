import type { IncomingMessage, ServerResponse } from 'node:http';
import { TransientError } from '../../shared/runtime/errors.ts';
import { failureName, type Log } from '../../shared/runtime/log.ts';
import type { Assets } from './assets.ts';
import type { Call } from './call.ts';
import type { IdentityConfig } from './config.ts';
import { newRequestId, RequestProblem } from './problem.ts';
import { NoQuery } from './read-query.ts';
import { getAdvisories } from './resources/advisories.ts';
import { AuditQuery, getAudit } from './resources/audit.ts';
import { getContact } from './resources/contact.ts';
import { DeactivationsQuery, getDeactivations } from './resources/deactivations.ts';
import { getMe } from './resources/me.ts';
import { getOpenapi } from './resources/openapi.ts';
import { getOverview, OverviewQuery } from './resources/overview.ts';
import { getProject, getProjects } from './resources/projects.ts';
import { getRates, RatesQuery } from './resources/rates.ts';
import { getRelease, getReleases, ReleasesQuery } from './resources/releases.ts';
import { getRetention } from './resources/retention.ts';
import { getSeries, SeriesQuery } from './resources/series.ts';
import { getSite, getSiteHistory } from './resources/site.ts';
import { getSites } from './resources/sites.ts';
import { SitesQuery } from './resources/sites-query.ts';
import { getStatus } from './resources/status.ts';
import { getSupport, SupportQuery } from './resources/support.ts';
import { respond, respondProblem } from './respond.ts';
import { API, type Found, findRoute, ofProject, open, type Route, urlOf } from './router.ts';
import { checkIsOurPage, createSession } from './session.ts';
import type { Stores } from './stores.ts';
import type { WhoIs } from './who-is.ts';

/** Every way in, beside /session and the page's files, and who may take it. */
export const ROUTES: Route[] = [
  open('/me', NoQuery, getMe),
  open('/status', NoQuery, getStatus),
  open('/openapi.json', NoQuery, getOpenapi),
  open('/projects', NoQuery, getProjects),
  ofProject('', 'analyst', NoQuery, getProject),
  ofProject('/overview', 'analyst', OverviewQuery, getOverview),
  ofProject('/series/:dimension', 'analyst', SeriesQuery, getSeries),
  ofProject('/releases', 'analyst', ReleasesQuery, getReleases),
  ofProject('/releases/:version', 'analyst', NoQuery, getRelease),
  ofProject('/support', 'analyst', SupportQuery, getSupport),
  ofProject('/retention', 'analyst', NoQuery, getRetention),
  ofProject('/rates', 'analyst', RatesQuery, getRates),
  ofProject('/advisories', 'analyst', NoQuery, getAdvisories),
  ofProject('/deactivations', 'analyst', DeactivationsQuery, getDeactivations),
  ofProject('/sites', 'analyst', SitesQuery, getSites),
  ofProject('/sites/:id', 'analyst', NoQuery, getSite),
  ofProject('/sites/:id/history', 'analyst', NoQuery, getSiteHistory),
  ofProject('/sites/:id/contact', 'owner', NoQuery, getContact),
  ofProject('/audit', 'owner', AuditQuery, getAudit),
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
  const requestId = newRequestId();
  const startedAt = performance.now();
  const url = urlOf(request);
  const found = findRoute(ROUTES, request.method, url.pathname);
  const { log } = dependencies;
  let status = 500;
  try {
    status = await answer(request, response, { url, found, requestId, dependencies });
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

interface Asked {
  url: URL;
  found: Found | undefined;
  requestId: string;
  dependencies: Dependencies;
}

async function answer(request: Request, response: ServerResponse, asked: Asked): Promise<number> {
  const { url, found, requestId, dependencies } = asked;
  if (request.method === 'POST') checkIsOurPage(request.headers);
  if (url.pathname === SESSION_PATH) return respond(request, response, createSession(request, dependencies.identity));
  if (!url.pathname.startsWith('/api/')) return dependencies.assets.respond(request, response, url.pathname);
  const identity = await dependencies.whoIs(request.headersDistinct);
  if (identity === undefined) throw new RequestProblem('not-signed-in');
  if (found === undefined) throw new RequestProblem('not-found');
  if (found.route.method !== request.method) throw new RequestProblem('method-not-allowed');
  if (!takesJson(request.headers.accept) && !url.searchParams.has('format')) throw new RequestProblem('not-acceptable');
  const { admins, stores, now } = dependencies;
  const call: Call = {
    requestId,
    identity,
    isOperator: dependencies.identity.identity === 'local' || admins.has(identity.email),
    params: found.params,
    query: url.searchParams,
    stores,
    now: now(),
  };
  return respond(request, response, await found.route.handle(call));
}

const SESSION_PATH = `${API}/session`;

function takesJson(accept: string | undefined): boolean {
  return accept === undefined || /\*\/\*|application\/(?:\*|json)/i.test(accept);
}

function problemOf(error: unknown): RequestProblem {
  if (error instanceof RequestProblem) return error;
  return new RequestProblem(error instanceof TransientError ? 'unavailable' : 'failed');
}
