import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { parseObject, readText } from '../request-body.ts';
import { CUTS, type Fault, type Faults, type Mailbox } from './mailbox.ts';
import { isSigned } from './signature.ts';

/** What a mail API might bound it to; ours are some hundred bytes. */
const MAX_BODY_BYTES = 65_536;

/** What is served at every path. */
export const MAIL_METHODS = ['GET', 'POST', 'PUT'] as const;

export interface MailServer {
  server: Server;
  /** Lets go of who waits in vain. */
  release(): void;
}

/**
 * A server whose every path is a mailbox: POST takes a subscriber, GET shows what was taken, PUT says how the next POSTs fail.
 * With `secret`, an unsigned POST is answered 401.
 */
export function createMailServer(mailboxOf: (path: string) => Mailbox, secret: string | undefined): MailServer {
  const waiting = new Set<ServerResponse>();
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const mailbox = mailboxOf(new URL(request.url ?? '/', 'http://localhost').pathname);
    const body = await readText(request, MAX_BODY_BYTES);
    if (body === undefined) return reply(response, 413, { error: 'the body is too large' });
    switch (request.method) {
      case 'GET':
        return reply(response, 200, mailbox.show());
      case 'PUT':
        return setFaults(mailbox, body, response);
      case 'POST':
        return post(mailbox, request, body, response);
      default:
        return reply(response, 405, { error: `only ${MAIL_METHODS.join(', ')}` });
    }
  };
  const post = (mailbox: Mailbox, request: IncomingMessage, body: string, response: ServerResponse) => {
    const key = String(request.headers['idempotency-key'] ?? '');
    const subscriber = parseObject(body);
    if (secret !== undefined && !isSigned(request.headers, body, secret)) {
      return reply(response, 401, { error: 'X-Signature does not fit' });
    }
    if (key === '') return reply(response, 400, { error: 'no Idempotency-Key' });
    if (subscriber === undefined) return reply(response, 400, { error: 'the body is no JSON object' });
    const fault = mailbox.nextFault();
    if (fault === undefined) {
      const isNew = mailbox.take(key, subscriber);
      mailbox.note({ key, answer: isNew ? 202 : 200 });
      return reply(response, isNew ? 202 : 200, { taken: isNew });
    }
    if (fault === 'lost' || fault === 'slow') mailbox.take(key, subscriber);
    mailbox.note({ key, answer: fault });
    if (typeof fault === 'number') return reply(response, fault, { error: 'as asked for' });
    if (fault !== 'slow') return void response.destroy();
    waiting.add(response);
    response.once('close', () => waiting.delete(response));
  };
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  return {
    server,
    release: () => {
      for (const response of waiting) response.destroy();
    },
  };
}

function setFaults(mailbox: Mailbox, body: string, response: ServerResponse): void {
  const faults = parseObject(body);
  if (isFaults(faults)) {
    mailbox.setFaults(faults);
    reply(response, 200, faults);
  } else reply(response, 400, { error: `{next: [], always}, of ${CUTS.join(', ')} or a status` });
}

function isFaults(value: Record<string, unknown> | undefined): value is Record<string, unknown> & Faults {
  const { next = [], always = 500 } = value ?? {};
  return value !== undefined && Array.isArray(next) && [...next, always].every(isFault);
}

function isFault(value: unknown): value is Fault {
  return CUTS.some((cut) => cut === value) || (Number.isInteger(value) && Number(value) >= 300 && Number(value) < 600);
}

/** A redirect leads to another mailbox, where it shows if somebody follows. */
function reply(response: ServerResponse, status: number, json: unknown): void {
  const location = status < 400 && status >= 300 ? { location: '/elsewhere' } : {};
  response.statusCode = status;
  response.setHeaders(new Map(Object.entries({ 'content-type': 'application/json', ...location })));
  response.end(JSON.stringify(json));
}
