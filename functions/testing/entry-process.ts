import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { until } from '../../shared/testing/until.ts';
import { buildFunctions } from '../build.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FRAMEWORK = fileURLToPath(
  new URL('../../node_modules/@google-cloud/functions-framework/build/src/main.js', import.meta.url),
);
/** Answers each message with the highest resident set since the last one, and the CPU time so far. */
const TELL_USAGE = `data:text/javascript,
let peak = 0;
const look = () => { peak = Math.max(peak, process.memoryUsage.rss()); };
setInterval(look, 10).unref();
process.on('message', () => {
  look();
  const { user, system } = process.cpuUsage();
  process.send({ peakBytes: peak, cpuMs: (user + system) / 1000 });
  peak = 0;
});
process.channel.unref();`;

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
  const isBundle = source.startsWith('dist/');
  if (isBundle) {
    built ??= buildFunctions();
    await built;
  }
  const port = await freePort();
  const started = spawn(
    process.execPath,
    [
      ...(isBundle ? [] : ['--import', 'tsx']),
      ...['--import', TELL_USAGE, FRAMEWORK, `--target=${name}`, `--source=${source}`, `--port=${port}`],
    ],
    { cwd: ROOT, env: { ...process.env, ...variables }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
  );
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
  const usage = async () => {
    const told = once(started, 'message');
    started.send('usage');
    return (await told)[0] as { peakBytes: number; cpuMs: number };
  };
  return {
    port,
    errors: () => errors,
    peakBytes: async () => (await usage()).peakBytes,
    cpuMs: async () => (await usage()).cpuMs,
    signal: (signal) => void started.kill(signal),
    ended,
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0);
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
