import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Answer } from './call.ts';
import type { IdentityConfig } from './config.ts';
import { RequestProblem } from './problem.ts';
import { isToken, SESSION_COOKIE } from './who-is.ts';

/** A form of another site cannot set a header of its own. */
const OUR_HEADER = 'x-sitebeat';

/** Throws a RequestProblem for a POST that is not our page's. */
export function checkIsOurPage(headers: IncomingHttpHeaders): void {
  if (headers[OUR_HEADER] === undefined) {
    throw new RequestProblem('invalid-parameter', [{ parameter: OUR_HEADER, detail: 'the header is missing' }]);
  }
}

/** Turns the token of this machine into a cookie, so that a download, which sends no header, is known as well. */
export function createSession(request: IncomingMessage & { rawBody?: Buffer }, config: IdentityConfig): Answer {
  if (request.method !== 'POST') throw new RequestProblem('method-not-allowed');
  if (config.identity !== 'local') throw new RequestProblem('not-found');
  const token = tokenOf(request.rawBody);
  if (!isToken(token, config.tokenSha256)) throw new RequestProblem('not-signed-in');
  return {
    kind: 'empty',
    headers: { 'Set-Cookie': `${SESSION_COOKIE}=${token}; HttpOnly; SameSite=Strict; Path=/` },
  };
}

function tokenOf(body: Buffer | undefined): string {
  try {
    const { token } = JSON.parse(body?.toString() ?? '');
    return typeof token === 'string' && /^[\w-]{1,200}$/.test(token) ? token : '';
  } catch {
    return '';
  }
}
