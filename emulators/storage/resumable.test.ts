import assert from 'node:assert/strict';
import { type ClientRequest, request } from 'node:http';
import { until } from '../../shared/testing/until.ts';
import type { Emulator } from '../emulator.ts';
import { startStorage } from './index.ts';

const KB256 = 256 * 1024;
const bytes = Buffer.from(Array.from({ length: KB256 + 1000 }, (_, at) => (at * 31) % 253));

/** What the service does on the wire and the Node client shows only when connections break. */
describe('a resumable upload on the wire', () => {
  let emulator: Emulator;
  before(async () => {
    emulator = await startStorage();
    await fetch(`${emulator.url}/b?project=p`, { method: 'POST', body: '{"name":"wire"}' });
  });
  after(() => emulator.stop());

  async function begin(name: string, query = ''): Promise<string> {
    const url = `${emulator.url}/upload/storage/v1/b/wire/o?uploadType=resumable&name=${name}${query}`;
    return String((await fetch(url, { method: 'POST', body: '{}' })).headers.get('location'));
  }
  async function put(location: string, range: string, body?: Buffer) {
    const reply = await fetch(location, {
      method: 'PUT',
      headers: { 'content-range': range },
      ...(body && { body }),
    });
    return { status: reply.status, range: reply.headers.get('range'), text: await reply.text() };
  }
  const stored = async (name: string) =>
    Buffer.from(await (await fetch(`${emulator.url}/b/wire/o/${name}?alt=media`)).arrayBuffer());

  /** A PUT of the whole that stops after `count` bytes and stays open. */
  function stall(location: string, count: number): ClientRequest {
    const stalled = request(location, { method: 'PUT', headers: { 'content-range': 'bytes 0-*/*' } });
    stalled.on('error', () => {});
    stalled.write(bytes.subarray(0, count));
    return stalled;
  }

  it('tells how far it is, and once it is done gives the lost answer again', async () => {
    const location = await begin('far');
    assert.deepEqual(await put(location, 'bytes */*'), { status: 308, range: null, text: '' });
    const first = await put(location, `bytes 0-${KB256 - 1}/*`, bytes.subarray(0, KB256));
    assert.deepEqual(first, { status: 308, range: `bytes=0-${KB256 - 1}`, text: '' });
    assert.deepEqual(await put(location, 'bytes */*'), first);
    const last = await put(location, `bytes ${KB256}-${bytes.length - 1}/${bytes.length}`, bytes.subarray(KB256));
    assert.equal(last.status, 200);
    assert.deepEqual(await put(location, 'bytes */*'), last);
    assert.deepEqual(await put(location, 'bytes 0-*/*', bytes), last);
    assert.ok((await stored('far')).equals(bytes));
  });

  it('skips bytes that come twice, and refuses a gap', async () => {
    const location = await begin('twice');
    await put(location, `bytes 0-${KB256 - 1}/*`, bytes.subarray(0, KB256));
    assert.equal((await put(location, `bytes ${KB256 + 1}-*/*`, bytes.subarray(KB256 + 1))).status, 503);
    assert.equal((await put(location, 'bytes 0-*/*', bytes)).status, 200);
    assert.ok((await stored('twice')).equals(bytes));
  });

  it('refuses a piece that is too small, and a body that is not what its header says', async () => {
    const location = await begin('small');
    assert.equal((await put(location, 'bytes 0-99/*', bytes.subarray(0, 100))).status, 400);
    assert.equal((await put(location, `bytes 0-${KB256}/*`, bytes.subarray(0, KB256))).status, 400);
    assert.equal((await put(location, 'bytes 0-99/100', bytes.subarray(0, 99))).status, 400);
    assert.equal((await put(location, 'bytes nonsense', bytes)).status, 400);
    assert.deepEqual(await put(location, 'bytes */*'), { status: 308, range: null, text: '' });
  });

  it('keeps what came before the connection broke', async () => {
    const location = await begin('cut');
    const stalled = stall(location, 5000);
    await until(() => stalled.socket?.writableLength === 0, { deadlineMs: 2000 });
    stalled.destroy();
    const { range } = await until(
      async () => {
        const probe = await put(location, 'bytes */*');
        return probe.range === null ? undefined : probe;
      },
      { deadlineMs: 3000 },
    );
    const from = Number(range?.split('-')[1]) + 1;
    assert.equal((await put(location, `bytes ${from}-*/*`, bytes.subarray(from))).status, 200);
    assert.ok((await stored('cut')).equals(bytes));
  });

  it('goes on when the client comes again while its old connection hangs', async () => {
    const location = await begin('hang');
    stall(location, 5000);
    assert.equal((await put(location, 'bytes 0-*/*', bytes)).status, 200);
    assert.ok((await stored('hang')).equals(bytes));
  });

  it('looks at its preconditions at the end, and then is over', async () => {
    const location = await begin('late', '&ifGenerationMatch=0');
    const other = await begin('late', '&ifGenerationMatch=0');
    assert.equal((await put(other, 'bytes 0-*/*', Buffer.from('other'))).status, 200);
    assert.equal((await put(location, 'bytes 0-*/*', bytes)).status, 412);
    assert.equal((await put(location, 'bytes */*')).status, 404);
    assert.equal(String(await stored('late')), 'other');
  });

  it('can be cancelled', async () => {
    const location = await begin('gone');
    assert.equal((await fetch(location, { method: 'DELETE' })).status, 499);
    assert.equal((await put(location, 'bytes */*')).status, 404);
  });
});
