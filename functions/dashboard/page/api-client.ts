import type { Problem } from '../api.ts';

/** A request that the API refused, or that never reached it. */
export class ApiError extends Error {
  readonly status: number;
  /** As the log of the function has it; null when it was not reached. */
  readonly requestId: string | null;
  readonly problem: Problem | null;

  constructor(status: number, problem: Problem | null) {
    super(problem?.title ?? 'The dashboard could not be reached');
    this.name = 'ApiError';
    this.status = status;
    this.requestId = problem?.instance ?? null;
    this.problem = problem;
  }
}

const ROOT = '/api/v1';
/** Without it, the API takes no POST: a form of another site cannot set it. */
const OUR_HEADER = { 'x-sitebeat': '1' };

/** The address of an answer, for links that download. */
export function apiHref(path: string, query: Record<string, string | null | undefined> = {}): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] != null && entry[1] !== '');
  const text = new URLSearchParams(given).toString();
  return `${ROOT}${path}${text === '' ? '' : `?${text}`}`;
}

/** Throws an ApiError. */
export async function getJson<T>(href: string, signal?: AbortSignal): Promise<T> {
  return (await send(href, signal ? { signal } : {})) as T;
}

/** Turns the token of a local link into a session. Throws an ApiError. */
export async function signIn(token: string): Promise<void> {
  const headers = { ...OUR_HEADER, 'Content-Type': 'application/json' };
  await send(`${ROOT}/session`, { method: 'POST', headers, body: JSON.stringify({ token }) });
}

async function send(href: string, init: RequestInit): Promise<unknown> {
  const response = await fetch(href, init).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(0, null);
  });
  if (response.status === 204) return null;
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw new ApiError(response.status, body as Problem | null);
  return body;
}
