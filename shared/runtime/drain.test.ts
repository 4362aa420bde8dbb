import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';
import { freePort } from '../testing/free-port.ts';
import { until } from '../testing/until.ts';
import { DRAIN_LIMITS } from './drain.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FRAMEWORK = join(ROOT, 'node_modules/@google-cloud/functions-framework/build/src/main.js');

/** A function, by HTTP and by CloudEvent, that answers once the file `release` is there, and tells when it closes. */
const FUNCTION = `
import { existsSync } from 'node:fs';
import { cloudEvent, http } from '${join(ROOT, 'node_modules/@google-cloud/functions-framework/build/src/index.js')}';
import { drainOnSignal } from './drain.mjs';
const { limits, closes } = JSON.parse(process.env.DRAIN);
// before the drain's own, which is done within the same turn
process.on('SIGTERM', () => console.log('told to end'));
drainOnSignal(async () => {
  console.log('closed');
  if (!closes) await new Promise(() => {});
}, limits);
const released = () => new Promise((resolve) => {
  console.log('in flight');
  const poll = setInterval(() => {
    if (!existsSync(new URL('release', import.meta.url))) return;
    clearInterval(poll);
    resolve();
  }, 10);
});
http('slow', async (request, response) => {
  await released();
  response.send('answered');
});
cloudEvent('slow-event', released);
`;
const EVENT = {
  specversion: '1.0',
  id: '1',
  type: 'google.cloud.pubsub.topic.v1.messagePublished',
  source: '//pubsub.googleapis.com/projects/p/topics/t',
  data: { message: { data: 'e30=', messageId: '1' } },
};

describe('drainOnSignal', () => {
  let folder: string;
  let child: ChildProcess;
  let port: number;
  let output: string;
  let drain: string;
  before(() => {
    // half of what a process costs that loads TypeScript itself
    drain = transformSync(readFileSync(new URL('drain.ts', import.meta.url), 'utf8'), { loader: 'ts' }).code;
  });

  async function start(target: string, { limits = DRAIN_LIMITS, closes = true } = {}): Promise<void> {
    writeFileSync(join(folder, 'index.mjs'), FUNCTION);
    writeFileSync(join(folder, 'drain.mjs'), drain);
    writeFileSync(join(folder, 'package.json'), '{"type":"module","main":"index.mjs"}');
    port = await freePort();
    output = '';
    child = spawn(process.execPath, [FRAMEWORK, `--target=${target}`, `--source=${folder}`, `--port=${port}`], {
      cwd: ROOT,
      env: { ...process.env, DRAIN: JSON.stringify({ limits, closes }) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child.stdout?.on('data', (chunk) => {
      output += chunk;
    });
    await until(() => output.includes('URL:'), { what: 'the function' });
  }

  /** Sends an event or a request, and gives its answer once the function works on it. */
  async function send(): Promise<{ response: Promise<IncomingMessage> }> {
    const headers = { 'content-type': 'application/cloudevents+json' };
    const sent = request({ port, method: 'POST', headers, agent: new Agent({ keepAlive: true }) });
    sent.end(JSON.stringify(EVENT));
    const response = once(sent, 'response').then(([answer]) => answer as IncomingMessage);
    await until(() => output.includes('in flight'), { what: 'the request' });
    return { response };
  }
  const textOf = async (answer: IncomingMessage) => Buffer.concat(await answer.toArray()).toString();

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'drain-'));
  });
  afterEach(() => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });

  for (const { target, status, text } of [
    { target: 'slow', status: 200, text: 'answered' },
    { target: 'slow-event', status: 204, text: '' },
  ]) {
    it(`answers what is in flight, closes, and exits 0: ${target}`, async () => {
      await start(target);
      const { response } = await send();
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await until(() => output.includes('told to end'), { what: 'the signal' });
      writeFileSync(join(folder, 'release'), '');
      const answer = await response;
      assert.deepEqual([answer.statusCode, answer.headers.connection, await textOf(answer)], [status, 'close', text]);
      assert.deepEqual(await exited, [0, null]);
      assert.equal(output.match(/closed/g)?.length, 1);
    });

    it(`answers 503 to what has no answer in time, so that it comes again: ${target}`, async () => {
      await start(target, { limits: { answerMs: 300, closeMs: 9000 } });
      const { response } = await send();
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      const answer = await response;
      assert.deepEqual([answer.statusCode, answer.headers['retry-after']], [503, '5']);
      assert.equal(JSON.parse(await textOf(answer)).error, 'unavailable');
      assert.deepEqual(await exited, [0, null]);
      assert.match(output, /closed/);
    });
  }

  it('waits no longer for what does not close', async () => {
    await start('slow', { limits: { answerMs: 100, closeMs: 100 }, closes: false });
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    assert.deepEqual(await exited, [1, null]);
    assert.match(output, /closed/);
  });

  it('is done before Cloud Run kills', () => assert.ok(DRAIN_LIMITS.answerMs + DRAIN_LIMITS.closeMs < 10_000));

  it('exits 0 at once when nothing is in flight', async () => {
    await start('slow');
    const exited = once(child, 'exit');
    child.kill('SIGINT');
    assert.deepEqual(await exited, [0, null]);
  });
});
