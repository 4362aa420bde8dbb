import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { until } from '../../../shared/testing/until.ts';
import type { StoreEnv } from '../store-env.ts';
import { COUNTED, type Requests, SAY_COUNTED } from './count-requests.ts';

/** `npm start -- --json`, as a process of its own. */
export interface RunnerProcess {
  collect: string;
  /** A link that signs in. */
  dashboard: string;
  env: StoreEnv;
  child: ChildProcess;
  /** What it wrote on standard error so far. */
  lines: string[];
  /** Sends a signal and resolves with how it ended: an exit code or the signal's name. */
  end(signal: NodeJS.Signals): Promise<number | string>;
}

const START = fileURLToPath(new URL('../start.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** The environment without the emulators that the tests' own set-up started. */
export function outsideEnv(): NodeJS.ProcessEnv {
  const embedded = new Set(process.env.SITEBEAT_EMBEDDED?.split(','));
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !embedded.has(name)));
}

const COUNTS = new URL('count-requests.ts', import.meta.url).href;

/** Starts it, counting what its emulators are asked, and resolves once it is ready. Rejects with what it said when it ends before. */
export async function startRunner(args: string[], env: NodeJS.ProcessEnv = {}): Promise<RunnerProcess> {
  const child = spawn(process.execPath, ['--import', 'tsx/esm', '--import', COUNTS, START, '--json', ...args], {
    cwd: ROOT,
    env: { ...outsideEnv(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => lines.push(line));
  const exited = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  const ready = once(createInterface({ input: child.stdout }), 'line').then(([line]) => JSON.parse(String(line)));
  const first = await Promise.race([ready, exited]);
  if (typeof first !== 'object') throw new Error(`the runner ended with ${first}: ${lines.join('\n')}`);
  return {
    collect: first.collect,
    dashboard: first.dashboard,
    env: {
      ARCHIVE_BUCKET: 'sitebeat-archive',
      BIGQUERY_DATASET: 'sitebeat',
      METADATA_SERVER_DETECTION: 'none',
      ...first.env,
    },
    child,
    lines,
    end: (signal) => {
      child.kill(signal);
      return exited;
    },
  };
}

/** What the runner's emulators were asked since it started. */
export async function requestsSoFar({ child, lines }: RunnerProcess): Promise<Requests> {
  const said = () => lines.filter((line) => line.startsWith(COUNTED));
  const before = said().length;
  child.kill(SAY_COUNTED);
  await until(() => said().length > before, { what: 'what was counted' });
  return JSON.parse(said().at(-1)?.slice(COUNTED.length) ?? '');
}

/** An event that fails twice comes again after 10 and 20 s, as mesh.json says. */
const RETRIED_MS = 60_000;
const PROCESSED = '"message":"processed","function":"process-event"';

/**
 * Waits until process-event has said of each event that it is done with it, so that its outcome is in the stores. Asks no
 * store, which would have to work for it. `runners`: all that may have worked on the events, ended ones too, with LOG_LEVEL DEBUG.
 */
export async function untilProcessed(
  runners: readonly { lines: string[] }[],
  ids: readonly string[],
  deadlineMs = RETRIED_MS,
): Promise<void> {
  await until(
    (progress) => {
      const processed = runners.flatMap(({ lines }) => lines.filter((line) => line.includes(PROCESSED)));
      const done = new Set(processed.map((line) => JSON.parse(line).eventId));
      progress(done.size);
      return ids.every((id) => done.has(id));
    },
    { deadlineMs, what: 'the processing of every event' },
  );
}
