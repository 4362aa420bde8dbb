import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { IS_PROOF, inProof } from '../../shared/testing/in-proof.ts';
import { until } from '../../shared/testing/until.ts';
import { startStorage } from './index.ts';

const topic = 'projects/p/topics/objects';
const post = (url: string, body: string | Buffer, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'POST', body, headers });
const uploadUrl = (url: string, name: string) =>
  `${url}/upload/storage/v1/b/kept/o?uploadType=media&name=${encodeURIComponent(name)}`;
const mediaUrl = (url: string, name: string) => `${url}/b/kept/o/${encodeURIComponent(name)}?alt=media`;

describe('what was acknowledged', () => {
  let dataDir: string;
  let child: ChildProcess | undefined;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'storage-'));
  });
  afterEach(async () => {
    if (child !== undefined && child.exitCode === null && child.signalCode === null) await kill('SIGKILL');
    rmSync(dataDir, { recursive: true });
  });

  /** The emulator as a program, beside a Pub/Sub that nobody answers for. */
  async function startProgram(): Promise<string> {
    const args = ['--import', 'tsx/esm', fileURLToPath(new URL('index.ts', import.meta.url)), '--data', dataDir];
    const env = { ...process.env, PUBSUB_EMULATOR_HOST: '127.0.0.1:9' };
    child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'ignore'] });
    for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
      const url = /export STORAGE_EMULATOR_HOST=(.*)/.exec(line)?.[1];
      if (url !== undefined) return url;
    }
    throw new Error('the emulator did not start');
  }

  async function kill(signal: NodeJS.Signals): Promise<unknown> {
    const exited = once(child as ChildProcess, 'exit');
    child?.kill(signal);
    return (await exited)[0];
  }

  const files = () => readdirSync(dataDir, { recursive: true, encoding: 'utf8' }).map((name) => join(dataDir, name));
  const holds = (text: string) => files().some((file) => statSync(file).isFile() && readFileSync(file).includes(text));
  const folderBytes = () => files().reduce((sum, file) => sum + statSync(file).size, 0);

  it('outlives a kill -9 in the middle of writing: objects, and notifications that could not be published', async () => {
    const url = await startProgram();
    await post(`${url}/b?project=p`, JSON.stringify({ name: 'kept' }));
    const config = { topic, payload_format: 'JSON_API_V1', event_types: ['OBJECT_FINALIZE'] };
    await post(`${url}/b/kept/notificationConfigs`, JSON.stringify(config));
    const acknowledged: string[] = [];
    const write = async (lane: number): Promise<void> => {
      for (let at = 0; ; at += 1) {
        const name = `track/${lane}/${at}`;
        const reply = await post(uploadUrl(url, name), name.repeat(100)).catch(() => undefined);
        if (reply === undefined) return;
        assert.equal(reply.status, 200);
        acknowledged.push(name);
      }
    };
    const lanes = Array.from({ length: 8 }, (_, lane) => write(lane));
    await until(() => acknowledged.length > (IS_PROOF ? 300 : 60));
    await kill('SIGKILL');
    await Promise.all(lanes);

    const published = new Set<string>();
    const publish = async (_: string, { attributes }: { attributes: Record<string, string> }) =>
      published.add(String(attributes.objectId));
    const emulator = await startStorage({ dataDir, publish });
    for (const name of acknowledged) {
      assert.equal(await (await fetch(mediaUrl(emulator.url, name))).text(), name.repeat(100));
    }
    const again = await post(`${uploadUrl(emulator.url, String(acknowledged[0]))}&ifGenerationMatch=0`, 'x');
    assert.equal(again.status, 412);
    await until(() => acknowledged.every((name) => published.has(name)));
    await emulator.stop();

    published.clear();
    await (await startStorage({ dataDir, publish })).stop();
    assert.deepEqual([...published], []);
  });

  it('and deleted is in no file after a clean stop, nor after a start that follows a kill', async () => {
    const url = await startProgram();
    await post(`${url}/b?project=p`, JSON.stringify({ name: 'kept' }));
    const metadata = (await post(uploadUrl(url, 'secret-name-1'), 'secret-bytes-1')).status;
    assert.equal(metadata, 200);
    await post(uploadUrl(url, 'other'), 'other-bytes');
    await post(uploadUrl(url, 'secret-name-2'), 'secret-bytes-2');
    await fetch(`${url}/b/kept/o/secret-name-1`, { method: 'DELETE' });
    assert.equal(holds('secret-bytes-1'), true);
    await kill('SIGKILL');

    const emulator = await startStorage({ dataDir });
    assert.deepEqual([holds('secret-name-1'), holds('secret-bytes-1')], [false, false]);
    await fetch(`${emulator.url}/b/kept/o/secret-name-2`, { method: 'DELETE' });
    await emulator.stop();
    assert.deepEqual([holds('secret'), holds('other-bytes')], [false, true]);
  });

  it('and deleted is in no file either when its notifications were published only after that, and after a restart', async () => {
    const down = await startStorage({ dataDir, publish: () => Promise.reject(new Error('down')) });
    await post(`${down.url}/b?project=p`, JSON.stringify({ name: 'kept' }));
    await post(`${down.url}/b/kept/notificationConfigs`, JSON.stringify({ topic, payload_format: 'JSON_API_V1' }));
    await post(uploadUrl(down.url, 'secret-name'), 'bytes');
    await fetch(`${down.url}/b/kept/o/secret-name`, { method: 'DELETE' });
    await down.stop();
    assert.equal(holds('secret-name'), true);

    const published: unknown[] = [];
    const up = await startStorage({
      dataDir,
      publish: async (_, { attributes }) => published.push(attributes.eventType),
    });
    await until(() => published.length === 2);
    await up.stop();
    assert.equal(holds('secret-name'), false);
  });

  it('is all that the folder grows by, though objects are overwritten and read all the time', async () => {
    const emulator = await startStorage({ dataDir });
    await post(`${emulator.url}/b?project=p`, JSON.stringify({ name: 'kept' }));
    const body = (lane: number, round: number) => Buffer.alloc(256 * 1024, `${lane}-${round} `);
    const lane = async (_: unknown, number: number): Promise<void> => {
      for (let round = 0; round < 16; round += 1) {
        assert.equal((await post(uploadUrl(emulator.url, `o${number}`), body(number, round))).status, 200);
        const got = Buffer.from(await (await fetch(mediaUrl(emulator.url, `o${number}`))).arrayBuffer());
        assert.ok(got.equals(body(number, round)), `object ${number}, round ${round}`);
      }
    };
    await Promise.all(Array.from({ length: 8 }, lane));
    await until(() => folderBytes() < 12 * 1024 * 1024, { what: 'a compaction' });
    await emulator.stop();
    assert.ok(folderBytes() < 2.2 * 1024 * 1024);
  });

  inProof('stops as a program with exit code 0', async () => {
    // an answer tells that it is past its start, and listens to signals
    await fetch(await startProgram());
    assert.equal(await kill('SIGTERM'), 0);
  });
});
