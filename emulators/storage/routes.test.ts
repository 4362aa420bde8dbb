import assert from 'node:assert/strict';
import type { Emulator } from '../emulator.ts';
import { startStorage } from './index.ts';

/** The paths that other clients than Node's use, and the answers to those that are none. */
describe('storage paths', () => {
  let emulator: Emulator;
  const call = async (method: string, path: string, body?: string, headers: Record<string, string> = {}) => {
    const reply = await fetch(`${emulator.url}${path}`, { method, headers, ...(body !== undefined && { body }) });
    return { status: reply.status, text: await reply.text(), headers: reply.headers };
  };
  before(async () => {
    emulator = await startStorage();
    await call('POST', '/storage/v1/b?project=p', '{"name":"paths"}');
  });
  after(() => emulator.stop());

  for (const path of ['/upload/storage/v1/b/paths/o', '/resumable/upload/storage/v1/b/paths/o', '/upload/b/paths/o'])
    it(`takes simple media at ${path}`, async () => {
      const name = `m${path}`;
      const query = `?uploadType=media&name=${encodeURIComponent(name)}`;
      assert.equal((await call('POST', path + query, 'bytes', { 'content-type': 'text/x' })).status, 200);
      const object = `b/paths/o/${encodeURIComponent(name)}?alt=media`;
      for (const prefix of ['/', '/storage/v1/', '/download/storage/v1/']) {
        const { status, text, headers } = await call('GET', prefix + object);
        assert.deepEqual([status, text, headers.get('content-type')], [200, 'bytes', 'text/x']);
        assert.match(String(headers.get('x-goog-hash')), /^crc32c=.{8},md5=.{24}$/);
      }
    });

  it('links resources to itself', async () => {
    const { text } = await call('POST', '/upload/storage/v1/b/paths/o?uploadType=media&name=linked', 'here');
    const { mediaLink, selfLink } = JSON.parse(text);
    assert.equal(await (await fetch(mediaLink)).text(), 'here');
    assert.equal(JSON.parse(await (await fetch(selfLink)).text()).name, 'linked');
  });

  it('unpacks a gzip object for a client that does not take gzip', async () => {
    const packed = new Response(new Blob(['plain text']).stream().pipeThrough(new CompressionStream('gzip')));
    const url = `${emulator.url}/upload/storage/v1/b/paths/o?uploadType=media&name=zip&contentEncoding=gzip`;
    await fetch(url, { method: 'POST', body: await packed.arrayBuffer() });
    const { text, headers } = await call('GET', '/b/paths/o/zip?alt=media', undefined, {
      'accept-encoding': 'identity',
    });
    assert.deepEqual([text, headers.get('content-encoding')], ['plain text', null]);
  });

  it('answers 304 when the object is still the one that the client knows', async () => {
    const { text } = await call('POST', '/upload/storage/v1/b/paths/o?uploadType=media&name=known', 'x');
    const { generation } = JSON.parse(text);
    assert.equal((await call('GET', `/b/paths/o/known?ifGenerationNotMatch=${generation}`)).status, 304);
    assert.equal((await call('GET', `/b/paths/o/known?ifGenerationMatch=${generation}&alt=media`)).status, 200);
    assert.equal((await call('GET', '/b/paths/o/known?ifGenerationMatch=1&alt=media')).status, 412);
  });

  for (const { method, path, code, reason } of [
    { method: 'GET', path: '/nothing', code: 404, reason: 'notFound' },
    { method: 'GET', path: '/storage/v1/b/none/o/x', code: 404, reason: 'notFound' },
    { method: 'GET', path: '/b/paths/o/%E0%A4%A', code: 400, reason: 'invalid' },
    { method: 'GET', path: '/b/paths/o?pageToken=%21', code: 400, reason: 'invalid' },
    { method: 'GET', path: '/b/paths/o?maxResults=many', code: 400, reason: 'invalid' },
    { method: 'GET', path: '/b/paths/o?matchGlob=*', code: 501, reason: 'notImplemented' },
    { method: 'GET', path: '/b/paths/iam', code: 501, reason: 'notImplemented' },
    { method: 'PUT', path: '/b/paths/o/x', code: 501, reason: 'notImplemented' },
    { method: 'POST', path: '/batch/storage/v1', code: 501, reason: 'notImplemented' },
    { method: 'POST', path: '/upload/storage/v1/b/paths/o?uploadType=media', code: 400, reason: 'required' },
    { method: 'POST', path: '/upload/storage/v1/b/paths/o?uploadType=media&name=..', code: 400, reason: 'invalid' },
  ])
    it(`refuses ${method} ${path} with ${code} in the service's form`, async () => {
      const { status, text } = await call(method, path);
      assert.equal(status, code);
      const { error } = JSON.parse(text);
      assert.deepEqual(error, {
        code,
        message: error.message,
        errors: [{ message: error.message, domain: 'global', reason }],
      });
    });

  it('refuses JSON that is none, and JSON beyond all measure', async () => {
    assert.equal((await call('POST', '/b?project=p', '{"name"')).status, 400);
    assert.equal((await call('POST', '/b?project=p', `"${'x'.repeat(1024 * 1024)}"`)).status, 413);
  });
});
