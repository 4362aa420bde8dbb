import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** How requests went. */
export interface LoadResult {
  /** From when each was due until its answer was whole, ms. */
  latenciesMs: number[];
  /** Answers that were no 200. */
  failed: number;
  perSecond: number;
}

export interface LoadOptions {
  port: number;
  path: string;
  headers: Record<string, string>;
  body: string;
  connections: number;
  durationMs: number;
  /** Requests a second, whatever the answers do; without it each connection sends the next as soon as it has its answer. */
  rate?: number;
}

/** Sends the same request again and again over connections that stay open, with as little as possible done here. */
export async function load(options: LoadOptions): Promise<LoadResult> {
  const bytes = requestBytes(options);
  const lines = await Promise.all(Array.from({ length: options.connections }, () => openLine(options.port, bytes)));
  const result = { latenciesMs: [] as number[], failed: 0 };
  const startedAt = performance.now();
  const endAt = startedAt + options.durationMs;
  const send = async (line: Line, dueAt: number) => {
    const status = await line.send();
    result.latenciesMs.push(performance.now() - dueAt);
    if (status !== 200) result.failed += 1;
  };
  if (options.rate === undefined) {
    const drive = async (line: Line) => {
      for (let now = performance.now(); now < endAt; now = performance.now()) await send(line, now);
    };
    await Promise.all(lines.map(drive));
  } else {
    await sendAtRate(lines, { rate: options.rate, startedAt, endAt }, send);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  for (const line of lines) line.close();
  return { ...result, perSecond: result.latenciesMs.length / seconds };
}

/** A request that finds no free connection waits, and its waiting counts. */
async function sendAtRate(
  lines: Line[],
  { rate, startedAt, endAt }: { rate: number; startedAt: number; endAt: number },
  send: (line: Line, dueAt: number) => Promise<void>,
): Promise<void> {
  const free = [...lines];
  const due: number[] = [];
  const sent: Promise<void>[] = [];
  const next = () => {
    while (due.length > 0 && free.length > 0) {
      const line = free.pop() as Line;
      const done = send(line, due.shift() as number).then(() => {
        free.push(line);
        next();
      });
      sent.push(done);
    }
  };
  for (let count = 0, now = startedAt; now < endAt; now = performance.now()) {
    for (; startedAt + (count * 1000) / rate <= now; count += 1) due.push(startedAt + (count * 1000) / rate);
    next();
    await sleep(1);
  }
  // what a connection that came free took meanwhile is added at the end
  for (let index = 0; index < sent.length || due.length > 0; index += 1) await sent[index];
}

function requestBytes({ path, headers, body }: LoadOptions): Buffer {
  const all = { Host: 'localhost', ...headers, 'Content-Length': String(Buffer.byteLength(body)) };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
}

interface Line {
  /** The status of the answer. */
  send(): Promise<number>;
  close(): void;
}

async function openLine(port: number, bytes: Buffer): Promise<Line> {
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  let received = '';
  let settle: { resolve: (status: number) => void; reject: (error: Error) => void } | undefined;
  const fail = (error: Error) => settle?.reject(error);
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('the connection was closed')));
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1');
    const headEnd = received.indexOf('\r\n\r\n');
    if (headEnd === -1) return;
    const length = Number(/^content-length: (\d+)/im.exec(received.slice(0, headEnd))?.[1] ?? 0);
    if (received.length < headEnd + 4 + length) return;
    const status = Number(received.slice(9, 12));
    received = '';
    settle?.resolve(status);
  });
  return {
    send: () =>
      new Promise((resolve, reject) => {
        settle = { resolve, reject };
        socket.write(bytes);
      }),
    close: () => void socket.destroy(),
  };
}
