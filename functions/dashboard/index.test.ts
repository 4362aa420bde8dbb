import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type EntryProcess, startEntry } from '../testing/entry-process.ts';
import type { MeAnswer } from './api.ts';

const TOKEN = 'a-token-of-this-test';

describe('the entry dashboard', () => {
  let entry: EntryProcess;
  before(async () => {
    entry = await startEntry('dashboard', {
      DASHBOARD_IDENTITY: 'local',
      DASHBOARD_TOKEN_SHA256: createHash('sha256').update(TOKEN).digest('hex'),
      LOG_LEVEL: 'DEBUG',
    });
  });
  after(async () => {
    entry.signal('SIGKILL');
    await entry.ended;
  });

  const session = (body: string, type = 'application/json') =>
    fetch(`http://127.0.0.1:${entry.port}/api/v1/session`, {
      method: 'POST',
      headers: { 'content-type': type, 'x-sitebeat': '1' },
      body,
    });
  const me = (cookie: string) => fetch(`http://127.0.0.1:${entry.port}/api/v1/me`, { headers: { cookie } });

  it('signs in who has the token, and shows the page to all', async () => {
    const { status, headers } = await session(JSON.stringify({ token: TOKEN }));
    assert.equal(status, 204);
    const cookie = headers.get('set-cookie')?.split(';', 1)[0] ?? '';
    const { roles: _, ...who } = (await (await me(cookie)).json()) as MeAnswer;
    assert.deepEqual(who, { email: 'you@localhost', isOperator: true });
    assert.equal((await me('sitebeat_session=other')).status, 401);
    assert.match(await (await fetch(`http://127.0.0.1:${entry.port}/p/x`)).text(), /<script [^>]*src="\/app-\w+\.js"/);
  });

  it('answers a path that nobody can read as it answers any other that leads nowhere', async () => {
    for (const path of ['/p/%zz', '/api/v1/projects/%ff/sites']) {
      const { status, headers } = await fetch(`http://127.0.0.1:${entry.port}${path}`);
      assert.deepEqual([status, headers.get('content-type')], [401, 'application/problem+json']);
    }
  });

  it('says nothing of a body that it cannot read, neither in its answer nor in the log', async () => {
    for (const type of ['application/json', 'application/x-www-form-urlencoded']) {
      const refused = await session('{"token": my-secret', type);
      assert.equal(refused.status, 401);
      assert.equal(refused.headers.get('content-type'), 'application/problem+json');
    }
    assert.doesNotMatch(entry.errors(), /my-secret/);
    assert.match(entry.errors(), /"message":"answered"/);
  });
});
