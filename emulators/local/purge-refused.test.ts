import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capturedRun } from '../../functions/testing/captured-run.ts';
import { type OwnSystem, openOwnSystem } from '../../functions/testing/own-system.ts';
import { capturedEvent, TEST_PROJECT } from '../../shared/testing/events.ts';
import { freePort } from '../../shared/testing/free-port.ts';
import { startBigQuery } from '../bigquery/index.ts';
import type { Emulator } from '../emulator.ts';

describe('a purge that BigQuery refuses, for rows are in its streaming buffer', () => {
  let given: string;
  let dataDir: string;
  let bigQuery: Emulator;
  let system: OwnSystem;

  const start = async (streamingBufferMs: number, port: number) => {
    bigQuery = await startBigQuery({ dataDir, streamingBufferMs, port });
    process.env.BIGQUERY_EMULATOR_HOST = bigQuery.url;
  };
  before(async () => {
    given = process.env.BIGQUERY_EMULATOR_HOST ?? '';
    dataDir = await mkdtemp(join(tmpdir(), 'sitebeat-purge-'));
    await start(600_000, await freePort());
    system = await openOwnSystem([TEST_PROJECT]);
    const payload = { hash: 'ffffffff-1111-4222-8333-444455556666' };
    await system.process(
      capturedEvent('track', { id: 'track-of-stranger', receivedAt: '2020-03-09T07:05:06.789Z', payload }),
    );
  });
  after(async () => {
    await system.close();
    await bigQuery.stop();
    process.env.BIGQUERY_EMULATOR_HOST = given;
    await rm(dataDir, { recursive: true });
  });

  const purge = async () => {
    const run = await capturedRun(['rejections', 'purge', '--older-than', '30', '--yes', '--json'], system.env);
    const { removed, refused } = JSON.parse(run.stdout);
    return { ...run, removed, refused };
  };
  const places = async () => Object.keys(await system.contents()).map((place) => place.split(' ')[0]);

  it('leaves those objects and what finds them, and says so', async () => {
    const before = await places();
    const { exitCode, removed, refused, stderr } = await purge();
    assert.deepEqual([exitCode, removed, refused], [1, 0, 1]);
    assert.match(stderr, /streaming buffer.*again in 90 minutes/);
    assert.deepEqual(await places(), before);
  });

  it('is finished by a later run', async () => {
    const port = Number(new URL(bigQuery.url).port);
    await bigQuery.stop();
    await start(0, port);
    const { exitCode, removed, refused } = await purge();
    assert.deepEqual([exitCode, removed, refused], [0, 1, 0]);
    assert.deepEqual(await places(), ['rejections/track-of-stranger']);
  });
});
