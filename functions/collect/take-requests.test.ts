import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { useFakeTimers } from 'sinon';
import { until } from '../../shared/testing/until.ts';
import { type OwnCollect, openOwnCollect } from '../testing/own-collect.ts';
import { MAX_BODY_BYTES, MAX_DROP_MS, MAX_DROPPED_BYTES } from './limits.ts';

const NOW = new Date('2026-03-09T07:05:06.789Z');
const BODY = 'hash=a4a8da5b-b419-4656-98e9-4a42e9044891';
const HOST = 'Host: a.example';
const LENGTH = `Content-Length: ${BODY.length}`;
const CLOSE = 'Connection: close';
const CHUNKED = 'Transfer-Encoding: chunked';
const CHUNKS = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`;

function headed(start: string, ...lines: string[]): string {
  return `${[start, 'Content-Type: application/x-www-form-urlencoded', ...lines].join('\r\n')}\r\n\r\n`;
}
const post = (...lines: string[]) => headed('POST /track HTTP/1.1', ...lines);
const post10 = (...lines: string[]) => headed('POST /track HTTP/1.0', ...lines);

/** Unlike `once` of node:events it bears an error. */
const happened = (socket: Socket, event: string) => new Promise((resolve) => socket.once(event, resolve));

async function textOf(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const PIECE = Buffer.alloc(65_536, 97);

async function send(socket: Socket, piece: Buffer, bytes: number): Promise<void> {
  for (let sent = 0; sent < bytes && !socket.destroyed; sent += piece.length) {
    if (!socket.write(piece)) await Promise.race([happened(socket, 'drain'), happened(socket, 'close')]);
  }
}

describe('takeRequests', () => {
  let own: OwnCollect;
  before(async () => {
    own = await openOwnCollect(NOW);
  });
  after(() => own.close());
  const noConnection = () => until(async () => (await own.connections()) === 0, { what: 'the connection to close' });

  /** All that the server answers, until it ends its side. */
  async function exchange(text: string): Promise<string> {
    const socket = await own.connect();
    socket.write(text);
    const answer = await textOf(socket);
    socket.destroy();
    assert.deepEqual(socket.errors, []);
    return answer;
  }

  async function assertStored(answer: string): Promise<void> {
    assert.match(answer, /^(?:HTTP\/1\.1 100 Continue\r\n\r\n)?HTTP\/1\.1 200 OK\r\n/);
    const id = /\r\n\r\n\{"success":true,"id":"([^"]+)"\}$/.exec(answer)?.[1];
    const objects = Object.values(await own.objects(`track/2026/03/09/07/${id}`));
    assert.deepEqual(
      objects.map((text) => JSON.parse(text).payload.hash),
      [BODY.slice(5)],
    );
  }

  for (const [title, request] of Object.entries({
    'HTTP/1.0': post10(LENGTH) + BODY,
    'HTTP/1.0 in chunks': post10(CHUNKED) + CHUNKS,
    'chunks with an extension and a trailer':
      post(HOST, CLOSE, CHUNKED) + CHUNKS.replace('\r\n', ';a=b\r\n').replace('0\r\n', '0\r\nX: y\r\n'),
    'an empty Expect': post(HOST, CLOSE, 'Expect:', LENGTH) + BODY,
    'an Expect that nobody knows': post(HOST, CLOSE, 'Expect: nothing', LENGTH) + BODY,
    'Expect: 100-continue': post(HOST, CLOSE, 'Expect: 100-continue', LENGTH) + BODY,
    'no Host': post(CLOSE, LENGTH) + BODY,
    'two Hosts': post(HOST, HOST, CLOSE, LENGTH) + BODY,
    'an empty Content-Encoding': post(HOST, CLOSE, 'Content-Encoding:', LENGTH) + BODY,
    'headers of 60 KiB': post(HOST, CLOSE, `Cookie: ${'x'.repeat(60 * 1024)}`, LENGTH) + BODY,
    'bytes that are no ASCII in a header': post(HOST, CLOSE, 'X-Site: Café', LENGTH) + BODY,
    'the address in the absolute form': headed('POST http://a.example/track HTTP/1.1', HOST, CLOSE, LENGTH) + BODY,
    'an empty line before the request': `\r\n${post(HOST, CLOSE, LENGTH)}${BODY}`,
    'an empty line after the body': `${post(HOST, CLOSE, LENGTH)}${BODY}\r\n`,
    'more than the length says': `${post(HOST, CLOSE, LENGTH)}${BODY}&more=1`,
    'more than the length says, on a connection to be kept': `${post(HOST, LENGTH)}${BODY}&more=1`,
    'more than the length says, in HTTP/1.0': `${post10(LENGTH)}${BODY}&more=1`,
    'an offer of HTTP/2':
      post(HOST, 'Connection: close, Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk', LENGTH) +
      BODY,
  }))
    it(`takes ${title}`, async () => assertStored(await exchange(request)));

  for (const { title, request, status } of [
    { title: 'headers of 70 KiB', request: post(HOST, `Cookie: ${'x'.repeat(70 * 1024)}`, LENGTH) + BODY, status: 431 },
    { title: 'two lengths', request: post(HOST, LENGTH, LENGTH) + BODY, status: 400 },
    { title: 'a length and chunks', request: post(HOST, LENGTH, CHUNKED) + CHUNKS, status: 400 },
    { title: 'a length with a sign', request: post(HOST, LENGTH.replace(' ', ' +')) + BODY, status: 400 },
    { title: 'a space before a colon', request: post(HOST, LENGTH.replace(':', ' :')) + BODY, status: 400 },
    { title: 'an unknown end of the body', request: post(HOST, 'Transfer-Encoding: identity') + BODY, status: 400 },
    {
      title: 'a size of a chunk that is none',
      request: post(HOST, CHUNKED) + CHUNKS.replace('\r\n', ' x\r\n'),
      status: 400,
    },
    { title: 'a header over two lines', request: post(HOST, LENGTH, 'X-Site: a\r\n b') + BODY, status: 400 },
    {
      title: 'lines that end in a line feed alone',
      request: post(HOST, LENGTH).replaceAll('\r', '') + BODY,
      status: 400,
    },
    { title: 'a control character in a header', request: post(HOST, LENGTH, 'X-Site: a\u0001b') + BODY, status: 400 },
    {
      title: 'an address with bytes that are no ASCII',
      request: headed('POST /track?é HTTP/1.1', HOST, LENGTH) + BODY,
      status: 400,
    },
    { title: 'a version that is none', request: headed('POST /track HTTP/1.2', HOST, LENGTH) + BODY, status: 400 },
    { title: 'a method in small letters', request: headed('post /track HTTP/1.1', HOST, LENGTH) + BODY, status: 400 },
  ])
    it(`refuses ${title}: ${status}`, async () => {
      const answer = await exchange(request);
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} .*\r\nConnection: close\r\n`));
      assert.match(answer, /\r\n\r\n\{"error":"[a-z_]+","message":"[^"]+"\}$/);
      await noConnection();
    });

  it('answers a path with an escape that is none like any other that leads nowhere', async () => {
    const [none, other] = await Promise.all(
      ['/%zz', '/nowhere'].map((path) => exchange(headed(`POST ${path} HTTP/1.1`, HOST, CLOSE, LENGTH) + BODY)),
    );
    const bodyOf = (answer = '') => answer.split('\r\n\r\n')[1];
    assert.match(String(none), /^HTTP\/1\.1 404 /);
    assert.equal(bodyOf(none), bodyOf(other));
  });

  it('answers a client that ends its side after sending', async () => {
    for (const line of [CLOSE, 'Connection: keep-alive']) {
      const socket = await own.connect();
      socket.end(post(HOST, line, LENGTH) + BODY);
      await assertStored(await textOf(socket));
    }
    await noConnection();
  });

  it('reads on while the client still sends what is refused, up to a bound', async () => {
    const socket = await own.connect();
    const closed = happened(socket, 'close');
    const answer = new Promise<string>((resolve) => socket.once('data', (data) => resolve(String(data))));
    socket.write(`${post(HOST).trimEnd()}\r\nCookie: `);
    await send(socket, PIECE, 2 * PIECE.length);
    assert.match(await answer, /^HTTP\/1\.1 431 /);
    await send(socket, PIECE, 4 * MAX_BODY_BYTES);
    assert.deepEqual(socket.errors, []);
    await send(socket, PIECE, MAX_DROPPED_BYTES * 4);
    await closed;
    await noConnection();
  });

  for (const [title, start] of Object.entries({
    'a body that is too long': post(HOST, `Content-Length: ${MAX_BODY_BYTES + 1}`),
    'headers that are too long': `${post(HOST).trimEnd()}\r\nCookie: ${'x'.repeat(70 * 1024)}`,
  }))
    it(`waits for the rest of ${title} no longer than a bound`, async () => {
      const clock = useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const socket = await own.connect();
      try {
        const answered = happened(socket, 'data');
        socket.write(start);
        await answered;
        assert.equal(await own.connections(), 1);
        clock.tick(MAX_DROP_MS);
      } finally {
        clock.restore();
      }
      await noConnection();
      socket.destroy();
    });

  it('refuses a body that its client cuts', async () => {
    const socket = await own.connect();
    socket.end(post(HOST, LENGTH) + BODY.slice(1));
    assert.match(await textOf(socket), /^HTTP\/1\.1 400 /);
    await noConnection();
  });

  it('stores the payload of a client that does not wait for the answer', async () => {
    const socket = await own.connect();
    socket.write(`${post(HOST, `Content-Length: ${BODY.length + 10}`)}${BODY}&site=gone`, () => socket.destroy());
    await until(async () => Object.values(await own.objects()).some((text) => text.includes('"site":"gone"')), {
      deadlineMs: 5000,
      what: 'the object',
    });
  });

  describe('413', () => {
    const TOO_LONG = `Content-Length: ${MAX_DROPPED_BYTES * 4}`;
    const CHUNK = Buffer.concat([Buffer.from('10000\r\n'), PIECE, Buffer.from('\r\n')]);

    /** Sends the start, waits for the whole answer, and gives it. */
    async function answered(socket: Socket, ...start: (string | Buffer)[]): Promise<string> {
      let text = '';
      socket.on('data', (data) => {
        text += data;
      });
      for (const part of start) socket.write(part);
      await until(() => text.endsWith('}'), { what: 'the answer' });
      assert.match(text, /^HTTP\/1\.1 413 [^{]*\r\n\r\n\{"error":"too_large","message":"[^"]+"\}$/);
      return text;
    }

    for (const { title, start } of [
      { title: 'that says it is too long', start: [post(HOST, TOO_LONG)] },
      { title: 'in HTTP/1.0', start: [post10(TOO_LONG)] },
      { title: 'that the client asks leave for', start: [post(HOST, 'Expect: 100-continue', TOO_LONG)] },
      { title: 'in chunks, once it has grown too long', start: [post(HOST, CHUNKED), ...Array(17).fill(CHUNK)] },
    ])
      it(`answers a body ${title}, and then reads on`, async () => {
        const socket = await own.connect();
        await answered(socket, ...start);
        await send(socket, start.length === 1 ? PIECE : CHUNK, 4 * MAX_BODY_BYTES);
        assert.deepEqual([socket.errors, socket.readableEnded], [[], false]);
        socket.destroy();
        await noConnection();
      });

    it('closes once all of it has come', async () => {
      const socket = await own.connect();
      await answered(socket, post(HOST, `Content-Length: ${2 * MAX_BODY_BYTES}`));
      const ended = happened(socket, 'end');
      await send(socket, PIECE, 2 * MAX_BODY_BYTES);
      await ended;
      assert.deepEqual(socket.errors, []);
      socket.destroy();
    });

    it('reads no more than a bound', async () => {
      const socket = await own.connect();
      const closed = happened(socket, 'close');
      await answered(socket, post(HOST, TOO_LONG));
      await send(socket, PIECE, MAX_DROPPED_BYTES * 4);
      await closed;
      await noConnection();
    });
  });
});
