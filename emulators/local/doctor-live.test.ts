import assert from 'node:assert/strict';
import { BigQuery } from '@google-cloud/bigquery';
import { Storage } from '@google-cloud/storage';
import { capturedRun } from '../../functions/testing/captured-run.ts';
import { freePort } from '../emulator.ts';
import { type RunnerProcess, startRunner } from './runner-process.ts';

describe('sitebeat doctor --live', () => {
  let runner: RunnerProcess;
  let given: NodeJS.ProcessEnv;
  before(async () => {
    // as if a proxy wrote the last address: there is none here, so that it is the client's own
    runner = await startRunner(['--port', String(await freePort())], { FORWARDED_HOPS: '1' });
    given = { ...process.env };
    // the clients take their hosts from the environment alone
    Object.assign(process.env, runner.env);
  });
  after(async () => {
    for (const name of Object.keys(runner.env)) {
      if (given[name] === undefined) delete process.env[name];
      else process.env[name] = given[name];
    }
    assert.equal(await runner.end('SIGTERM'), 0);
  });

  const doctor = async (...args: string[]) => {
    const run = await capturedRun(['doctor', '--json', ...args]);
    return { ...run, diagnosis: JSON.parse(run.stdout) };
  };
  /** What of an event is still anywhere. */
  const leftovers = async () => {
    const { GOOGLE_CLOUD_PROJECT: projectId, ARCHIVE_BUCKET, BIGQUERY_DATASET } = runner.env;
    const [files] = await new Storage({ projectId }).bucket(ARCHIVE_BUCKET).getFiles();
    const query = `SELECT event_id FROM \`${BIGQUERY_DATASET}.rejections\` WHERE received_at > TIMESTAMP '2020-01-01'`;
    const [rows] = await new BigQuery({ projectId }).query({ query });
    return [...files.map(({ name }) => name), ...rows.map((row) => row.event_id)];
  };

  it('follows an event from the archive into the history, asks what each query reads, and leaves nothing', async () => {
    const plain = await doctor();
    const { exitCode, diagnosis, stderr } = await doctor('--live');
    assert.deepEqual(diagnosis.differences, []);
    assert.deepEqual([exitCode, stderr], [0, '']);
    const views = 4;
    const charts = 8;
    assert.ok(diagnosis.checks >= plain.diagnosis.checks + views + charts + 4, `${diagnosis.checks} checks`);
    assert.deepEqual(await leftovers(), []);
  });

  it('posts to collect where it is told to, and sees that the client could choose its own address', async () => {
    const { exitCode, diagnosis } = await doctor('--live', runner.collect);
    assert.deepEqual(diagnosis.differences, [
      {
        what: "the sender's address",
        expected: 'is not what the client wrote',
        actual: 'is what the client wrote: FORWARDED_HOPS is too high',
      },
    ]);
    assert.equal(exitCode, 1);
    assert.deepEqual(await leftovers(), []);
  });

  it('says that nothing answers there', async () => {
    const { exitCode, diagnosis } = await doctor('--live', 'http://127.0.0.1:9');
    assert.deepEqual([exitCode, diagnosis.differences.length], [1, 1]);
    assert.deepEqual(diagnosis.differences[0].what, 'collect');
  });
});
