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

  it('answers what gcloud storage asks to upload, list, measure and remove a folder', async () => {
    const lines = ['--=1=', 'Content-Type: application/json', '', '{"bucket": "paths", "name": "g/e/a.txt"}', '--=1='];
    const body = [...lines, 'Content-Type: text/plain', 'MIME-Version: 1.0', '', 'hello\n', '--=1=--', ''].join('\n');
    const type = { 'content-type': "multipart/related; boundary='=1='" };
    const sent = await call('POST', '/upload/storage/v1/b/paths/o?alt=json&uploadType=multipart', body, type);
    const { generation, size } = JSON.parse(sent.text);
    assert.deepEqual([sent.status, size], [200, '6']);
    const list = '/storage/v1/b/paths/o?alt=json&maxResults=1000&projection=noAcl&includeFoldersAsPrefixes=True';
    const folder = JSON.parse((await call('GET', `${list}&delimiter=%2F&prefix=g%2F`)).text);
    assert.deepEqual([folder.prefixes, folder.items], [['g/e/'], undefined]);
    const versions = JSON.parse((await call('GET', `${list}&prefix=g%2F&versions=True`)).text);
    assert.deepEqual(
      versions.items.map(({ name }: { name: string }) => name),
      ['g/e/a.txt'],
    );
    const media = `/download/storage/v1/b/paths/o/g%2Fe%2Fa.txt?generation=${generation}&alt=media`;
    const part = await call('GET', media, undefined, { range: 'bytes=0-5' });
    assert.deepEqual([part.status, part.text, part.headers.get('content-range')], [206, 'hello\n', 'bytes 0-5/6']);
    const gone = await call('DELETE', `/storage/v1/b/paths/o/g%2Fe%2Fa.txt?alt=json&generation=${generation}`);
    assert.equal(gone.status, 204);
    const layout = JSON.parse((await call('GET', '/storage/v1/b/paths/storageLayout?alt=json')).text);
    assert.deepEqual(layout, {
      kind: 'storage#storageLayout',
      bucket: 'paths',
      location: 'US',
      locationType: 'multi-region',
    });
  });

  it('links resources to itself', async () => {
    const { text } = await call('POST', '/upload/storage/v1/b/paths/o?uploadType=media&name=linked', 'here');
    const { mediaLink, selfLink } = JSON.parse(text);
    assert.equal(await (await fetch(mediaLink)).text(), 'here');
    assert.equal(JSON.parse(await (await fetch(selfLink)).text()).name, 'linked');
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
    { method: 'GET', path: '/b/paths/o?matchGlob=*', code: 400, reason: 'notImplemented' },
    { method: 'GET', path: '/b/paths/iam', code: 400, reason: 'notImplemented' },
    { method: 'PUT', path: '/b/paths/o/x', code: 400, reason: 'notImplemented' },
    { method: 'PATCH', path: '/b/paths/o/x', code: 400, reason: 'notImplemented' },
    { method: 'POST', path: '/b/paths/o/x/rewriteTo/b/paths/o/y', code: 400, reason: 'notImplemented' },
    { method: 'PUT', path: '/upload/storage/v1/b/paths/o?upload_id=x', code: 400, reason: 'notImplemented' },
    {
      method: 'POST',
      path: '/upload/storage/v1/b/paths/o?uploadType=media&name=x&contentEncoding=gzip',
      code: 400,
      reason: 'notImplemented',
    },
    { method: 'POST', path: '/batch/storage/v1', code: 400, reason: 'notImplemented' },
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
