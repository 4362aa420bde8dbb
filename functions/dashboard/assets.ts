import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { RequestProblem } from './problem.ts';

/** The page's files, as they are served. */
export interface Assets {
  /** Gives the status. Throws a RequestProblem for a file that is not there. */
  respond(request: IncomingMessage, response: ServerResponse, path: string): number;
}

/** Nothing comes from elsewhere, nothing is inline. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

const TYPES: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

const SECURITY = { 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer' };

/** Reads the page that `npm run build` made into memory. */
export function openAssets(folder: URL): Assets {
  const files = new Map(readdirSync(folder).map((name) => [`/${name}`, readFileSync(new URL(name, folder))]));
  const page = files.get('/index.html');
  files.delete('/index.html');
  return {
    respond(request, response, path) {
      if (request.method !== 'GET' && request.method !== 'HEAD') throw new RequestProblem('method-not-allowed');
      const asset = files.get(path);
      const type = TYPES[path.split('.').at(-1) ?? ''];
      const isPage = asset === undefined;
      // a path without an ending is a route of the page
      if (page === undefined || (isPage && type !== undefined)) throw new RequestProblem('not-found');
      const contents = asset ?? page;
      response.writeHead(200, {
        ...SECURITY,
        'Content-Type': isPage ? TYPES.html : (type ?? 'application/octet-stream'),
        'Content-Length': contents.length,
        ...(isPage
          ? { 'Cache-Control': 'no-cache', 'Content-Security-Policy': CONTENT_SECURITY_POLICY }
          : { 'Cache-Control': 'public, max-age=31536000, immutable' }),
      });
      response.end(request.method === 'HEAD' ? undefined : contents);
      return 200;
    },
  };
}
