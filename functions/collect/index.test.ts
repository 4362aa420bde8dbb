import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Bucket } from '@google-cloud/storage';
import { ownBucket } from '../../shared/testing/stores.ts';
import { until } from '../../shared/testing/until.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FRAMEWORK = fileURLToPath(
  new URL('../../node_modules/@google-cloud/functions-framework/build/src/main.js', import.meta.url),
);
const BODY = 'hash=a4a8da5b-b419-4656-98e9-4a42e9044891';

async function freePort(): Promise<number> {
  const probe = createServer().listen(0);
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

describe('the entry collect', () => {
  let bucket: Bucket;
  let child: ChildProcess;
  let port: number;
  before(async () => {
    bucket = await ownBucket();
    port = await freePort();
    const args = ['--import', 'tsx', FRAMEWORK, '--target=collect', '--source=functions/collect', `--port=${port}`];
    const env = { ...process.env, ARCHIVE_BUCKET: bucket.name };
    child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout?.on('data', (chunk) => {
      output += chunk;
    });
    await until(() => output.includes('URL:'), { deadlineMs: 15_000, what: 'the function' });
  });
  after(async () => {
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    assert.deepEqual(await exited, [0, null]);
    await bucket.deleteFiles({ force: true });
    await bucket.delete();
  });

  it("has the framework's server take what Node's own would refuse", async () => {
    const socket = connect({ port, allowHalfOpen: true });
    socket.end(`POST /track HTTP/1.1\r\nExpect:\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`);
    const answer = Buffer.concat(await socket.toArray()).toString();
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
    const [files] = await bucket.getFiles();
    assert.equal(files.length, 1);
  });
});
