import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CRC32C } from '@google-cloud/storage';
import { type Bench, type BenchResult, compare, type Figures, percentile } from '../../shared/testing/bench.ts';
import { type EntryProcess, startEntry } from '../testing/entry-process.ts';
import { load } from '../testing/load.ts';

const ROUNDS = 5;
const CONNECTIONS = 50;
const LOAD_MS = 1500;
const RIVALS = 'functions/testing/collect-rivals.ts';
const SOURCES = { collect: 'dist/collect', naive: RIVALS, bare: RIVALS, nothing: RIVALS };
type Name = keyof typeof SOURCES;

/** An object server that only answers; the client library's `save` deletes an object whose checksum is another one. */
async function openObjectServer(): Promise<Server> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.once('end', () => {
      const crc = new CRC32C();
      crc.update(mediaOf(Buffer.concat(chunks), request.headers['content-type']));
      const resource = JSON.stringify({ kind: 'storage#object', generation: '1', crc32c: crc.toString() });
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': resource.length }).end(resource);
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** The second part, where there are two. */
function mediaOf(body: Buffer, contentType = ''): Buffer {
  if (!contentType.startsWith('multipart/')) return body;
  const first = body.indexOf('\r\n\r\n') + 4;
  return body.subarray(body.indexOf('\r\n\r\n', first) + 4, body.lastIndexOf('\r\n--'));
}

async function run(): Promise<BenchResult> {
  const { headers, body } = JSON.parse(
    readFileSync(new URL('../../schemas/payloads/track.json', import.meta.url), 'utf8'),
  );
  const objects = await openObjectServer();
  const env = {
    STORAGE_EMULATOR_HOST: `http://127.0.0.1:${(objects.address() as AddressInfo).port}`,
    ARCHIVE_BUCKET: 'bench',
    LOG_LEVEL: 'INFO',
  };
  const entries = {} as Record<Name, EntryProcess>;
  try {
    for (const [name, source] of Object.entries(SOURCES) as [Name, string][]) {
      entries[name] = await startEntry(name, env, source);
    }
    const options = { path: '/track', headers, body, durationMs: LOAD_MS };
    const full = (name: Name) => async (): Promise<Figures> => {
      const { port, cpuMs } = entries[name];
      const before = await cpuMs();
      const { latenciesMs, failed, perSecond } = await load({ ...options, port, connections: CONNECTIONS });
      if (failed > 0) throw new Error(`${name} failed ${failed} times`);
      const cpu = ((await cpuMs()) - before) / latenciesMs.length;
      return { 'req/s': perSecond, cpuMs: cpu, p99Ms: percentile(latenciesMs, 0.99) };
    };
    const atFull = await compare(
      { collect: full('collect'), naive: full('naive'), bare: full('bare'), nothing: full('nothing') },
      { rounds: ROUNDS },
    );
    const rate = (atFull.collect['req/s'] as number) / 2;
    const half = (name: Name) => async (): Promise<Figures> => {
      const { latenciesMs } = await load({ ...options, port: entries[name].port, connections: CONNECTIONS, rate });
      return { halfLoadP50Ms: percentile(latenciesMs, 0.5), halfLoadP99Ms: percentile(latenciesMs, 0.99) };
    };
    const atHalf = await compare({ collect: half('collect'), bare: half('bare') }, { rounds: ROUNDS, warmUp: false });
    return resultOf(atFull, atHalf, { peakMib: (await entries.collect.peakBytes()) / 2 ** 20 });
  } finally {
    for (const entry of Object.values(entries)) {
      entry.signal('SIGKILL');
      await entry.ended;
    }
    objects.closeAllConnections();
    objects.close();
  }
}

function resultOf(
  atFull: Record<Name, Figures>,
  atHalf: Record<'collect' | 'bare', Figures>,
  memory: Figures,
): BenchResult {
  const over = (figure: string, other: Name) => (atFull.collect[figure] as number) / (atFull[other][figure] as number);
  return {
    figures: {
      collect: { ...atFull.collect, ...atHalf.collect, ...memory },
      bare: { ...atFull.bare, ...atHalf.bare },
      naive: atFull.naive,
      nothing: atFull.nothing,
    },
    ratios: [
      { what: 'collect / naive, req/s', value: over('req/s', 'naive'), atLeast: 2 },
      { what: 'collect / bare, req/s', value: over('req/s', 'bare'), atLeast: 0.85 },
      { what: 'collect / bare, CPU a request', value: over('cpuMs', 'bare') },
      {
        what: 'collect / bare, p99 at half load',
        value: (atHalf.collect.halfLoadP99Ms as number) / (atHalf.bare.halfLoadP99Ms as number),
        atMost: 1.5,
      },
    ],
  };
}

export const bench: Bench = {
  title: 'requests that are stored, against a handler that calls file.save and one that does nothing but the upload',
  run,
};
