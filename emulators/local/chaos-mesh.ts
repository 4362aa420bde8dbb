import { fileURLToPath } from 'node:url';
import { buildFunctions } from '../../functions/build.ts';
import { readMesh } from '../../functions/mesh.ts';
import { findMeshViolations } from '../../functions/testing/chaos/mesh-violations.ts';
import { concurrently } from '../../shared/runtime/concurrently.ts';
import { type Random, seededRandom } from '../../shared/simulation/random.ts';
import { type ClientRequest, simulate } from '../../shared/simulation/simulate.ts';
import { freePort } from '../../shared/testing/free-port.ts';
import { until } from '../../shared/testing/until.ts';
import { type FaultProxy, startHttpFaults, startTcpFaults } from '../faults/index.ts';
import { type FunctionProcess, startFunction } from './function-process.ts';
import { post } from './post.ts';
import { DEMO_PROJECT, impatient, provisionDelivery, provisionStores } from './provision.ts';
import type { StoreEnv } from './store-env.ts';
import { ownStores, removeOwnStores } from './testing/own-stores.ts';
import { untilProcessed } from './testing/runner-process.ts';
import { idsInArchive } from './totals.ts';

export interface MeshSeed {
  /** The same one sends the same payloads; which request meets which fault hangs on their order as well. */
  seed: number;
  posts: number;
  /** How often a function is killed meanwhile. */
  kills: number;
}

export interface MeshSeedRun {
  /** Answered by collect. */
  accepted: number;
  faults: number;
  kills: number;
  violations: string[];
}

const POSTS_AT_ONCE = 16;
const HARMED = 0.05;
/** gRPC and MongoDB's protocol take many chunks a call. */
const CHUNKS_HARMED = 0.01;
const STUCK_MS = 120_000;

/** Posts to a mesh of processes, with a fault proxy before each store and before process-event, and kills functions meanwhile. */
export async function runMeshSeed({ seed, posts, kills }: MeshSeed): Promise<MeshSeedRun> {
  const random = seededRandom(seed);
  const env = ownStores();
  const scope = { projects: [DEMO_PROJECT], receipts: [], from: new Date(), until: new Date(Date.now() + 86_400_000) };
  await Promise.all([buildFunctions(), provisionStores(env)]);
  const mesh = await startHarmedMesh(env, random);
  const requests = simulate({ seed, sites: posts, projectHash: DEMO_PROJECT.hash }).slice(0, posts);
  const accepted = new Set<string>();
  let sent = 0;
  let killed = 0;
  try {
    await concurrently(requests, POSTS_AT_ONCE, async (request) => {
      const id = await postWhenUp(mesh.url, request);
      if (id !== undefined) accepted.add(id);
      sent += 1;
      for (; killed < Math.floor((sent / posts) * kills); killed += 1) random.pick(mesh.functions).kill();
    });
    await allProcessed(env, mesh.lines);
    const violations = await findMeshViolations(env, scope, accepted);
    return { accepted: accepted.size, faults: mesh.faults(), kills: killed, violations };
  } finally {
    await mesh.stop();
    await removeOwnStores(env);
  }
}

/** Functions whose stores, and whose pushes, are behind fault proxies. */
async function startHarmedMesh(env: StoreEnv, random: Random) {
  const chance = () => random.next();
  const proxies: FaultProxy[] = [];
  const harm = async (start: typeof startHttpFaults, target: string, share: number) => {
    const proxy = await start({ target, chance, share });
    proxies.push(proxy);
    return proxy.host;
  };
  const harmUrl = async (start: typeof startHttpFaults, url: string, share: number) => {
    const { host } = new URL(url);
    return url.replace(host, await harm(start, host, share));
  };
  const harmedEnv: StoreEnv = {
    ...env,
    STORAGE_EMULATOR_HOST: await harmUrl(startHttpFaults, env.STORAGE_EMULATOR_HOST, HARMED),
    BIGQUERY_EMULATOR_HOST: await harmUrl(startHttpFaults, env.BIGQUERY_EMULATOR_HOST, HARMED),
    MONGODB_URI: await harmUrl(startTcpFaults, env.MONGODB_URI, CHUNKS_HARMED),
    PUBSUB_EMULATOR_HOST: await harm(startTcpFaults, env.PUBSUB_EMULATOR_HOST, CHUNKS_HARMED),
  };
  const mesh = impatient(readMesh());
  const running = new Map<string, FunctionProcess>();
  const lines: string[] = [];
  // the others work at their time, which does not come here, or for readers
  const called = mesh.functions.filter(({ trigger: { schedule, http } }) => !schedule && http !== 'private');
  for (const { name } of called) {
    const source = fileURLToPath(new URL(`../../dist/${name}`, import.meta.url));
    const functionEnv = { ...process.env, ...harmedEnv, LOG_LEVEL: 'DEBUG' };
    running.set(
      name,
      await startFunction({
        name,
        source,
        port: await freePort(),
        env: functionEnv,
        onLine: (line) => lines.push(line),
      }),
    );
  }
  const endpoints = Object.fromEntries([...running].map(([name, { url }]) => [name, url]));
  endpoints['process-event'] = await harmUrl(startHttpFaults, endpoints['process-event'] as string, HARMED);
  await provisionDelivery(mesh, endpoints, env);
  return {
    url: endpoints.collect as string,
    functions: [...running.values()],
    lines,
    faults: () => proxies.reduce((sum, proxy) => sum + proxy.faults(), 0),
    stop: async () => {
      await Promise.all([...running.values()].map((fn) => fn.stop()));
      await Promise.all(proxies.map((proxy) => proxy.stop()));
    },
  };
}

/** Cloud Run keeps a request until an instance is there. One that breaks off is lost: a plugin does not come again. */
async function postWhenUp(url: string, request: ClientRequest): Promise<string | undefined> {
  const outcome = await until(
    () =>
      post(url, request).then(
        (id) => ({ id }),
        (error) => error.code !== 'ECONNREFUSED' && { id: undefined },
      ),
    { what: 'collect' },
  );
  return outcome.id;
}

async function allProcessed(env: StoreEnv, lines: string[]): Promise<void> {
  for (let known = -1; ; ) {
    const ids = await idsInArchive(env);
    // what broke off may have been stored since
    if (ids.length === known) return;
    known = ids.length;
    await untilProcessed([{ lines }], ids, STUCK_MS);
  }
}
