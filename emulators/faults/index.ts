import { createServer, type IncomingMessage, request as requestHttp, type ServerResponse } from 'node:http';
import { connect, createServer as createTcpServer, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { listen } from '../emulator.ts';

/** What stands before a server and does harm. */
export interface FaultProxy {
  /** `127.0.0.1:N` */
  host: string;
  /** How often it did harm. */
  faults(): number;
  stop(): Promise<void>;
}

export interface FaultOptions {
  /** `host:port` of the server. */
  target: string;
  /** From 0 up to, not including, 1: decides what becomes of each request, in the order in which they come. */
  chance: () => number;
  /** How much of the traffic is harmed, from 0 to 1. */
  share: number;
}

export interface HttpFaultOptions extends FaultOptions {
  /** Each request waits for this before it goes on. */
  hold?: () => Promise<void>;
}

const MAX_DELAY_MS = 300;
const STATUSES = [429, 500, 503] as const;
const HARMS = ['delay', 'refuse', 'cut before', 'cut after', 'double'] as const;

/** Before an HTTP server: delays and so reorders, answers 429, 500 or 503, cuts before and after the server worked, doubles. */
export async function startHttpFaults({
  target,
  chance,
  share,
  hold = async () => {},
}: HttpFaultOptions): Promise<FaultProxy> {
  let faults = 0;
  const pick = <T>(choices: readonly T[]) => choices[Math.floor(chance() * choices.length)] as T;
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = Buffer.concat(await request.toArray());
    await hold();
    const harm = chance() < share ? pick(HARMS) : undefined;
    if (harm !== undefined) faults += 1;
    if (harm === 'delay') await wait(chance() * MAX_DELAY_MS);
    if (harm === 'refuse') return response.writeHead(pick(STATUSES)).end();
    if (harm === 'cut before') return request.socket.destroy();
    const forwarded = [forward(request, body, target)];
    if (harm === 'double') forwarded.push(forward(request, body, target));
    const answers = await Promise.all(forwarded).catch(() => []);
    const last = answers.at(-1);
    if (harm === 'cut after' || last === undefined) return request.socket.destroy();
    return send(last, response);
  };
  const server = createServer((request, response) => {
    // a client that died in the middle of its request
    answer(request, response).catch(() => request.socket.destroy());
  });
  return {
    host: `127.0.0.1:${await listen(server)}`,
    faults: () => faults,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Answer {
  message: IncomingMessage;
  body: Buffer;
}

function forward({ method, url, headers }: IncomingMessage, body: Buffer, target: string): Promise<Answer> {
  const { 'transfer-encoding': _, ...rest } = headers;
  const options = { method, agent: false, headers: { ...rest, connection: 'close', 'content-length': body.length } };
  return new Promise((resolve, reject) => {
    const sent = requestHttp(`http://${target}${url}`, options, (message) => {
      message.toArray().then((chunks) => resolve({ message, body: Buffer.concat(chunks) }), reject);
    });
    sent.once('error', reject).end(body);
  });
}

function send({ message, body }: Answer, response: ServerResponse): void {
  const { 'transfer-encoding': _, connection: _connection, ...headers } = message.headers;
  response.writeHead(message.statusCode ?? 502, { ...headers, 'content-length': body.length }).end(body);
}

/** Before any server: delays what is sent, in its order, and cuts connections. */
export async function startTcpFaults({ target, chance, share }: FaultOptions): Promise<FaultProxy> {
  let faults = 0;
  const open = new Set<Socket>();
  const [host, port] = target.split(':') as [string, string];
  const relay = async (from: Socket, to: Socket) => {
    for await (const chunk of from) {
      if (chance() < share) {
        faults += 1;
        if (chance() < 0.5) return;
        await wait(chance() * MAX_DELAY_MS);
      }
      if (!to.write(chunk)) await wait(1);
    }
  };
  const server = createTcpServer((client) => {
    const upstream = connect(Number(port), host);
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.setNoDelay(true).on('error', () => {});
      socket.once('close', () => {
        open.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      relay(from, to)
        .catch(() => {})
        .finally(() => from.destroy());
    }
  });
  return {
    host: `127.0.0.1:${await listen(server)}`,
    faults: () => faults,
    stop: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
