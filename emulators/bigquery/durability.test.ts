import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Dataset } from '@google-cloud/bigquery';
import { IS_PROOF, inProof } from '../../shared/testing/in-proof.ts';
import { clientOf, eventTable } from './contract-target.ts';
import { startBigQuery } from './index.ts';

const received_at = '2024-01-01T10:00:00Z';
const dataset = 'history';

/** Whether any file of the folder holds the text, whatever is around it. */
async function holds(folder: string, text: string): Promise<boolean> {
  const files = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name))));
  return files.some((bytes) => bytes.includes(text));
}

/** Text that no compression makes shorter or unlike itself. */
const distinctive = () => randomBytes(40).toString('hex');

describe('BigQuery durability', () => {
  let dataDir: string;
  let child: ChildProcess | undefined;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'bigquery-'));
  });
  afterEach(async () => {
    child?.kill('SIGKILL');
    child = undefined;
    await rm(dataDir, { recursive: true, force: true });
  });

  /** Runs the emulator as a program and gives its address. */
  async function startAlone(): Promise<string> {
    const program = fileURLToPath(new URL('index.ts', import.meta.url));
    child = spawn(process.execPath, ['--import', 'tsx/esm', program, '--data', dataDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (child.stdout === null) throw new Error('the child has no output');
    for await (const line of createInterface(child.stdout)) {
      const url = /^BigQuery emulator on (\S+)$/.exec(line)?.[1];
      if (url !== undefined) return url;
    }
    throw new Error('the emulator ended');
  }

  async function idsAt(url: string): Promise<string[]> {
    const query = `SELECT event_id FROM ${dataset}.events WHERE received_at > '2000-01-01' ORDER BY event_id`;
    return (await clientOf(url).query(query))[0].map(({ event_id }) => event_id);
  }

  it('keeps every acknowledged row, table and view through kill -9, and takes out of the files what was deleted', async () => {
    const client = clientOf(await startAlone(), { autoRetry: false });
    const history = client.dataset(dataset);
    await history.create();
    const [table] = await history.createTable('events', eventTable);
    const query = `SELECT event_id FROM ${dataset}.events WHERE received_at > '2000-01-01'`;
    await history.createTable('ids', { view: { query, useLegacySql: false } });
    const gone = `gone${distinctive()}`;
    await table.insert([{ event_id: gone, received_at }]);
    await client.query(`DELETE FROM ${dataset}.events WHERE received_at > '2000-01-01'`);
    const ended = once(child as ChildProcess, 'exit');
    const acknowledged: string[] = [];
    const inserting = Array.from({ length: 4 }, async (_, lane) => {
      for (let i = 0; ; i += 1) {
        const event_id = `${lane}-${String(i).padStart(4, '0')}`;
        await table.insert({ event_id, received_at, tags: ['x'] });
        acknowledged.push(event_id);
        if (acknowledged.length === (IS_PROOF ? 100 : 25)) child?.kill('SIGKILL');
      }
    });
    await Promise.allSettled(inserting);
    await ended;
    assert.ok(await holds(dataDir, gone), 'the value is in the files before');
    const emulator = await startBigQuery({ dataDir });
    assert.ok(!(await holds(dataDir, gone)));
    const found = new Set(await idsAt(emulator.url));
    assert.deepEqual(
      acknowledged.filter((id) => !found.has(id)),
      [],
    );
    assert.ok(!found.has(gone));
    const [rows] = await clientOf(emulator.url).query(`SELECT COUNT(*) AS n FROM ${dataset}.ids`);
    assert.deepEqual(rows, [{ n: found.size }]);
    await emulator.stop();
  });

  inProof(
    'lets go of its database when its port is taken, and ends by SIGTERM with everything written, and with code 0',
    async () => {
      const other = await startBigQuery();
      const port = Number(new URL(other.url).port);
      await assert.rejects(startBigQuery({ dataDir, port }), /already in use/);
      await other.stop();
      // another process, as DuckDB locks a file against those alone
      const history = clientOf(await startAlone()).dataset(dataset);
      await history.create();
      await (await history.createTable('events', eventTable))[0].insert({ event_id: 'a', received_at });
      const ended = once(child as ChildProcess, 'exit');
      child?.kill('SIGTERM');
      assert.deepEqual(await ended, [0, null]);
      assert.deepEqual(await readdir(dataDir), ['bigquery.duckdb']);
      const emulator = await startBigQuery({ dataDir });
      assert.deepEqual(await idsAt(emulator.url), ['a']);
      await emulator.stop();
    },
  );

  for (const { title, erase } of [
    {
      title: 'DELETE',
      erase: (history: Dataset) =>
        history.query("DELETE FROM history.events WHERE received_at > '2000-01-01' AND event_id LIKE 'gone%'"),
    },
    {
      title: 'WRITE_TRUNCATE',
      erase: async (history: Dataset) => {
        const destination = history.table('other');
        const query = "SELECT 'new' AS event_id, CURRENT_TIMESTAMP() AS received_at";
        const [job] = await history.createQueryJob({ query, destination, writeDisposition: 'WRITE_TRUNCATE' });
        await job.promise();
      },
    },
    { title: 'the deletion of a table', erase: (history: Dataset) => history.table('other').delete() },
  ]) {
    (title === 'DELETE' ? it : inProof)(
      `leaves nothing of what ${title} took in the files, once it has stopped`,
      async () => {
        const [kept, gone] = [`kept${distinctive()}`, `gone${distinctive()}`];
        const first = await startBigQuery({ dataDir });
        const client = clientOf(first.url);
        await client.createDataset(dataset);
        const [events] = await client.dataset(dataset).createTable('events', eventTable);
        const [other] = await client
          .dataset(dataset)
          .createTable('other', { schema: 'event_id:string,received_at:timestamp' });
        const filler = Array.from({ length: 200 }, () => ({ event_id: `filler${distinctive()}`, received_at }));
        await events.insert([{ event_id: kept, received_at }, ...filler]);
        const erased = title === 'DELETE' ? events : other;
        await erased.insert([{ event_id: gone, received_at }]);
        await first.stop();
        assert.ok(await holds(dataDir, gone), 'the value is in the file before');
        const second = await startBigQuery({ dataDir });
        await erase(clientOf(second.url).dataset(dataset));
        await second.stop();
        assert.ok(!(await holds(dataDir, gone)));
        assert.ok(await holds(dataDir, kept));
        const third = await startBigQuery({ dataDir });
        assert.ok((await idsAt(third.url)).includes(kept));
        await third.stop();
      },
    );
  }

  it('keeps the tables of several instances apart', async () => {
    const [a, b] = await Promise.all([startBigQuery(), startBigQuery()]);
    await clientOf(a.url).createDataset(dataset);
    assert.deepEqual(await clientOf(b.url).dataset(dataset).exists(), [false]);
    await Promise.all([a.stop(), b.stop()]);
  });
});
