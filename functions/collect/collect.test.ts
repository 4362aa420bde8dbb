import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { LosslessNumber } from 'lossless-json';
import { parseStoredEvent } from '../../shared/event/envelope.ts';
import { KINDS, type Kind } from '../../shared/event/object-name.ts';
import { TransientError } from '../../shared/runtime/errors.ts';
import { type Answer, FORM, type OwnCollect, openOwnCollect } from '../testing/own-collect.ts';
import { MAX_BODY_BYTES } from './limits.ts';
import { MAX_KEYS } from './parse-form.ts';
import type { Dependencies } from './routes.ts';

const NOW = new Date('2026-03-09T07:05:06.789Z');
const HASH = 'a4a8da5b-b419-4656-98e9-4a42e9044891';

describe('collect', () => {
  let own: OwnCollect;
  let archive: Dependencies['archive'];

  before(async () => {
    own = await openOwnCollect(NOW);
    ({ archive } = own.dependencies);
  });
  beforeEach(() => Object.assign(own.dependencies, { archive, forwardedHops: 0 }));
  after(() => own.close());

  const postJson = (body: string) => own.send('/track', { headers: { 'content-type': 'application/json' }, body });
  const stored = async (answer: Answer, kind?: Kind) => JSON.parse(await own.storedText(answer, kind));

  for (const kind of KINDS) {
    it(`stores the captured ${kind} request in an envelope, as it came`, async () => {
      const captured = JSON.parse(
        readFileSync(new URL(`../../schemas/payloads/${kind}.json`, import.meta.url), 'utf8'),
      );
      const answer = await own.send(captured.path, { headers: captured.headers, body: captured.body });
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
    assert.ok((await own.storedText(answer)).endsWith(`,"payload":${body}}`));
    assert.equal((await stored(answer)).bodyBase64, undefined);
    assert.deepEqual(parseStoredEvent(await own.storedText(answer)).payload.extra, {
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
      const { payload, bodyBase64 } = await stored(
        await own.send('/track', { headers: { 'content-type': type }, body }),
      );
      assert.deepEqual([payload.hash, payload.site, payload.extra.a], [HASH, site, 'ä']);
      assert.deepEqual(Buffer.from(bodyBase64, 'base64'), body);
    });

  it('reads a form in the charset that it declares', async () => {
    const answer = await own.postForm(`hash=${HASH}&site=Caf%E9+%A4`, {
      'content-type': `${FORM}; charset=ISO-8859-15`,
    });
    assert.equal((await stored(answer)).payload.site, 'Café €');
  });

  it('reads bytes that are no UTF-8 as windows-1252', async () => {
    const body = `hash=${HASH}&site=Caf%E9+%80`;
    const { payload, bodyBase64 } = await stored(await own.postForm(body));
    assert.equal(payload.site, 'Café €');
    assert.equal(Buffer.from(bodyBase64, 'base64').toString(), body);
  });

  it('takes a request that names the site in its User-Agent alone, as client 1.2.3 does', async () => {
    const answer = await own.send('/deactivate', {
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
      const answer = await own.send('//track/', { headers: { 'content-type': type }, body });
      assert.equal((await stored(answer)).payload.hash, HASH);
    });

  it('counts on after the largest index, as PHP does', async () => {
    assert.deepEqual((await stored(await own.postForm(`hash=${HASH}&a[1]=x&a[]=y&&b[]=z`))).payload, {
      hash: HASH,
      a: { 1: 'x', 2: 'y' },
      b: { 0: 'z' },
    });
  });

  it('stores what is wrong otherwise, for a later rejection', async () => {
    assert.equal((await stored(await own.postForm(`hash=${HASH}&url=nonsense`))).payload.url, 'nonsense');
  });

  describe('unharmed by odd keys', () => {
    it('keeps __proto__, $where and a.b as data in a form', async () => {
      const { payload } = await stored(
        await own.postForm(`hash=${HASH}&__proto__[x]=1&extra[__proto__][y]=2&$where=3&a.b=4&constructor=5`),
      );
      assert.equal(JSON.stringify(payload.extra), '{"__proto__":{"y":"2"}}');
      assert.equal(payload.$where, '3');
      assert.equal(payload['a.b'], '4');
      assert.equal(payload.constructor, '5');
      assert.equal(({} as Record<string, unknown>).x, undefined);
    });

    it('keeps them in JSON', async () => {
      const body = `{"hash":"${HASH}","__proto__":{"x":1},"$where":2,"a.b":3}`;
      const answer = await own.send('/track', { headers: { 'content-type': 'application/json' }, body });
      const { payload } = await stored(answer);
      assert.equal(JSON.stringify(payload), body);
    });

    it('stores 1,000 levels of nesting, of brackets and of JSON', async () => {
      await stored(await own.postForm(`hash=${HASH}&a${'[b]'.repeat(1000)}=1`));
      const body = `{"hash":"${HASH}","a":${'['.repeat(999)}${']'.repeat(999)}}`;
      await stored(await own.send('/track', { headers: { 'content-type': 'application/json' }, body }));
    });

    it('refuses a form of so many keys that they would fill the memory', async () => {
      const pairs = (count: number) => `hash=${HASH}${'&a[]=1'.repeat(count)}`;
      await stored(await own.postForm(pairs(MAX_KEYS / 2 - 1)));
      const answer = await own.postForm(pairs(MAX_KEYS / 2));
      assert.deepEqual([answer.status, answer.body.error], [400, 'unparseable']);
    });

    it('refuses so much nesting that walking it would overflow the stack', async () => {
      const body = `{"hash":"${HASH}","a":${'['.repeat(400_000)}${']'.repeat(400_000)}}`;
      const answer = await own.send('/track', { headers: { 'content-type': 'application/json' }, body });
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
        const answer = await own.send('/track', { headers: { 'content-type': type }, body });
        assert.equal(answer.status, 400);
        assert.equal(answer.body.error, error);
        assert.equal(answer.body.field, field);
        assert.ok(answer.body.message);
      });

    it('404: an unknown route', async () => assert.equal((await own.send('/nowhere')).status, 404));

    for (const path of ['/public/license/abc/activate', '/update/abc/check', '/v2/update/abc'])
      it(`501, and no success: ${path}`, async () => {
        const answer = await own.send(path);
        assert.equal(answer.status, 501);
        assert.equal(answer.body.success, undefined);
      });

    it('405, with what is allowed', async () => {
      const answer = await own.send('/track', { method: 'GET' });
      assert.equal(answer.status, 405);
      assert.equal(answer.headers.allow, 'POST');
      assert.equal((await own.send('/')).headers.allow, 'GET, HEAD');
    });

    it('415: a type that no client sends, and a compressed body', async () => {
      assert.equal(
        (await own.send('/track', { headers: { 'content-type': 'multipart/form-data; boundary=x' }, body: '--x--' }))
          .status,
        415,
      );
      assert.equal((await own.postForm(`hash=${HASH}`, { 'content-encoding': 'gzip' })).status, 415);
      assert.equal((await own.postForm(`hash=${HASH}`, { 'transfer-encoding': 'gzip, chunked' })).status, 415);
    });

    it('takes a body of exactly the limit', async () => {
      const start = `hash=${HASH}&a=`;
      await stored(await own.postForm(start + 'x'.repeat(MAX_BODY_BYTES - start.length)));
    });

    it('503 with Retry-After when the archive is out of reach', async () => {
      own.dependencies.archive = {
        create: () => Promise.reject(new TransientError('the archive failed', { cause: undefined })),
      };
      const answer = await own.postForm(`hash=${HASH}`);
      assert.equal(answer.status, 503);
      assert.equal(answer.headers['retry-after'], '5');
    });
  });

  it('is healthy on GET /', async () => assert.equal((await own.send('/', { method: 'GET' })).status, 200));

  const CLIENT = /^198\.51\.100\.7$/;
  for (const { title, forwardedHops, header, sender } of [
    { title: 'that the platform adds', forwardedHops: 1, header: '1.2.3.4, 198.51.100.7', sender: CLIENT },
    { title: 'before the load balancer', forwardedHops: 2, header: '1.2.3.4, 198.51.100.7, 192.0.2.1', sender: CLIENT },
    { title: 'of a post past the load balancer', forwardedHops: 2, header: '198.51.100.7', sender: CLIENT },
    {
      title: 'of the connection where none is added',
      forwardedHops: 0,
      header: '1.2.3.4',
      sender: /^127\.0\.0\.1$|^::1$/,
    },
  ])
    it(`takes the address ${title}, not what a client writes`, async () => {
      own.dependencies.forwardedHops = forwardedHops;
      const answer = await own.postForm(`hash=${HASH}`, { 'x-forwarded-for': header });
      assert.match((await stored(answer)).senderAddress, sender);
    });
});
