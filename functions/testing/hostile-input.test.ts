import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { BigQuery } from '@google-cloud/bigquery';
import fc from 'fast-check';
import type { StoredEvent } from '../../shared/event/envelope.ts';
import { interpret, payloadHash } from '../../shared/report/interpret.ts';
import { concurrently } from '../../shared/runtime/concurrently.ts';
import { type Archive, openArchive } from '../../shared/stores/archive/archive.ts';
import { TEST_PROJECT } from '../../shared/testing/events.ts';
import { IS_PROOF } from '../../shared/testing/in-proof.ts';
import { processEvent } from '../process-event/process-event.ts';
import { deactivationRow, siteRow, trackingSkipRow } from '../process-event/rows.ts';
import { type EntryProcess, startEntry } from './entry-process.ts';
import { HANDMADE_BODIES, type HostileBody, hostileBodies } from './hostile-bodies.ts';
import { type OwnSystem, openOwnSystem } from './own-system.ts';

const MIB = 1024 * 1024;
const MADE = Number(process.env.SITEBEAT_FUZZ_BODIES ?? (IS_PROOF ? 2000 : 60));
const SEED = Number(process.env.SITEBEAT_FUZZ_SEED ?? 1);
const CONCURRENCY = 4;
/** Little room for garbage, which Node collects when it likes: so growth is what bodies hold, on a busy machine too. */
const NODE_OPTIONS = '--max-old-space-size=64 --max-semi-space-size=1';
/** Each is processed as a whole; the others are interpreted only. */
const PROCESSED = IS_PROOF ? 100 : 30;
const PROCESSED_EVERY = IS_PROOF ? 1 : 3;
/** They share the stores' calls. */
const CHUNKS = IS_PROOF ? 100_000 : 20_000;
const PROCESSED_AT_ONCE = 20;
const MAX_GROWTH_BYTES = 64 * MIB;

const ORDINARY = `hash=${TEST_PROJECT.hash}&url=https%3A%2F%2Fa.example`;
const HEADERS = `Content-Length: ${ORDINARY.length}\r\nConnection: close\r\n`;
const head = (lines: string) => `POST /track HTTP/1.1\r\nHost: a.example\r\n${lines}\r\n`;

const CAPTURED = JSON.parse(readFileSync(new URL('../../schemas/payloads/track.json', import.meta.url), 'utf8'));

/** Requests that are wrong before their body is; each as it goes over the wire, the client's side ending after it. */
const RAW: Record<string, { sent: string; status: RegExp }> = {
  'a length that is too long': { sent: head(HEADERS.replace('Length: ', 'Length: 1')) + ORDINARY, status: /400/ },
  'a length that is too short': { sent: head(HEADERS.replace(/\d+/, '50')) + ORDINARY, status: /200/ },
  'a length below nothing': { sent: head(HEADERS.replace(/\d+/, '-1')) + ORDINARY, status: /400/ },
  'a length beyond all': { sent: head(HEADERS.replace(/\d+/, '9'.repeat(300))) + ORDINARY, status: /4\d\d/ },
  'no length': { sent: head('') + ORDINARY, status: /400/ },
  '5,000 headers': { sent: head('x:y\r\n'.repeat(5000) + HEADERS) + ORDINARY, status: /200|400|431/ },
  'a megabyte of headers': { sent: head('x:y\r\n'.repeat(200_000) + HEADERS) + ORDINARY, status: /431/ },
  'a header of a megabyte': { sent: head(`x: ${'y'.repeat(MIB)}\r\n${HEADERS}`) + ORDINARY, status: /431/ },
  'an address of a megabyte': {
    sent: head(HEADERS).replace('/track', `/${'x'.repeat(MIB)}`) + ORDINARY,
    status: /4\d\d/,
  },
  [`${CHUNKS} chunks`]: {
    sent: `${head('Transfer-Encoding: chunked\r\nConnection: close\r\n')}${hexLength(ORDINARY)}\r\n${ORDINARY}\r\n${'1\r\n&\r\n'.repeat(CHUNKS)}0\r\n\r\n`,
    status: /200/,
  },
  'an extension of a chunk without end': {
    sent: `${head('Transfer-Encoding: chunked\r\n')}1;${'x'.repeat(MIB)}`,
    status: /413|400/,
  },
  'a chunk of a terabyte': { sent: `${head('Transfer-Encoding: chunked\r\n')}10000000000\r\nx`, status: /4\d\d/ },
  'a hello of TLS': { sent: '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003', status: /400/ },
  'a hello of HTTP/2': { sent: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', status: /400/ },
  'bytes without sense': { sent: '\0\r\n\r\n'.repeat(100), status: /400/ },
};

function hexLength(text: string): string {
  return text.length.toString(16);
}

/** What the server says until it ends its side, whatever breaks after that. */
async function exchange(port: number, sent: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  let answer = '';
  socket.on('data', (data) => {
    answer += data;
  });
  const over = new Promise<void>((resolve) => {
    for (const event of ['end', 'error', 'close']) socket.once(event, () => resolve());
  });
  socket.end(sent, 'latin1');
  await over;
  socket.destroy();
  return answer;
}

describe(`hostile input (SITEBEAT_FUZZ_SEED=${SEED})`, () => {
  let system: OwnSystem;
  let collect: EntryProcess;
  let archive: Archive;
  const agent = new Agent({ keepAlive: true });
  /** The name of each object that was answered 200. */
  const stored: { name: string; title: string }[] = [];

  before(async () => {
    system = await openOwnSystem([TEST_PROJECT]);
    archive = openArchive({ bucket: system.env.ARCHIVE_BUCKET as string });
    collect = await startEntry('collect', { ...system.env, NODE_OPTIONS });
    // growth is what hostile bodies take beyond reports of every length that is allowed
    const ordinary = Array.from({ length: 100 }, (_, n) => ({
      title: 'captured',
      ...CAPTURED,
      body: Buffer.from(n % 10 === 0 ? CAPTURED.body.padEnd(MIB, 'x') : CAPTURED.body),
    }));
    await concurrently(ordinary, CONCURRENCY, async (one) => {
      await post(one);
    });
    await collect.peakBytes();
  });
  after(async () => {
    agent.destroy();
    collect.signal('SIGKILL');
    await collect.ended;
    await system.close();
  });

  async function post({ path, headers, body }: HostileBody): Promise<{ status: number; text: string }> {
    const sent = request({ port: collect.port, path, method: 'POST', headers, agent });
    sent.end(body);
    const [response] = await once(sent, 'response');
    return { status: response.statusCode, text: Buffer.concat(await response.toArray()).toString() };
  }

  /** Posts all, and sees each refused with a reason or stored, and little memory taken. */
  async function postAll(bodies: HostileBody[]): Promise<void> {
    const before = await collect.peakBytes();
    await concurrently(bodies.entries(), CONCURRENCY, async ([index, one]) => {
      const { status, text } = await post(one);
      const about = `body ${index}, ${one.title}, seed ${SEED}: ${status} ${text}`;
      const answer = JSON.parse(text);
      if (status === 200) stored.push({ name: answer.id, title: about });
      else assert.ok(status >= 400 && status < 500 && answer.error && answer.message, about);
    });
    const growth = (await collect.peakBytes()) - before;
    assert.ok(growth < MAX_GROWTH_BYTES, `grew by ${Math.round(growth / MIB)} MiB, seed ${SEED}`);
  }

  it('of a hand-made body is refused with a reason, or stored', () => postAll(HANDMADE_BODIES));

  it(`of ${MADE} bodies made at random is refused with a reason, or stored`, () =>
    postAll(fc.sample(hostileBodies, { numRuns: MADE, seed: SEED })));

  for (const [title, { sent, status }] of Object.entries(RAW))
    it(`of ${title} is answered ${status.source}`, async () => {
      const answer = await exchange(collect.port, sent);
      assert.match(answer.slice(0, 200), new RegExp(`^HTTP/1\\.1 (?:${status.source}) `));
    });

  it('that comes slowly is in nobody’s way, and is stored once it has come', async () => {
    const sockets: Socket[] = [];
    for (let n = 0; n < 50; n += 1) {
      const socket = connect({ port: collect.port, host: '127.0.0.1' });
      sockets.push(socket);
      socket.write(head(HEADERS) + ORDINARY.slice(0, 1));
    }
    assert.equal((await post({ ...(HANDMADE_BODIES[0] as HostileBody), body: Buffer.from(ORDINARY) })).status, 200);
    for (const socket of sockets) {
      socket.end(ORDINARY.slice(1));
      assert.match(Buffer.concat(await socket.toArray()).toString(), /^HTTP\/1\.1 200 /);
    }
  });

  it('that was stored has a meaning, every one', async () => {
    assert.ok(stored.length > MADE / 2);
    const names = new Set<string>();
    for (const kind of ['track/', 'deactivate/', 'tracking-skipped/']) {
      for await (const name of archive.list(kind)) names.add(name);
    }
    const nameOf = new Map([...names].map((name) => [name.slice(name.lastIndexOf('/') + 1, -5), name]));
    await concurrently(stored, CONCURRENCY, async (one) => {
      const name = nameOf.get(one.name);
      assert.ok(name, one.title);
      one.name = name;
      const event = await archive.read(name);
      assert.ok(event, one.title);
      assert.ok(hasMeaning(event), one.title);
    });
  });

  it('that was stored becomes history or a rejection', async () => {
    const sample = stored
      .filter((_, index) => index < HANDMADE_BODIES.length || index % 17 === 0)
      .filter((_, index) => index % PROCESSED_EVERY === 0)
      .slice(0, PROCESSED);
    await concurrently(sample, PROCESSED_AT_ONCE, ({ name, title }) =>
      processEvent({ name }, system.stores).catch((error) =>
        assert.fail(`${title}: ${error.stack} ${error.cause?.stack}`),
      ),
    );
    const query = ['sites', 'deactivations', 'tracking_skips', 'rejections']
      .map(
        (table) =>
          `SELECT event_id FROM \`${system.env.BIGQUERY_DATASET}.${table}\` WHERE received_at > TIMESTAMP '2000-01-01'`,
      )
      .join(' UNION ALL ');
    const [rows] = await new BigQuery().query({ query });
    const unclaimed = await system.db.collection('unclaimed').find().toArray();
    const known = new Set([...rows.map((row) => row.event_id), ...unclaimed.map(({ _id }) => String(_id))]);
    for (const { name, title } of sample) assert.ok(known.has(name.slice(name.lastIndexOf('/') + 1, -5)), title);
  });

  it('leaves collect as it was, to end as any other does', async () => {
    collect.signal('SIGTERM');
    assert.equal(await collect.ended, 0);
  });
});

/** Whether an event says something, and what it says can be written. */
function hasMeaning(event: StoredEvent): boolean {
  const isKnown = payloadHash(event.payload) === TEST_PROJECT.hash;
  const { report, deactivation, optOut, unclaimed, rejection } = interpret(
    event,
    isKnown ? { project: TEST_PROJECT } : {},
  );
  const at = event.receivedAt;
  const rows = [
    report && siteRow(report, at),
    deactivation && deactivationRow(deactivation, at),
    optOut && trackingSkipRow(optOut, at),
    unclaimed ?? rejection,
  ].filter((row) => row !== undefined);
  return rows.length > 0 && rows.every((row) => JSON.stringify(row).length < MIB);
}
