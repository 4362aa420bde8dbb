import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Bucket } from '@google-cloud/storage';
import { DRAIN_LIMITS } from '../../shared/runtime/drain.ts';
import { inProof } from '../../shared/testing/in-proof.ts';
import { ownBucket } from '../../shared/testing/stores.ts';
import { until } from '../../shared/testing/until.ts';
import { type EntryProcess, startEntry } from '../testing/entry-process.ts';

const BODY = 'hash=a4a8da5b-b419-4656-98e9-4a42e9044891';
/** What Cloud Run gives a process that it ends. */
const CLOUD_RUN_MS = 10_000;

/** The archive behind a gate: while it is closed requests wait, and when it opens those are told to come again. */
interface Gate {
  url: string;
  held: number;
  open(): void;
  close(): Promise<void>;
}

async function openGate(store: string): Promise<Gate> {
  let release = () => {};
  const opened = new Promise<void>((resolve) => {
    release = resolve;
  });
  let isOpen = false;
  const server: Server = createServer(async (asked, response) => {
    const body = Buffer.concat(await asked.toArray());
    if (!isOpen) {
      gate.held += 1;
      await opened;
      response.writeHead(503).end();
      return;
    }
    const { method = '', url = '', headers } = asked;
    const type = headers['content-type'] ?? '';
    const answer = await fetch(store + url, { method, body, headers: { 'content-type': type } });
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const gate: Gate = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    held: 0,
    open: () => {
      isOpen = true;
      release();
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return gate;
}

describe('the entry collect', () => {
  let bucket: Bucket;
  let entry: EntryProcess;
  let gate: Gate;
  beforeEach(async function () {
    const { STORAGE_EMULATOR_HOST: store } = process.env;
    if (store === undefined) this.skip();
    bucket = await ownBucket();
    gate = await openGate(store);
    entry = await startEntry('collect', { ARCHIVE_BUCKET: bucket.name, STORAGE_EMULATOR_HOST: gate.url });
  });
  afterEach(async () => {
    entry.signal('SIGKILL');
    await entry.ended;
    await gate.close();
    await bucket.deleteFiles({ force: true });
    await bucket.delete();
  });

  const objects = async () => (await bucket.getFiles())[0].length;

  function post() {
    const sent = request({ port: entry.port, path: '/track', method: 'POST' });
    sent.on('error', () => {});
    sent.end(BODY);
    return sent;
  }

  /** Says that it is to end, and waits until it takes no connection any more. */
  async function end(): Promise<void> {
    entry.signal('SIGTERM');
    await until(
      () =>
        new Promise((resolve) => {
          const socket = connect(entry.port, '127.0.0.1');
          socket.once('connect', () => socket.destroy());
          socket.once('error', () => resolve(true));
          socket.once('close', () => resolve(false));
        }),
      { what: 'collect to stop listening' },
    );
  }

  it("has the framework's server take what Node's own would refuse", async () => {
    gate.open();
    const socket = connect({ port: entry.port, allowHalfOpen: true });
    socket.end(`POST /track HTTP/1.1\r\nExpect:\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`);
    assert.match(Buffer.concat(await socket.toArray()).toString(), /^HTTP\/1\.1 200 OK\r\n/);
    assert.equal(await objects(), 1);
    await end();
    assert.equal(await entry.ended, 0);
    assert.match(entry.errors(), /"message":"traffic","function":"collect","stored":1,/);
  });

  inProof('stores and answers what it has taken before it ends, also of a client that does not wait', async () => {
    const waiting = post();
    const response = once(waiting, 'response');
    const gone = post();
    await until(() => gate.held === 2, { what: 'two writes' });
    gone.destroy();
    await end();
    gate.open();
    const [answer] = await response;
    assert.deepEqual([answer.statusCode, answer.headers.connection], [200, 'close']);
    answer.resume();
    assert.equal(await entry.ended, 0);
    assert.equal(await objects(), 2);
  });

  inProof('says of what it could not store in time that it is not stored, and ends in time', async () => {
    const response = once(post(), 'response');
    await until(() => gate.held === 1, { what: 'the write' });
    await end();
    const [answer] = await response;
    assert.deepEqual([answer.statusCode, answer.headers['retry-after']], [503, '5']);
    answer.resume();
    assert.equal(await entry.ended, 1);
    // a 1 is that of the limits: had it waited for its write, it would have ended well
    assert.ok(DRAIN_LIMITS.answerMs + DRAIN_LIMITS.closeMs < CLOUD_RUN_MS);
    assert.equal(await objects(), 0);
  });
});
