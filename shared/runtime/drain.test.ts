import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../testing/until.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FRAMEWORK = join(ROOT, 'node_modules/@google-cloud/functions-framework/build/src/main.js');

/** A function that answers once the file `release` is there, and tells when it closes. */
const FUNCTION = `
import { existsSync } from 'node:fs';
import { http } from '${join(ROOT, 'node_modules/@google-cloud/functions-framework/build/src/index.js')}';
import { drainOnSignal } from '${join(ROOT, 'shared/runtime/drain.ts')}';
drainOnSignal(async () => console.log('closed'));
http('slow', (request, response) => {
  console.log('in flight');
  const poll = setInterval(() => {
    if (!existsSync(new URL('release', import.meta.url))) return;
    clearInterval(poll);
    response.send('answered');
  }, 10);
});
`;

describe('drainOnSignal', () => {
  let folder: string;
  let child: ChildProcess;
  let port: number;
  let output: string;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'drain-'));
    writeFileSync(join(folder, 'index.mjs'), FUNCTION);
    writeFileSync(join(folder, 'package.json'), '{"type":"module","main":"index.mjs"}');
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    port = (probe.address() as { port: number }).port;
    probe.close();
    await once(probe, 'close');
    output = '';
    child = spawn(
      process.execPath,
      ['--import', 'tsx', FRAMEWORK, '--target=slow', `--source=${folder}`, `--port=${port}`],
      {
        cwd: ROOT,
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    child.stdout?.on('data', (chunk) => {
      output += chunk;
    });
    await until(() => output.includes('URL:'), { what: 'the function' });
  });
  afterEach(() => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });

  it('answers what is in flight, closes, and exits 0', async () => {
    const sent = request({ port, path: '/slow' }).end();
    const response = once(sent, 'response');
    await until(() => output.includes('in flight'), { what: 'the request' });
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    writeFileSync(join(folder, 'release'), '');
    const [answer] = await response;
    assert.equal(answer.statusCode, 200);
    assert.equal(Buffer.concat(await answer.toArray()).toString(), 'answered');
    assert.deepEqual(await exited, [0, null]);
    assert.match(output, /closed/);
  });

  it('exits 0 at once when nothing is in flight', async () => {
    const exited = once(child, 'exit');
    child.kill('SIGINT');
    assert.deepEqual(await exited, [0, null]);
  });
});
