import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { freePort } from '../../shared/testing/free-port.ts';
import type { Emulator } from '../emulator.ts';

const START_MS = 30_000;
const STOP_MS = 3_000;

/** The program of Google's own Pub/Sub emulator, a component of gcloud; undefined without it, or without Java. */
export function findGoogleEmulator(): string | undefined {
  const gcloud = findOnPath('gcloud');
  if (gcloud === undefined) return undefined;
  const sdk = dirname(dirname(realpathSync(gcloud)));
  const program = join(sdk, 'platform', 'pubsub-emulator', 'bin', 'cloud-pubsub-emulator');
  const java = process.env.JAVA_HOME ?? findOnPath('java');
  return existsSync(program) && java !== undefined ? program : undefined;
}

/** Starts Google's emulator on a free port (about two seconds); undefined when it is not installed. */
export async function startGoogleEmulator(): Promise<Emulator | undefined> {
  const program = findGoogleEmulator();
  if (program === undefined) return undefined;
  const address = `127.0.0.1:${await freePort()}`;
  // a process group of its own, so that the script and its Java process end together
  const child = spawn(program, ['--host=127.0.0.1', `--port=${address.split(':')[1]}`], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = (signal: NodeJS.Signals) => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, signal);
  };
  const killWithUs = () => kill('SIGKILL');
  process.once('exit', killWithUs);
  try {
    await started(child);
  } catch (error) {
    kill('SIGKILL');
    throw error;
  }
  return {
    url: address,
    env: { PUBSUB_EMULATOR_HOST: address },
    async stop() {
      process.off('exit', killWithUs);
      const exited = new Promise((resolve) => child.once('exit', resolve));
      kill('SIGTERM');
      const timer = setTimeout(() => kill('SIGKILL'), STOP_MS);
      if (child.exitCode === null && child.signalCode === null) await exited;
      clearTimeout(timer);
    },
  };
}

function findOnPath(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
}

/** It prints this line once it serves; until then its output is kept for the error. */
function started(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    const fail = (what: string) => reject(new Error(`Google's Pub/Sub emulator ${what}: ${output}`));
    const timer = setTimeout(() => fail(`did not start within ${START_MS} ms`), START_MS);
    const read = (chunk: Buffer) => {
      output = `${output}${chunk}`.slice(-4000);
      if (!output.includes('Server started, listening on')) return;
      clearTimeout(timer);
      resolve();
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code) => {
      clearTimeout(timer);
      fail(`ended with ${code}`);
    });
  });
}
