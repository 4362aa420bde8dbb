import type { Problem } from '../api.ts';

/** A request that the API refused, or that never reached it. */
export class ApiError extends Error {
  readonly status: number;
  /** As the log of the function has it; null when it was not reached. */
  readonly requestId: string | null;
  readonly problem: Problem | null;

  constructor(status: number, problem: Problem | null) {
    super(problem?.title ?? (status === 0 ? 'The dashboard could not be reached' : `The request failed (${status})`));
    this.name = 'ApiError';
    this.status = status;
    this.requestId = problem?.instance ?? null;
    this.problem = problem;
  }
}

const ROOT = '/api/v1';
/** Without it, the API takes no POST: a form of another site cannot set it. */
const OUR_HEADER = { 'x-sitebeat': '1' };

export type Query = Record<string, string | number | null | undefined>;

/** The address of an answer, also for links that download. What is null or empty is left out. */
export function apiHref(path: string, query: Query = {}): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === null || value === undefined || value === '' ? [] : [[name, String(value)]],
  );
  const text = new URLSearchParams(given).toString();
  return `${ROOT}${path}${text === '' ? '' : `?${text}`}`;
}

/** What belongs to a project. */
export function projectApi(slug: string, path: string, query: Query = {}): string {
  return apiHref(`/projects/${encodeURIComponent(slug)}${path}`, query);
}

export interface GetOptions {
  signal?: AbortSignal;
  /** Past what the browser has kept. */
  isFresh?: boolean;
}

/** Throws an ApiError. */
export async function getJson<T>(href: string, { signal, isFresh = false }: GetOptions = {}): Promise<T> {
  return (await send(href, { ...(signal ? { signal } : {}), cache: isFresh ? 'no-cache' : 'default' })) as T;
}

/** Turns the token of a local link into a session. Throws an ApiError. */
export async function signIn(token: string): Promise<void> {
  const headers = { ...OUR_HEADER, 'Content-Type': 'application/json' };
  await send(`${ROOT}/session`, { method: 'POST', headers, body: JSON.stringify({ token }) });
}

async function send(href: string, init: RequestInit): Promise<unknown> {
  const response = await reached(fetch(href, init));
  if (response.status === 204) return null;
  if (response.ok) return reached(response.json());
  const problem = await response.json().catch(() => null);
  throw new ApiError(response.status, problem as Problem | null);
}

/** What was given up says so itself, be it in the middle of an answer; whatever else fails never reached the API, or was cut off. */
function reached<T>(awaited: Promise<T>): Promise<T> {
  return awaited.catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(0, null);
  });
}
