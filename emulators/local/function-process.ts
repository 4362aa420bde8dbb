import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { programOf } from '../../functions/build.ts';
import { until } from '../../shared/testing/until.ts';

/** A function whose parent was killed must not live on with its port. */
const END_WITH_PARENT = 'data:text/javascript,process.once("disconnect",()=>process.exit(1))';
const START_MS = 30_000;
const RESTART_MS = 500;
const MAX_LAST_WORDS = 20;
const DRAIN_MS = 3_000;

/** One function, as a Functions Framework process of its own. */
export interface FunctionProcess {
  url: string;
  /** Lets it answer what is in flight; kills it after some seconds. */
  stop(): Promise<void>;
  /** Ends it without a word; it starts again. */
  kill(): void;
}

export interface FunctionProcessOptions {
  name: string;
  /** The bundle's folder. */
  source: string;
  port: number;
  env: NodeJS.ProcessEnv;
  /** Each line on its standard error: JSON log lines, or what Node says when it dies. */
  onLine: (line: string) => void;
}

/**
 * Starts a function, and starts it again whenever it ends on its own. Resolves once it listens; rejects with what it said
 * when it ends before that.
 */
export async function startFunction(options: FunctionProcessOptions): Promise<FunctionProcess> {
  const { name, port } = options;
  let child = await spawnListening(options);
  let stopping = false;
  let restart: NodeJS.Timeout | undefined;
  const watch = () =>
    child.once('exit', (code, signal) => {
      if (stopping) return;
      options.onLine(
        JSON.stringify({ severity: 'WARNING', function: name, message: `ended with ${signal ?? code}, starts again` }),
      );
      restart = setTimeout(() => {
        child = spawnFunction(options);
        watch();
      }, RESTART_MS);
    });
  watch();
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      stopping = true;
      clearTimeout(restart);
      await end(child);
    },
    kill: () => child.kill('SIGKILL'),
  };
}

async function spawnListening(options: FunctionProcessOptions): Promise<ChildProcess> {
  const { name, port, onLine } = options;
  const lastWords: string[] = [];
  const child = spawnFunction({
    ...options,
    onLine: (line) => {
      if (lastWords.length < MAX_LAST_WORDS) lastWords.push(line);
      onLine(line);
    },
  });
  await until(async () => hasEnded(child) || (await isListening(port)), {
    deadlineMs: START_MS,
    what: `function ${name} on port ${port}`,
  }).catch(async (error) => {
    await end(child);
    throw error;
  });
  if (hasEnded(child)) throw new Error(`function ${name} did not start: ${lastWords.join('\n')}`);
  return child;
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function spawnFunction({ name, source, port, env, onLine }: FunctionProcessOptions): ChildProcess {
  // a group of its own: Ctrl-C in the terminal reaches the runner alone, which stops the functions in the order of the flow
  const child = spawn(
    process.execPath,
    ['--import', END_WITH_PARENT, ...programOf(source), `--target=${name}`, `--source=${source}`, `--port=${port}`],
    {
      env,
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    },
  );
  if (child.stderr) createInterface({ input: child.stderr }).on('line', onLine);
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const exited = once(child, 'exit');
  const kill = setTimeout(() => child.kill('SIGKILL'), DRAIN_MS);
  child.kill('SIGTERM');
  await exited;
  clearTimeout(kill);
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      // with nobody there, the kernel can connect a socket to itself
      const listens = socket.localPort !== port;
      socket.destroy();
      resolve(listens);
    });
    socket.once('error', () => resolve(false));
  });
}
