import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capturedRun } from '../../functions/testing/captured-run.ts';
import { type OwnSystem, openOwnSystem } from '../../functions/testing/own-system.ts';
import type { ErasureDocument } from '../../shared/stores/erasures.ts';
import { capturedEvent, TEST_PROJECT } from '../../shared/testing/events.ts';
import { freePort } from '../../shared/testing/free-port.ts';
import { startBigQuery } from '../bigquery/index.ts';
import type { Emulator } from '../emulator.ts';

describe('an erasure that BigQuery refuses, for rows are in its streaming buffer', () => {
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
    dataDir = await mkdtemp(join(tmpdir(), 'sitebeat-erase-'));
    await start(600_000, await freePort());
    system = await openOwnSystem([TEST_PROJECT]);
    await system.process(
      capturedEvent('track', { id: 'track-of-ada', payload: { admin_email: 'ada@example.org' } }),
      capturedEvent('track', { id: 'rejected-of-ada', payload: { admin_email: 'ada@example.org', url: 'http://' } }),
    );
  });
  after(async () => {
    await system.close();
    await bigQuery.stop();
    process.env.BIGQUERY_EMULATOR_HOST = given;
    await rm(dataDir, { recursive: true });
  });

  const erase = async (...args: string[]) => {
    const run = await capturedRun(['erase', '--json', '--settle', '0', ...args], system.env);
    return { ...run, result: JSON.parse(run.stdout) };
  };
  const receipts = () =>
    system.db
      .collection<ErasureDocument>('erasures')
      .find({ of: { $exists: false } })
      .toArray();

  it('is pending, and says so', async () => {
    const { exitCode, result, stderr } = await erase('--project', 'test', '--email', 'ada@example.org');
    assert.equal(exitCode, 1);
    assert.match(stderr, /streaming buffer.*erase --resume finishes it/);
    assert.deepEqual([result.status, result.pending], ['pending', ['sites', 'rejections', 'event_keys']]);
    assert.deepEqual([result.removed.archive, result.removed.mongodb.sites], [2, 1]);
    const places = Object.keys(await system.contents()).map((place) => place.split(' ')[0]);
    assert.deepEqual(
      [...new Set(places)],
      ['event_keys/rejected-of-ada', 'event_keys/track-of-ada', 'rejections/rejected-of-ada', 'sites/track-of-ada'],
    );
  });

  it('goes on under the same receipt when it is asked for again', async () => {
    const { exitCode, result } = await erase('--project', 'test', '--email', 'ada@example.org');
    const all = await receipts();
    assert.deepEqual([exitCode, result.status, result.removed.archive, all.length], [1, 'pending', 2, 1]);
    assert.doesNotMatch(JSON.stringify(all), /example\.org/);
  });

  it('stays pending while BigQuery refuses', async () => {
    assert.equal((await erase('--resume')).exitCode, 1);
  });

  it('is finished by a later run, and then no file has the address', async () => {
    const port = Number(new URL(bigQuery.url).port);
    await bigQuery.stop();
    await start(0, port);
    const { exitCode, result } = await erase('--resume');
    assert.deepEqual([exitCode, result[0].status, result[0].pending], [0, 'done', []]);
    assert.deepEqual([result[0].removed.bigquery.sites, result[0].removed.bigquery.rejections], [1, 1]);
    assert.deepEqual(await system.contents(), {});
    await bigQuery.stop();
    for (const file of await readdir(dataDir)) {
      assert.ok(!(await readFile(join(dataDir, file))).includes('ada@example.org'), file);
    }
    await start(0, port);
  });
});
