import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildFunctions } from '../../functions/build.ts';
import { type Mesh, readMesh } from '../../functions/mesh.ts';
import { freePort } from '../../shared/testing/free-port.ts';
import { requireFree } from '../emulator.ts';
import { type FunctionProcess, startFunction } from './function-process.ts';
import { provisionDelivery, provisionStores } from './provision.ts';
import { runSchedules } from './schedule.ts';
import type { StoreEnv } from './store-env.ts';
import { startStores } from './stores.ts';

export interface MeshRunOptions {
  /** Folder for all data; in memory without one. */
  dataDir?: string | undefined;
  /** Port of collect; a free one without. */
  port?: number | undefined;
  /** Each line that a function logs. */
  onLine: (line: string) => void;
  /** Called when the stores and functions are there, and nobody is told yet of what is received. */
  beforeDelivery?: (env: StoreEnv) => Promise<void>;
}

/** The whole mesh, running on this machine. */
export interface MeshRun {
  mesh: Mesh;
  /** Where a function listens. */
  urlOf(name: string): string;
  /** The dashboard, with a token of this run that signs whoever opens it in. */
  dashboardLink: string;
  /** What points a client, or a function that is started by hand, at the same stores. */
  env: StoreEnv;
  /** Drains in the order of the flow: nothing is cut, what is undone stays in Pub/Sub. */
  stop(): Promise<void>;
}

/** Builds the functions, starts the stores that the environment leaves unset, provisions them, and starts every function. */
export async function startMeshRun({ dataDir, port, onLine, beforeDelivery }: MeshRunOptions): Promise<MeshRun> {
  const mesh = readMesh();
  const last = dataDir === undefined ? undefined : readLastRun(dataDir);
  if (port) await requireFree(port);
  let ports: Record<string, number> = {};
  const urlOf = (name: string) => `http://127.0.0.1:${ports[name]}`;
  const [stores] = await Promise.all([startStores(process.env, dataDir), buildFunctions()]);
  const running = new Map<string, FunctionProcess>();
  const token = randomBytes(24).toString('base64url');
  const stop = async () => {
    await running.get('collect')?.stop();
    await stores.stopPubsub();
    await Promise.all([...running.values()].map((fn) => fn.stop()));
    await stores.stop();
  };
  try {
    // after the stores took theirs: a port that is free now is not reserved
    ports = await choosePorts(mesh, { dataDir, port }, last);
    const env = { ...process.env, ...stores.env, ...dashboardIdentity(token), LOG_LEVEL: 'DEBUG' };
    const starts = mesh.functions.map(async ({ name }) => {
      const source = fileURLToPath(new URL(`../../dist/${name}`, import.meta.url));
      running.set(name, await startFunction({ name, source, port: ports[name] as number, env, onLine }));
    });
    const outcomes = await Promise.allSettled([provisionStores(stores.env), ...starts]);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    await beforeDelivery?.(stores.env);
    // last, for it pushes at once what an earlier run left
    await stores.startPubsub();
    await provisionDelivery(
      mesh,
      Object.fromEntries(mesh.functions.map(({ name }) => [name, urlOf(name)])),
      stores.env,
    );
  } catch (error) {
    await stop();
    throw error;
  }
  const stopSchedules = runSchedules(mesh.functions, urlOf, (name) =>
    onLine(JSON.stringify({ severity: 'ERROR', function: name, message: 'the scheduled call failed' })),
  );
  return {
    mesh,
    urlOf,
    // behind #, where no log sees it
    dashboardLink: `${urlOf('dashboard')}/#token=${token}`,
    env: stores.env,
    stop: async () => {
      stopSchedules();
      await stop();
    },
  };
}

/** What tells a dashboard that it is a laptop's, which whoever has the token may see. */
export function dashboardIdentity(token: string) {
  return { DASHBOARD_IDENTITY: 'local', DASHBOARD_TOKEN_SHA256: createHash('sha256').update(token).digest('hex') };
}

/** What a run leaves in its data folder for the next one. */
interface LastRun {
  pid: number;
  /** By function. */
  ports: Record<string, number>;
}

const LAST_RUN = 'run.json';

/** The last run on a data folder. Throws when it still goes on: two would write over each other. */
function readLastRun(dataDir: string): LastRun | undefined {
  const file = join(dataDir, LAST_RUN);
  const last: LastRun | undefined = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
  if (last && isAlive(last.pid)) throw new Error(`${dataDir} is in use by process ${last.pid}`);
  return last;
}

/**
 * A port for every function, by name; the ones of the last run on the same folder where they are free, so that Pub/Sub pushes
 * to the right places from its first moment.
 */
async function choosePorts(
  mesh: Mesh,
  { dataDir, port }: Pick<MeshRunOptions, 'dataDir' | 'port'>,
  last: LastRun | undefined,
): Promise<Record<string, number>> {
  const ports: Record<string, number> = {};
  for (const { name } of mesh.functions) {
    ports[name] = name === 'collect' && port ? port : await portOf(last?.ports[name]);
  }
  if (dataDir !== undefined) {
    mkdirSync(dataDir, { recursive: true });
    writeFileSync(join(dataDir, LAST_RUN), JSON.stringify({ pid: process.pid, ports } satisfies LastRun));
  }
  return ports;
}

function portOf(last: number | undefined): Promise<number> {
  return last === undefined ? freePort() : requireFree(last).then(() => last, freePort);
}

function isAlive(pid: number): boolean {
  try {
    return pid !== process.pid && process.kill(pid, 0);
  } catch {
    return false;
  }
}
