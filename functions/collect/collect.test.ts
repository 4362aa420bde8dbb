import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { http } from '@google-cloud/functions-framework';
import { getTestServer } from '@google-cloud/functions-framework/testing';
import type { Bucket } from '@google-cloud/storage';
import { LosslessNumber } from 'lossless-json';
import { TransientError } from '../../shared/runtime/errors.ts';
import { type Archive, openArchive } from '../../shared/stores/archive.ts';
import { ownBucket } from '../../shared/testing/stores.ts';
import { until } from '../../shared/testing/until.ts';
import { limitBody, MAX_BODY_BYTES } from './limits.ts';
import { answerTooLarge, route } from './routes.ts';

const NOW = new Date('2026-03-09T07:05:06.789Z');
const FORM = 'application/x-www-form-urlencoded';
const HASH = 'a4a8da5b-b419-4656-98e9-4a42e9044891';

interface Answer {
  status: number;
  headers: Record<string, unknown>;
  body: { success?: boolean; id?: string; error?: string; field?: string; message?: string };
}

describe('collect', () => {
  let bucket: Bucket;
  let server: Server;
  let archive: Pick<Archive, 'create'>;
  let forwardedHops: number;

  // as limitBodies does, but for this server alone: an embedded emulator may run in the same process
  const onRequestStart = (message: unknown) => {
    const started = message as { server: Server; request: IncomingMessage; response: ServerResponse };
    if (started.server === server) limitBody(started.request, started.response, answerTooLarge);
  };

  before(async () => {
    subscribe('http.server.request.start', onRequestStart);
    bucket = await ownBucket();
    http('collect', (req, res) => route(req, res, { archive, forwardedHops, now: () => NOW, log: () => {} }));
    server = getTestServer('collect').listen(0);
    await once(server, 'listening');
  });
  beforeEach(() => {
    archive = openArchive({ bucket: bucket.name });
    forwardedHops = 0;
  });
  after(async () => {
    unsubscribe('http.server.request.start', onRequestStart);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await bucket.deleteFiles({ force: true });
    await bucket.delete();
  });

  const port = () => (server.address() as AddressInfo).port;

  async function send(
    path: string,
    options: { method?: string; headers?: Record<string, string>; body?: string | Buffer } = {},
  ): Promise<Answer> {
    const sent = request({ port: port(), path, method: options.method ?? 'POST', headers: options.headers ?? {} });
    sent.end(options.body);
    const [response] = await once(sent, 'response');
    const text = Buffer.concat(await response.toArray()).toString();
    assert.equal(response.headers['content-type'], 'application/json');
    return { status: response.statusCode, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
  }

  const postForm = (body: string | Buffer, headers: Record<string, string> = {}) =>
    send('/track', { headers: { 'content-type': FORM, ...headers }, body });
  const postJson = (body: string) => send('/track', { headers: { 'content-type': 'application/json' }, body });

  async function storedText(answer: Answer, kind = 'track'): Promise<string> {
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    assert.equal(answer.body.success, true);
    const [contents] = await bucket.file(`${kind}/2026/03/09/07/${answer.body.id}.json`).download();
    return contents.toString();
  }
  const stored = async (answer: Answer, kind = 'track') => JSON.parse(await storedText(answer, kind));

  for (const kind of ['track', 'deactivate', 'tracking-skipped']) {
    it(`stores the captured ${kind} request in an envelope, as it came`, async () => {
      const captured = JSON.parse(
        readFileSync(new URL(`../../schemas/payloads/${kind}.json`, import.meta.url), 'utf8'),
      );
      const answer = await send(captured.path, { headers: captured.headers, body: captured.body });
      const { payload, ...envelope } = await stored(answer, kind);
      assert.deepEqual(envelope, {
        id: answer.body.id,
        kind,
        receivedAt: NOW.toISOString(),
        userAgent: captured.headers['user-agent'],
        contentType: FORM,
        senderAddress: envelope.senderAddress,
      });
      assert.match(envelope.senderAddress, /^(?:127\.0\.0\.1|::1)$/);
      assert.equal(payload.hash, HASH);
      if (kind !== 'tracking-skipped') {
        assert.equal(payload.site, 'Bob&#039;s &quot;Café&quot; &amp; Söhne 商店');
        assert.deepEqual(payload.extra, {
          plan: 'pro',
          forms_count: '12',
          secret: 'not-whitelisted',
          'a.b': 'dots',
          $where: '1',
        });
      }
    });
  }

  it('stores JSON of mixed types', async () => {
    const payload = { hash: HASH, url: 'https://a.example', active_plugins: 3, extra: null, wp: { multisite: false } };
    assert.deepEqual((await stored(await postJson(JSON.stringify(payload)))).payload, payload);
  });

  it('stores JSON in its own words: numbers, equal keys and white space as they were sent', async () => {
    const body = `{ "hash":"${HASH}",\n"extra":{"order":9007199254740993,"rate":1.10,"rate":1.20},"a":[1e400,-0] }`;
    const answer = await postJson(body);
    assert.ok((await storedText(answer)).endsWith(`,"payload":${body}}`));
    assert.equal((await stored(answer)).bodyBase64, undefined);
    const event = await openArchive({ bucket: bucket.name }).read(`track/2026/03/09/07/${answer.body.id}.json`);
    assert.deepEqual(event?.payload.extra, {
      order: new LosslessNumber('9007199254740993'),
      rate: new LosslessNumber('1.20'),
    });
  });

  for (const { title, type, body, site } of [
    {
      title: 'a form value',
      type: FORM,
      body: Buffer.from(`hash=${HASH}&site=B%C3%A4ckerei+M%C3%BCller+Gesch%C3&extra[a]=%C3%A4`),
      site: 'Bäckerei Müller Gesch\ufffd',
    },
    {
      title: 'JSON',
      type: 'application/json',
      body: Buffer.concat([
        Buffer.from(`{"hash":"${HASH}","site":"Bäckerei Müller","extra":{"a":"ä","err":"Erro`),
        Buffer.from([0xc3]),
        Buffer.from('"}}'),
      ]),
      site: 'Bäckerei Müller',
    },
  ])
    it(`reads all but one broken byte of ${title}, and keeps the bytes`, async () => {
      const { payload, bodyBase64 } = await stored(await send('/track', { headers: { 'content-type': type }, body }));
      assert.deepEqual([payload.hash, payload.site, payload.extra.a], [HASH, site, 'ä']);
      assert.deepEqual(Buffer.from(bodyBase64, 'base64'), body);
    });

  it('reads a form in the charset that it declares', async () => {
    const answer = await postForm(`hash=${HASH}&site=Caf%E9+%A4`, { 'content-type': `${FORM}; charset=ISO-8859-15` });
    assert.equal((await stored(answer)).payload.site, 'Café €');
  });

  it('reads bytes that are no UTF-8 as windows-1252', async () => {
    const body = `hash=${HASH}&site=Caf%E9+%80`;
    const { payload, bodyBase64 } = await stored(await postForm(body));
    assert.equal(payload.site, 'Café €');
    assert.equal(Buffer.from(bodyBase64, 'base64').toString(), body);
  });

  it('takes a request that names the site in its User-Agent alone, as client 1.2.3 does', async () => {
    const answer = await send('/deactivate', {
      headers: { 'content-type': FORM, 'user-agent': 'Appsero/6ea0a65d4dee544e5e0f4ff88b2e1c30;' },
      body: 'reason_id=other&client=1.2.0',
    });
    assert.equal((await stored(answer, 'deactivate')).payload.reason_id, 'other');
  });

  for (const { title, type, body } of [
    { title: 'JSON that calls itself a form', type: FORM, body: `{"hash":"${HASH}"}` },
    { title: 'JSON with a byte order mark and no type', type: 'text/plain', body: `\ufeff{"hash":"${HASH}"}` },
    { title: 'a form that calls itself bytes', type: 'application/octet-stream', body: `hash=${HASH}` },
  ])
    it(`reads ${title}`, async () => {
      const answer = await send('//track/', { headers: { 'content-type': type }, body });
      assert.equal((await stored(answer)).payload.hash, HASH);
    });

  it('counts on after the largest index, as PHP does', async () => {
    assert.deepEqual((await stored(await postForm(`hash=${HASH}&a[1]=x&a[]=y&&b[]=z`))).payload, {
      hash: HASH,
      a: { 1: 'x', 2: 'y' },
      b: { 0: 'z' },
    });
  });

  it('stores what is wrong otherwise, for a later rejection', async () => {
    assert.equal((await stored(await postForm(`hash=${HASH}&url=nonsense`))).payload.url, 'nonsense');
  });

  it('answers a client that speaks HTTP/1.0', async () => {
    const body = `hash=${HASH}`;
    const socket = connect(port(), '127.0.0.1');
    socket.write(`POST /track HTTP/1.0\r\nContent-Type: ${FORM}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    const text = Buffer.concat(await socket.toArray()).toString();
    assert.match(text, /^HTTP\/1\.[01] 200 /);
    assert.doesNotMatch(text, /transfer-encoding/i);
    assert.match(text, /\{"success":true,"id":"[^"]+"\}$/);
  });

  it('stores the payload of a client that does not wait for the answer', async () => {
    const body = `hash=${HASH}&site=gone`;
    const socket = connect(port(), '127.0.0.1');
    socket.write(
      `POST /track HTTP/1.1\r\nHost: a\r\nContent-Type: ${FORM}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      () => socket.destroy(),
    );
    await until(
      async () => {
        const [files] = await bucket.getFiles();
        const texts = await Promise.all(files.map(async (file) => (await file.download())[0].toString()));
        return texts.some((text) => text.includes('"site":"gone"'));
      },
      { deadlineMs: 5000, what: 'the object' },
    );
  });

  describe('unharmed by odd keys', () => {
    it('keeps __proto__, $where and a.b as data in a form', async () => {
      const { payload } = await stored(
        await postForm(`hash=${HASH}&__proto__[x]=1&extra[__proto__][y]=2&$where=3&a.b=4&constructor=5`),
      );
      assert.equal(JSON.stringify(payload.extra), '{"__proto__":{"y":"2"}}');
      assert.equal(payload.$where, '3');
      assert.equal(payload['a.b'], '4');
      assert.equal(payload.constructor, '5');
      assert.equal(({} as Record<string, unknown>).x, undefined);
    });

    it('keeps them in JSON', async () => {
      const body = `{"hash":"${HASH}","__proto__":{"x":1},"$where":2,"a.b":3}`;
      const answer = await send('/track', { headers: { 'content-type': 'application/json' }, body });
      const { payload } = await stored(answer);
      assert.equal(JSON.stringify(payload), body);
    });

    it('stores 1,000 levels of nesting, of brackets and of JSON', async () => {
      await stored(await postForm(`hash=${HASH}&a${'[b]'.repeat(1000)}=1`));
      const body = `{"hash":"${HASH}","a":${'['.repeat(999)}${']'.repeat(999)}}`;
      await stored(await send('/track', { headers: { 'content-type': 'application/json' }, body }));
    });

    it('refuses so much nesting that walking it would overflow the stack', async () => {
      const body = `{"hash":"${HASH}","a":${'['.repeat(400_000)}${']'.repeat(400_000)}}`;
      const answer = await send('/track', { headers: { 'content-type': 'application/json' }, body });
      assert.equal(answer.status, 400);
      assert.equal(answer.body.error, 'unparseable');
    });
  });

  describe('errors', () => {
    for (const { title, body, type, error, field } of [
      {
        title: 'JSON that does not parse',
        body: '{"hash":',
        type: 'application/json',
        error: 'unparseable',
        field: null,
      },
      { title: 'a JSON array', body: '[]', type: 'application/json', error: 'not_an_object', field: null },
      { title: 'a JSON text', body: '"x"', type: 'application/json', error: 'not_an_object', field: null },
      {
        title: 'neither hash nor md5',
        body: 'url=https%3A%2F%2Fa.example',
        type: FORM,
        error: 'unattributable',
        field: 'hash',
      },
      { title: 'an empty hash', body: 'hash=', type: FORM, error: 'unattributable', field: 'hash' },
      {
        title: 'a hash that is no text',
        body: '{"hash":{"a":1}}',
        type: 'application/json',
        error: 'unattributable',
        field: 'hash',
      },
      { title: 'an empty body', body: '', type: FORM, error: 'unattributable', field: 'hash' },
    ])
      it(`400: ${title}`, async () => {
        const answer = await send('/track', { headers: { 'content-type': type }, body });
        assert.equal(answer.status, 400);
        assert.equal(answer.body.error, error);
        assert.equal(answer.body.field, field);
        assert.ok(answer.body.message);
      });

    it('404: an unknown route', async () => assert.equal((await send('/nowhere')).status, 404));

    for (const path of ['/public/license/abc/activate', '/update/abc/check', '/v2/update/abc'])
      it(`501, and no success: ${path}`, async () => {
        const answer = await send(path);
        assert.equal(answer.status, 501);
        assert.equal(answer.body.success, undefined);
      });

    it('405, with what is allowed', async () => {
      const answer = await send('/track', { method: 'GET' });
      assert.equal(answer.status, 405);
      assert.equal(answer.headers.allow, 'POST');
      assert.equal((await send('/')).headers.allow, 'GET, HEAD');
    });

    it('415: a type that no client sends, and a compressed body', async () => {
      assert.equal(
        (await send('/track', { headers: { 'content-type': 'multipart/form-data; boundary=x' }, body: '--x--' }))
          .status,
        415,
      );
      assert.equal((await postForm(`hash=${HASH}`, { 'content-encoding': 'gzip' })).status, 415);
    });

    it('413: a body that says it is too long, before any of it is sent', async () => {
      const sent = request({
        port: port(),
        path: '/track',
        method: 'POST',
        headers: { 'content-type': FORM, 'content-length': MAX_BODY_BYTES + 1 },
      });
      sent.flushHeaders();
      const [response] = await once(sent, 'response');
      assert.equal(response.statusCode, 413);
      sent.on('error', () => {});
      sent.destroy();
    });

    it('413: a chunked body, once it has grown too long', async () => {
      const sent = request({ port: port(), path: '/track', method: 'POST', headers: { 'content-type': FORM } });
      sent.on('error', () => {});
      const answered = once(sent, 'response');
      for (let sentBytes = 0; sentBytes <= MAX_BODY_BYTES; sentBytes += 65_536) sent.write(Buffer.alloc(65_536, 97));
      const [response] = await answered;
      assert.equal(response.statusCode, 413);
      sent.destroy();
    });

    it('takes a body of exactly the limit', async () => {
      const start = `hash=${HASH}&a=`;
      await stored(await postForm(start + 'x'.repeat(MAX_BODY_BYTES - start.length)));
    });

    it('503 with Retry-After when the archive is out of reach', async () => {
      archive = { create: () => Promise.reject(new TransientError('the archive failed', { cause: undefined })) };
      const answer = await postForm(`hash=${HASH}`);
      assert.equal(answer.status, 503);
      assert.equal(answer.headers['retry-after'], '5');
    });
  });

  it('is healthy on GET /', async () => assert.equal((await send('/', { method: 'GET' })).status, 200));

  it('takes the address that the platform adds, not what a client writes', async () => {
    forwardedHops = 1;
    const answer = await postForm(`hash=${HASH}`, { 'x-forwarded-for': '1.2.3.4, 198.51.100.7' });
    assert.equal((await stored(answer)).senderAddress, '198.51.100.7');
  });
});
