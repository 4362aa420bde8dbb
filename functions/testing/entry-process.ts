import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../shared/testing/free-port.ts';
import { until } from '../../shared/testing/until.ts';
import { buildFunctions } from '../build.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FRAMEWORK = fileURLToPath(
  new URL('../../node_modules/@google-cloud/functions-framework/build/src/main.js', import.meta.url),
);
/** Answers each message with its usage; ends with who started it. */
const TELL_USAGE = `data:text/javascript,
let peak = 0;
const look = () => { peak = Math.max(peak, process.memoryUsage.rss()); };
setInterval(look, 10).unref();
process.on('message', () => {
  look();
  const { user, system } = process.cpuUsage();
  process.send({ peakBytes: peak, cpuMs: (user + system) / 1000, startedAt: performance.timeOrigin });
  peak = 0;
});
process.once('disconnect', () => process.exit(1));
process.channel.unref();`;

interface Usage {
  /** The highest resident set since this was last asked. */
  peakBytes: number;
  /** CPU time so far. */
  cpuMs: number;
  /** When Node began, in milliseconds since 1970. */
  startedAt: number;
}

let built: Promise<void> | undefined;

/** One function's bundle under the Functions Framework, as a process of its own. */
export interface EntryProcess {
  port: number;
  /** All that it wrote on standard error. */
  errors(): string;
  /** The highest resident set since this was last asked. */
  peakBytes(): Promise<number>;
  /** What it has used of CPU since it started. */
  cpuMs(): Promise<number>;
  signal(signal: NodeJS.Signals): void;
  /** Its exit code, once it has ended; null: it was killed. */
  ended: Promise<number | null>;
}

/** Resolves once it listens. `source`: another folder or file than its bundle. Whoever starts it has to see it end. */
export async function startEntry(
  name: string,
  variables: NodeJS.ProcessEnv,
  source = `dist/${name}`,
): Promise<EntryProcess> {
  if (isBundle(source)) {
    built ??= buildFunctions();
    await built;
  }
  const port = await freePort();
  const started = spawnEntry(name, variables, source, port);
  let [output, errors] = ['', ''];
  started.stdout?.on('data', (chunk) => {
    output += chunk;
  });
  started.stderr?.on('data', (chunk) => {
    errors += chunk;
  });
  const ended = once(started, 'exit').then(([code]) => code as number | null);
  try {
    await until(() => output.includes('URL:') || started.exitCode !== null, { what: name });
  } catch (error) {
    started.kill('SIGKILL');
    throw error;
  }
  if (started.exitCode !== null) throw new Error(`${name} did not start: ${errors}`);
  const usage = () => usageOf(started);
  return {
    port,
    errors: () => errors,
    peakBytes: async () => (await usage()).peakBytes,
    cpuMs: async () => (await usage()).cpuMs,
    signal: (signal) => void started.kill(signal),
    ended,
  };
}

/** Only what was built before starts without tsx. */
function isBundle(source: string): boolean {
  return /(?:^|\/)dist\//.test(source);
}

/** The one that was installed with it, as the cloud starts it, or ours. */
function programOf(source: string): string {
  const own = join(ROOT, source, 'node_modules/.bin/functions-framework');
  return existsSync(own) ? own : FRAMEWORK;
}

function spawnEntry(name: string, variables: NodeJS.ProcessEnv, source: string, port: number): ChildProcess {
  return spawn(
    process.execPath,
    [
      ...(isBundle(source) ? [] : ['--import', 'tsx/esm']),
      ...['--import', TELL_USAGE, programOf(source), `--target=${name}`, `--source=${source}`, `--port=${port}`],
    ],
    { cwd: ROOT, env: { ...process.env, ...variables }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
  );
}

async function usageOf(started: ChildProcess): Promise<Usage> {
  const told = once(started, 'message');
  started.send('usage');
  return (await told)[0];
}

/**
 * Starts an entry, has it answer `request`, ends it, and gives how long each took, and its CPU and memory. It counts from when Node
 * began: to fork this process takes the longer the more memory it has.
 */
export async function startTimed(
  name: string,
  variables: NodeJS.ProcessEnv,
  source: string,
  request?: (port: number) => Promise<Response>,
): Promise<Record<string, number>> {
  const port = await freePort();
  const started = spawnEntry(name, variables, source, port);
  try {
    let output = '';
    for await (const chunk of started.stdout as Readable) {
      output += chunk;
      if (output.includes('URL:')) break;
    }
    if (!output.includes('URL:')) throw new Error(`${name} did not start: ${output}`);
    const listensAt = Date.now();
    const { cpuMs, peakBytes, startedAt } = await usageOf(started);
    const figures = { listensMs: listensAt - startedAt, listensCpuMs: cpuMs, listensMib: peakBytes / 2 ** 20 };
    if (request === undefined) return figures;
    const { status } = await request(port);
    // with the time in which it loaded, and said nothing of its usage
    const answersMs = Date.now() - startedAt;
    if (status >= 300) throw new Error(`${name} answered ${status}`);
    const usage = await usageOf(started);
    return { ...figures, answersMs, answersCpuMs: usage.cpuMs, answersMib: usage.peakBytes / 2 ** 20 };
  } finally {
    started.kill('SIGKILL');
    await once(started, 'exit');
  }
}
