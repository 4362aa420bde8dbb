import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Answer } from './call.ts';
import type { RequestProblem } from './problem.ts';

const JSON_TYPE = 'application/json; charset=utf-8';

/** Sends what a route answers. A file that fails midway breaks the connection off: none is silently short. */
export async function respond(request: IncomingMessage, response: ServerResponse, answer: Answer): Promise<number> {
  if (answer.kind === 'empty') {
    response.writeHead(204, { 'Cache-Control': 'no-store', ...answer.headers }).end();
    return 204;
  }
  if (answer.kind === 'file') return respondFile(response, answer);
  if (answer.kind === 'fresh') {
    const link = answer.next ? { Link: `<${nextUrl(request, answer.next)}>; rel="next"` } : {};
    send(
      response,
      200,
      { 'Content-Type': JSON_TYPE, 'Cache-Control': 'no-store', ...link },
      JSON.stringify(answer.body),
    );
    return 200;
  }
  const text = JSON.stringify(answer.body);
  const digest = createHash('sha256').update(`${request.url} ${text}`).digest('base64url').slice(0, 22);
  const etag = `"${answer.generation}-${digest}"`;
  const headers = { ETag: etag, 'Cache-Control': 'private, max-age=60, must-revalidate' };
  if (matches(request.headers['if-none-match'], etag)) {
    response.writeHead(304, headers).end();
    return 304;
  }
  send(response, 200, { ...headers, 'Content-Type': JSON_TYPE }, text);
  return 200;
}

/** Sends a problem document. */
export function respondProblem(response: ServerResponse, problem: RequestProblem, requestId: string): void {
  const retry = problem.status === 503 ? { 'Retry-After': '5' } : {};
  send(
    response,
    problem.status,
    { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store', ...retry },
    JSON.stringify(problem.document(requestId)),
  );
}

async function respondFile(
  response: ServerResponse,
  { name, type, chunks }: Answer & { kind: 'file' },
): Promise<number> {
  response.writeHead(200, {
    'Content-Type': type,
    'Content-Disposition': `attachment; filename="${name}"`,
    'Cache-Control': 'no-store',
  });
  await pipeline(Readable.from(chunks), response);
  return 200;
}

function matches(header: string | undefined, etag: string): boolean {
  const tags = (header ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes(etag) || tags.includes('*');
}

function nextUrl({ url = '/' }: IncomingMessage, cursor: string): string {
  const [path, query] = url.split('?', 2);
  const parameters = new URLSearchParams(query);
  parameters.set('cursor', cursor);
  return `${path}?${parameters}`;
}

function send(response: ServerResponse, status: number, headers: Record<string, string>, text: string): void {
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(text) }).end(text);
}
