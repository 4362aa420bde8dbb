import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { freePort } from '../../shared/testing/free-port.ts';
import { listen } from '../emulator.ts';
import { type FaultProxy, startHttpFaults, startTcpFaults } from './index.ts';

describe('a fault proxy', () => {
  let server: Server;
  let target: string;
  let seen: string[];
  let proxy: FaultProxy | undefined;

  beforeEach(async () => {
    seen = [];
    server = createServer(async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString();
      seen.push(`${request.method} ${request.url} ${request.headers['x-one']} ${body}`);
      response.writeHead(201, { 'x-two': 'two' }).end('answer');
    });
    target = `127.0.0.1:${await listen(server)}`;
  });
  afterEach(async () => {
    await proxy?.stop();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  /** What the client sees: a status, or that the connection broke. */
  async function ask(): Promise<string> {
    const sent = { method: 'POST', headers: { 'x-one': 'one' }, body: 'body' };
    const response = await fetch(`http://${proxy?.host}/a?b=c`, sent).catch(() => undefined);
    if (response === undefined) return 'broken';
    return `${response.status} ${response.headers.get('x-two')} ${await response.text()}`;
  }

  for (const { title, chances, answer, requests, faults } of [
    { title: 'hands on what it does not harm', chances: [0.99], answer: '201 two answer', requests: 1, faults: 0 },
    { title: 'delays', chances: [0, 0, 0.1], answer: '201 two answer', requests: 1, faults: 1 },
    { title: 'refuses with 429', chances: [0, 0.3, 0], answer: '429 null ', requests: 0, faults: 1 },
    { title: 'refuses with 503', chances: [0, 0.3, 0.9], answer: '503 null ', requests: 0, faults: 1 },
    { title: 'cuts before the server knows', chances: [0, 0.5], answer: 'broken', requests: 0, faults: 1 },
    { title: 'cuts after the server has answered', chances: [0, 0.7], answer: 'broken', requests: 1, faults: 1 },
    { title: 'doubles', chances: [0, 0.9], answer: '201 two answer', requests: 2, faults: 1 },
  ])
    it(`before HTTP ${title}`, async () => {
      proxy = await startHttpFaults({
        target,
        share: 0.5,
        chance: () => chances.shift() ?? assert.fail('no chance left'),
      });
      assert.equal(await ask(), answer);
      assert.deepEqual(seen, Array(requests).fill('POST /a?b=c one body'));
      assert.equal(proxy.faults(), faults);
    });

  it('before HTTP says with a cut that nobody is behind it', async () => {
    proxy = await startHttpFaults({ target: `127.0.0.1:${await freePort()}`, share: 0, chance: () => 0.5 });
    assert.equal(await ask(), 'broken');
  });

  it('before HTTP outlives a client that dies in the middle of its request', async () => {
    // which ends a process that has no mocha in it
    const unhandled: unknown[] = [];
    const note = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', note);
    proxy = await startHttpFaults({ target, share: 0, chance: () => 0.5 });
    const [host, port] = proxy.host.split(':') as [string, string];
    const socket = connect(Number(port), host);
    socket.write('POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 9\r\n\r\n');
    await once(socket, 'data');
    const closed = once(socket, 'close');
    socket.end('half').destroy();
    await closed;
    assert.equal(await ask(), '201 two answer');
    process.off('unhandledRejection', note);
    assert.deepEqual(unhandled, []);
    assert.deepEqual(seen, ['POST /a?b=c one body']);
  });

  it('before TCP hands on bytes, delays them, and cuts', async () => {
    const chances = [0.99, 0, 0.6, 0.1];
    proxy = await startTcpFaults({ target, share: 0.5, chance: () => chances.shift() ?? 0 });
    assert.equal(await ask(), '201 two answer');
    assert.equal(proxy.faults(), 1);
    assert.equal(await ask(), 'broken');
    assert.equal(proxy.faults(), 2);
    assert.equal(seen.length, 1);
  });

  it('before TCP lets go of every connection when it stops', async () => {
    proxy = await startTcpFaults({ target, share: 0, chance: () => 0.5 });
    const [host, port] = proxy.host.split(':') as [string, string];
    const socket = connect(Number(port), host);
    await once(socket, 'connect');
    const closed = once(socket.resume(), 'close');
    await proxy.stop();
    await closed;
  });
});
