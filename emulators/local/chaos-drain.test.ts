import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bucket } from '@google-cloud/storage';
import { buildFunctions } from '../../functions/build.ts';
import { simulate } from '../../shared/simulation/simulate.ts';
import { freePort } from '../../shared/testing/free-port.ts';
import { inProof } from '../../shared/testing/in-proof.ts';
import { ownBucket } from '../../shared/testing/stores.ts';
import { until } from '../../shared/testing/until.ts';
import { startHttpFaults } from '../faults/index.ts';
import { startFunction } from './function-process.ts';
import { post } from './post.ts';
import { DEMO_PROJECT } from './provision.ts';

const COLLECT = fileURLToPath(new URL('../../dist/collect', import.meta.url));
const MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));

describe('a collect that is told to end while the archive is slow', () => {
  let bucket: Bucket;
  let folder: string;

  before(async () => {
    bucket = await ownBucket();
    folder = await mkdtemp(join(tmpdir(), 'sitebeat-chaos-'));
    await symlink(MODULES, join(folder, 'node_modules'));
    await buildFunctions();
  });
  after(async () => {
    await bucket.deleteFiles({ force: true });
    await bucket.delete();
    await rm(folder, { recursive: true });
  });

  /** The event id that a client gets whose payload is under way to the archive when collect is told to end. */
  async function answerDuringEnd(source: string): Promise<string | undefined> {
    let letGo = () => {};
    const released = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    let isHeld = false;
    const hold = () => {
      isHeld = true;
      return released;
    };
    const target = new URL(process.env.STORAGE_EMULATOR_HOST ?? '').host;
    const proxy = await startHttpFaults({ target, chance: Math.random, share: 0, hold });
    const env = { ...process.env, ARCHIVE_BUCKET: bucket.name, STORAGE_EMULATOR_HOST: `http://${proxy.host}` };
    const collect = await startFunction({
      name: 'collect',
      source,
      port: await freePort(),
      env,
      onLine: () => {},
    });
    try {
      const [request] = simulate({ seed: 1, sites: 1, projectHash: DEMO_PROJECT.hash });
      const answer = post(collect.url, request as NonNullable<typeof request>).catch(() => undefined);
      await until(() => isHeld, { what: 'the write' });
      const stopped = collect.stop();
      const isGone = () =>
        fetch(collect.url).then(
          () => false,
          ({ cause }) => cause.code === 'ECONNREFUSED',
        );
      await until(isGone, { what: 'the end of listening' });
      letGo();
      await stopped;
      return await answer;
    } finally {
      letGo();
      await collect.stop();
      await proxy.stop();
    }
  }

  it('answers what it has taken', async () => assert.ok(await answerDuringEnd(COLLECT)));

  inProof('would be caught if it did not drain', async () => {
    const broken = join(folder, 'collect');
    await cp(COLLECT, broken, { recursive: true });
    const bundle = await readFile(join(broken, 'index.mjs'), 'utf8');
    const parts = bundle.split('\ndrainOnSignal(intake.drain);\n');
    assert.equal(parts.length, 2, 'the bundle drains in one place');
    await writeFile(join(broken, 'index.mjs'), parts.join('\n'));
    assert.equal(await answerDuringEnd(broken), undefined);
  });
});
