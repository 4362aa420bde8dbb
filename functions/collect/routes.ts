import type { IncomingMessage, ServerResponse } from 'node:http';
import { KINDS, type Kind } from '../../shared/event/object-name.ts';
import { PermanentError } from '../../shared/runtime/errors.ts';
import { failureName, type Log } from '../../shared/runtime/log.ts';
import { QueueFullError } from '../../shared/runtime/queue.ts';
import type { Archive } from '../../shared/stores/archive/archive.ts';
import type { Intake } from './intake.ts';
import { bodyHeaders, MAX_BODY_BYTES } from './limits.ts';
import { UnsupportedMediaTypeError } from './parse-body.ts';
import { receive } from './receive.ts';
import type { Outcome } from './traffic.ts';

export interface Dependencies {
  archive: Pick<Archive, 'create'>;
  /** How many addresses at the end of X-Forwarded-For the platform wrote. */
  forwardedHops: number;
  now: () => Date;
  log: Log;
  intake: Pick<Intake, 'admit' | 'traffic'>;
}

/** As the framework hands it over. */
type Request = IncomingMessage & { rawBody?: Buffer; body?: unknown };

/** Licence and update calls that the client's endpoint filter moves here too; no answer of ours may read as success. */
const NOT_OURS = /^\/(?:public\/license|update|v2\/update)(?:\/|$)/;

const NOT_IMPLEMENTED = { error: 'not_implemented', message: 'Sitebeat answers no licence or update calls' };
const ROUTES = KINDS.map((kind) => `/${kind}`).join(', ');

/** Answers one request; never throws. */
export async function route(request: Request, response: ServerResponse, dependencies: Dependencies): Promise<void> {
  if (response.headersSent) return;
  const path = pathOf(request.url ?? '/');
  const kind = KINDS.find((candidate) => path === `/${candidate}`);
  if (kind !== undefined) await collect(kind, request, response, dependencies);
  else if (path === '/') answerHealth(request, response);
  else if (NOT_OURS.test(path)) answer(response, 501, NOT_IMPLEMENTED);
  else answer(response, 404, { error: 'not_found', message: `no such route; there are ${ROUTES}` });
}

/**
 * Without its query, doubled slashes and the one at the end, which endpoints and plugins put together by themselves; nor the
 * host, which stands before it in what is sent to a proxy.
 */
function pathOf(url: string): string {
  const [path = ''] = url.replace(/^https?:\/\/[^/?]*/i, '').split('?', 1);
  const parts = path.split('/').filter((part) => part !== '');
  return `/${parts.join('/')}`;
}

/** What a request whose body is over the limit is told; ends nothing, for the rest of the body is still to come. */
export function answerTooLarge(response: ServerResponse): void {
  const text = writeHead(response, 413, {
    error: 'too_large',
    message: `the body is longer than ${MAX_BODY_BYTES} bytes`,
  });
  if (text !== undefined) response.write(text);
}

async function collect(kind: Kind, request: Request, response: ServerResponse, dependencies: Dependencies) {
  if (request.method !== 'POST') {
    answerMethod(response, 'POST');
    return;
  }
  const { intake, log } = dependencies;
  const about = {
    kind,
    userAgent: request.headers['user-agent'] ?? null,
    senderAddress: senderAddressOf(request, dependencies.forwardedHops),
    ...bodyHeaders(request),
  };
  try {
    const post = { senderAddress: about.senderAddress, bodyBytes: request.rawBody?.length ?? 0 };
    const id = await intake.admit(post, () => receive({ ...about, body: takeBody(request) }, dependencies));
    log('DEBUG', 'stored', { eventId: id, kind });
    intake.traffic.count('stored');
    answer(response, 200, { success: true, id });
  } catch (error) {
    intake.traffic.count(answerError(response, error, log));
  }
}

/** The framework keeps it with the request, which lasts until the answer. */
function takeBody(request: Request): Buffer {
  const { rawBody = Buffer.alloc(0) } = request;
  delete request.rawBody;
  delete request.body;
  return rawBody;
}

function answerError(response: ServerResponse, error: unknown, log: Log): Exclude<Outcome, 'stored'> {
  if (error instanceof PermanentError) {
    const { reason, field, message } = error;
    answer(response, 400, { error: reason, field, message });
    return 'refused';
  }
  if (error instanceof UnsupportedMediaTypeError) {
    answer(response, 415, { error: 'unsupported_media_type', message: error.message });
    return 'refused';
  }
  const isShed = error instanceof QueueFullError;
  // a line each would cost most when there is least to spare
  if (!isShed) log('ERROR', 'not stored', { error: failureName(error) });
  if (!response.headersSent) response.setHeader('Retry-After', '5');
  answer(response, 503, { error: isShed ? 'overloaded' : 'unavailable', message: 'not stored; try again' });
  return isShed ? 'shed' : 'failed';
}

function answerHealth(request: IncomingMessage, response: ServerResponse): void {
  if (request.method === 'GET' || request.method === 'HEAD') answer(response, 200, { status: 'ok' });
  else answerMethod(response, 'GET, HEAD');
}

function answerMethod(response: ServerResponse, allowed: string): void {
  response.setHeader('Allow', allowed);
  answer(response, 405, { error: 'method_not_allowed', message: `use ${allowed}` });
}

/**
 * What a client writes into X-Forwarded-For stands before what the platform adds, and counts for nothing. With fewer addresses than
 * the way in adds, it came by a shorter one, that past the load balancer, whose last address is the client's all the same.
 */
function senderAddressOf(request: IncomingMessage, forwardedHops: number): string | null {
  const forwarded = String(request.headers['x-forwarded-for'] ?? '')
    .split(',')
    .map((address) => address.trim());
  const address = forwardedHops === 0 ? undefined : (forwarded.at(-forwardedHops) ?? forwarded.at(-1));
  return address || request.socket.remoteAddress?.replace(/^::ffff:/, '') || null;
}

function answer(response: ServerResponse, status: number, body: Record<string, unknown>): void {
  const text = writeHead(response, status, body);
  // the process ends, and has answered that in our place
  if (text !== undefined) response.end(text);
}

/** Gives the text that is to follow; undefined when there was an answer already. */
function writeHead(response: ServerResponse, status: number, body: Record<string, unknown>): string | undefined {
  if (response.headersSent) return undefined;
  const text = JSON.stringify(body);
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) });
  return text;
}
