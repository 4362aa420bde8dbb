import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { until } from '../../shared/testing/until.ts';
import type { Emulator } from '../emulator.ts';
import { startMail } from './index.ts';

const SECRET = 'secret';
const BODY = JSON.stringify({ email: 'bob@example.org', list: 'l' });
const seconds = () => Math.floor(Date.now() / 1000);

function signed(body: string, { timestamp = seconds(), secret = SECRET } = {}): Record<string, string> {
  const signature = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
  return { 'x-timestamp': String(timestamp), 'x-signature': `sha256=${signature}` };
}

function post(url: string, key: string, headers: Record<string, string> = signed(BODY), body = BODY) {
  return fetch(url, { method: 'POST', headers: { 'idempotency-key': key, ...headers }, body, redirect: 'manual' });
}

async function show(url: string) {
  return (await (await fetch(url)).json()) as {
    taken: number;
    requests: { key: string; request?: unknown }[];
    attempts: { key: string; answer: unknown }[];
  };
}

const setFaults = (url: string, faults: unknown) => fetch(url, { method: 'PUT', body: JSON.stringify(faults) });

describe('the local mail API', () => {
  let mail: Emulator;
  before(async () => {
    mail = await startMail({ secret: SECRET });
  });
  after(() => mail.stop());

  const address = (name: string) => new URL(`/${name}`, mail.url).href;

  it('says where it listens, in the variable that notify-mail reads', () =>
    assert.deepEqual(mail.env, { MAIL_API_URL: mail.url }));

  it('takes a request once for each key, also when both come at once', async () => {
    const url = address('once');
    const answers = await Promise.all([post(url, 'k'), post(url, 'k'), post(url, 'other')]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 202, 202]);
    const { taken, requests } = await show(url);
    assert.equal(taken, 2);
    assert.deepEqual(requests[0]?.request, JSON.parse(BODY));
  });

  it('keeps each address apart', async () => {
    await post(address('one'), 'k');
    assert.equal((await post(address('two'), 'k')).status, 202);
    assert.equal((await show(address('three'))).taken, 0);
  });

  // a signature is made when it is sent: a long test run would make it too old
  for (const { title, key = 'k', headers, body, status } of [
    { title: 'is not signed', headers: () => ({}), status: 401 },
    { title: 'is signed with another secret', headers: () => signed(BODY, { secret: 'other' }), status: 401 },
    { title: 'is signed for another body', headers: () => signed('{}'), status: 401 },
    { title: 'was signed long ago', headers: () => signed(BODY, { timestamp: seconds() - 3600 }), status: 401 },
    { title: 'has a signature without a time', headers: () => ({ 'x-signature': 'sha256=00' }), status: 401 },
    { title: 'has no key', key: '', headers: () => signed(BODY), status: 400 },
    { title: 'is no JSON object', headers: () => signed('[1]'), body: '[1]', status: 400 },
    { title: 'is too large', headers: () => ({}), body: 'x'.repeat(70_000), status: 413 },
  ])
    it(`refuses with ${status} what ${title}, and takes nothing`, async () => {
      const url = address(`refused-${encodeURIComponent(title)}`);
      assert.equal((await post(url, key, headers(), body)).status, status);
      assert.equal((await show(url)).taken, 0);
    });

  it('refuses other methods, and faults that it does not know', async () => {
    assert.equal((await fetch(mail.url, { method: 'DELETE' })).status, 405);
    for (const faults of [[], { next: ['fire'] }, { always: 200 }, { next: 'down' }]) {
      assert.equal((await setFaults(mail.url, faults)).status, 400);
    }
  });

  it('fails as it is told, and then works again', async () => {
    const url = address('faults');
    await setFaults(url, { next: ['down', 429, 400, 307, 'lost'] });
    await assert.rejects(post(url, 'k'));
    for (const status of [429, 400, 307]) assert.equal((await post(url, 'k')).status, status);
    assert.equal((await show(url)).taken, 0);
    await assert.rejects(post(url, 'k'));
    assert.equal((await show(url)).taken, 1);
    assert.equal((await post(url, 'k')).status, 200);
    const { attempts } = await show(url);
    assert.deepEqual(
      attempts.map(({ answer }) => answer),
      ['down', 429, 400, 307, 'lost', 200],
    );
  });

  it('fails until it is told otherwise', async () => {
    const url = address('always');
    await setFaults(url, { next: [429], always: 500 });
    for (const status of [429, 500, 500]) assert.equal((await post(url, 'k')).status, status);
    await setFaults(url, {});
    assert.equal((await post(url, 'k')).status, 202);
  });

  it('stops while a caller waits in vain', async () => {
    const slow = await startMail();
    await setFaults(slow.url, { always: 'slow' });
    const waiting = assert.rejects(post(slow.url, 'k', {}));
    await until(async () => (await show(slow.url)).taken === 1);
    await slow.stop();
    await waiting;
    await assert.rejects(fetch(slow.url));
  });
});

describe('what the local mail API took', () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'mail-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));

  it('is known after a kill -9, by its key alone: no address is in a file', async () => {
    const args = ['--import', 'tsx/esm', fileURLToPath(new URL('index.ts', import.meta.url)), '--data', dataDir];
    const env = { ...process.env, MAIL_API_SECRET: SECRET };
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'ignore'] });
    const exited = once(child, 'exit');
    let url = '';
    for await (const line of createInterface({ input: child.stdout })) {
      url = /export MAIL_API_URL=(.*)/.exec(line)?.[1] ?? '';
      if (url !== '') break;
    }
    const keys = Array.from({ length: 50 }, (_, index) => `key-${index}`);
    await Promise.all(keys.map((key) => post(url, key)));
    child.kill('SIGKILL');
    await exited;
    const files = readdirSync(dataDir).map((name) => readFileSync(join(dataDir, name), 'utf8'));
    assert.ok(files.length > 0 && !files.some((text) => text.includes('bob')));
    const restarted = await startMail({ dataDir, secret: SECRET });
    try {
      assert.equal((await show(restarted.url)).taken, keys.length);
      assert.equal((await post(restarted.url, 'key-0')).status, 200);
    } finally {
      await restarted.stop();
    }
  });
});
