import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import sinon from 'sinon';
import { type MeshFunction, readMesh } from '../../functions/mesh.ts';
import { until } from '../../shared/testing/until.ts';
import { listen } from '../emulator.ts';
import { runSchedules } from './schedule.ts';

describe('runSchedules', () => {
  let server: Server;
  let url: string;
  let calls: string[];
  let status: number;
  let clock: sinon.SinonFakeTimers;

  beforeEach(async () => {
    calls = [];
    status = 200;
    server = createServer((request, response) => {
      calls.push(`${request.method} ${request.url}`);
      response.writeHead(status, { Connection: 'close' }).end('{}');
    });
    url = `http://127.0.0.1:${await listen(server)}`;
    clock = sinon.useFakeTimers({
      now: new Date('2026-03-09T07:05:00Z'),
      toFake: ['setTimeout', 'clearTimeout', 'Date'],
    });
  });
  afterEach(async () => {
    clock.restore();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const scheduled = () => readMesh().functions.find(({ name }) => name === 'rebuild-analytics') as MeshFunction;

  it('calls a scheduled function at its minute, in UTC, and no other function', async () => {
    const stop = runSchedules(
      readMesh().functions,
      (name) => `${url}/${name}`,
      () => assert.fail('failed'),
    );
    clock.tick(60_000);
    assert.deepEqual(calls, []);
    clock.tick(61_000);
    clock.restore();
    await until(() => calls.length > 0, { what: 'the call' });
    assert.deepEqual(calls, ['POST /rebuild-analytics']);
    stop();
  });

  it('says when a call failed', async () => {
    status = 503;
    const failed: string[] = [];
    const stop = runSchedules(
      [scheduled()],
      () => url,
      (name) => failed.push(name),
    );
    clock.tick(121_000);
    clock.restore();
    await until(() => failed.length > 0, { what: 'the failure' });
    assert.deepEqual(failed, ['rebuild-analytics']);
    stop();
  });
});
