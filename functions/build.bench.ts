import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cp, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { type Bench, type BenchResult, compare, type Figures } from '../shared/testing/bench.ts';
import { capturedEvent, TEST_PROJECT } from '../shared/testing/events.ts';
import { BUNDLE_OPTIONS, buildFunctions } from './build.ts';
import { startTimed } from './testing/entry-process.ts';
import { type OwnSystem, openOwnSystem } from './testing/own-system.ts';

const ROOT = new URL('../', import.meta.url);
/** Those that somebody waits for; the scheduler's can start slowly. */
const NAMES = ['collect', 'process-event', 'notify-mail'];
const ROUNDS = 5;

/** Our own code in one file, and the packages where npm put them. */
async function buildUnbundled(name: string): Promise<string> {
  const outdir = fileURLToPath(new URL(`dist/.unbundled/${name}/`, ROOT));
  await build({
    ...BUNDLE_OPTIONS,
    entryPoints: [fileURLToPath(new URL(`functions/${name}/index.ts`, ROOT))],
    outdir,
    outExtension: {},
    packages: 'external',
  });
  return outdir;
}

/** The bundle, with what its lock names beside it, as a build in the cloud makes it. */
async function install(name: string): Promise<string> {
  const source = `dist/.installed/${name}`;
  const cwd = fileURLToPath(new URL(source, ROOT));
  await rm(cwd, { recursive: true, force: true });
  await cp(fileURLToPath(new URL(`dist/${name}`, ROOT)), cwd, { recursive: true });
  await promisify(execFile)('npm', ['ci', '--offline', '--no-audit', '--no-fund'], { cwd });
  return source;
}

/** The first request of each function that can be asked here. */
function firstRequests(system: OwnSystem): Record<string, (port: number) => Promise<Response>> {
  const event = capturedEvent('track');
  return {
    collect: (port) => fetch(`http://127.0.0.1:${port}/track`, { method: 'POST', body: `hash=${TEST_PROJECT.hash}` }),
    'process-event': async (port) => {
      const objectId = await system.receive({ ...event, id: randomUUID() });
      const attributes = { bucketId: system.env.ARCHIVE_BUCKET, eventType: 'OBJECT_FINALIZE', objectId };
      const message = { data: 'e30=', messageId: randomUUID(), attributes };
      return fetch(`http://127.0.0.1:${port}/projects/p/topics/objects`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ subscription: 'projects/p/subscriptions/process-event', message }),
      });
    },
  };
}

async function run(): Promise<BenchResult> {
  await buildFunctions();
  const system = await openOwnSystem([TEST_PROJECT]);
  const variables = {
    ...system.env,
    MAIL_API_URL: 'http://127.0.0.1:9',
    MAIL_API_SECRET: 'bench',
    DASHBOARD_IDENTITY: 'cloud-run',
  };
  const requests = firstRequests(system);
  const result: BenchResult = { figures: {}, ratios: [] };
  try {
    for (const name of NAMES) {
      const measure = (source: string) => (): Promise<Figures> => startTimed(name, variables, source, requests[name]);
      const [bundle, unbundled] = [await install(name), await buildUnbundled(name)];
      const figures = await compare(
        { bundle: measure(bundle), unbundled: measure(unbundled) },
        { rounds: ROUNDS, warmUp: false },
      );
      for (const [contender, own] of Object.entries(figures)) result.figures[`${name}, ${contender}`] = own;
      const over = (figure: string) => (figures.bundle[figure] as number) / (figures.unbundled[figure] as number);
      result.ratios.push({ what: `${name}: until it listens`, value: over('listensMs'), atMost: 0.4 });
      if (requests[name] !== undefined) {
        result.ratios.push({ what: `${name}: until its first answer`, value: over('answersMs'), atMost: 0.7 });
      }
    }
  } finally {
    await system.close();
  }
  return result;
}

export const bench: Bench = {
  title: 'a function that starts: its bundle, against its packages as npm installs them',
  run,
};
