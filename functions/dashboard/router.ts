import type { IncomingMessage } from 'node:http';
import { NOWHERE } from '../../shared/runtime/lead-nowhere.ts';
import type { Answer, Call, ProjectCall } from './call.ts';
import { findGrant } from './grants.ts';
import { RequestProblem } from './problem.ts';
import { type QueryClass, readQuery } from './read-query.ts';

/** Where version 1 of the API begins. */
export const API = '/api/v1';

/** A way in, and who may take it: `analyst` and `owner` are roles in the project that `:slug` names. */
export interface Route {
  method: 'GET';
  path: string;
  may: 'signed-in' | 'analyst' | 'owner';
  Query: QueryClass<object>;
  handle(call: Call): Promise<Answer>;
}

/** A route that is open to whoever is known. */
export function open<Query extends object>(
  path: string,
  Query: QueryClass<Query>,
  answer: (call: Call, query: Query) => Promise<Answer>,
): Route {
  const handle = async (call: Call) => answer(call, readQuery(Query, call.query));
  return { method: 'GET', path: `${API}${path}`, may: 'signed-in', Query, handle };
}

/** A route of a project: what one may not see of it is not there, as if there were no such project. */
export function ofProject<Query extends object>(
  path: string,
  may: 'analyst' | 'owner',
  Query: QueryClass<Query>,
  answer: (call: ProjectCall, query: Query) => Promise<Answer>,
): Route {
  const handle = async (call: Call) => {
    const grant = await findGrant(call, call.params.slug as string);
    if (grant === undefined || (may === 'owner' && grant.role !== 'owner')) throw new RequestProblem('not-found');
    return answer({ ...call, ...grant }, readQuery(Query, call.query));
  };
  return { method: 'GET', path: `${API}/projects/:slug${path}`, may, Query, handle };
}

export interface Found {
  route: Route;
  /** By the names in its path. */
  params: Record<string, string>;
}

/** The route of a path; one of another method when there is none of this. */
export function findRoute(routes: readonly Route[], method: string | undefined, pathname: string): Found | undefined {
  const parts = pathname.split('/');
  const fitting = routes.flatMap((route) => {
    const params = paramsOf(route.path.split('/'), parts);
    return params === undefined ? [] : [{ route, params }];
  });
  return fitting.find(({ route }) => route.method === method) ?? fitting[0];
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

/** A url that is none, or too long, leads nowhere. */
export function urlOf({ url = '/' }: IncomingMessage): URL {
  if (url.length > MAX_URL_LENGTH || !URL.canParse(url, 'http://dashboard'))
    return new URL(`http://dashboard${NOWHERE}`);
  return new URL(url, 'http://dashboard');
}
