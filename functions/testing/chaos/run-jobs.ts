import { setImmediate as nextLoop } from 'node:timers/promises';
import type { Random } from '../../../shared/simulation/random.ts';

/** Where a call of a store waits for its turn. `failure` is what the store's client throws when its server is out of reach. */
export type Gate = <T>(what: string, call: () => Promise<T>, failure: (what: string) => Error) => Promise<T>;

/** What an instance works on. */
export interface Job {
  name: string;
  /** Pub/Sub and the scheduler come again until it ended well; a client does not. */
  isRetried: boolean;
  run(gate: Gate): Promise<void>;
}

/** A run that came to its end. */
export interface JobsRun {
  /** Each call and what became of it, in order: of one seed always the same. */
  trace: string[];
  /** How many calls did not go well. */
  faults: number;
}

/**
 * What becomes of a call. `refused`: nothing happened; `lost`: it happened, and the answer did not come; `late`: the same, and it
 * happens only after others; `crash`: its instance dies, before or after it happened, and nothing follows.
 */
const FATES = [
  ['done', 190],
  ['refused', 2],
  ['lost', 2],
  ['late', 2],
  ['crash before', 1],
  ['crash after', 3],
] as const;
type Fate = (typeof FATES)[number][0];

const MAX_AT_ONCE = 8;
/** How soon the next one begins: the more overlap, the more they meet. */
const STARTS = 0.5;
/** A job that nothing lets through ends in a dead letter, which is not what is looked for here. */
const MAX_FAULTS = 30;
/** So many calls are slow, and others have up to so many turns before them. */
const SLOW = 0.08;
const MAX_SLOW_TURNS = 100;
const DELIVERED_AGAIN = 0.1;
/** A crash takes all that its instance works on, or what runs on an instance of its own. */
const CRASHES_ALL = 0.3;

interface Call {
  what: string;
  /** Of the turns. */
  readyAt: number;
  perform(): Promise<unknown>;
  resolve(value: unknown): void;
  reject(error: unknown): void;
  failure(what: string): Error;
}

interface Running {
  job: Job;
  calls: Call[];
  end: 'well' | 'badly' | undefined;
}

/**
 * Runs jobs side by side as a cloud does at its worst, and always the same way for the same `random`: one call at a time
 * happens, whose it is and what becomes of it is chance. `jobs` may grow meanwhile. An answered job gets no turn any more:
 * the platform gives it none. Resolves once each retried job ended well.
 */
export async function runJobs(jobs: Job[], random: Random): Promise<JobsRun> {
  const run: JobsRun = { trace: [], faults: 0 };
  let running: Running[] = [];
  const late: Call[] = [];
  let turn = 0;
  const turns = (): (() => Promise<void>)[] => [
    ...running.flatMap((one) =>
      one.calls.filter(({ readyAt }) => readyAt <= turn).map((call) => () => take(one, call)),
    ),
    ...late.map((call) => async () => {
      late.splice(late.indexOf(call), 1);
      run.trace.push(`${call.what} (late)`);
      await call.perform().catch(() => {});
    }),
  ];
  const start = () => {
    const [job] = jobs.splice(random.integer(0, jobs.length - 1), 1) as [Job];
    running.push(begin(job, () => turn + (random.chance(SLOW) ? random.integer(1, MAX_SLOW_TURNS) : 0)));
  };
  const take = async (one: Running, call: Call) => {
    one.calls.splice(one.calls.indexOf(call), 1);
    const fate = run.faults < MAX_FAULTS ? random.weighted(FATES) : 'done';
    run.trace.push(`${one.job.name}: ${call.what} ${fate}`);
    if (fate !== 'done') run.faults += 1;
    if (fate === 'late') late.push(call);
    await settle(call, fate);
    if (fate.startsWith('crash')) crash(random.chance(CRASHES_ALL) ? running : [one]);
  };
  const crash = (dead: Running[]) => {
    running = running.filter((one) => !dead.includes(one));
    for (const { job } of dead) if (job.isRetried) jobs.push(job);
  };
  for (;;) {
    turn += 1;
    const next = turns();
    const mayStart = jobs.length > 0 && running.length < MAX_AT_ONCE;
    if (mayStart && (next.length === 0 || random.chance(STARTS))) start();
    else if (next.length > 0) await random.pick(next)();
    else if (running.length > 0) continue;
    else return run;
    // what follows without a call happens before the event loop turns
    await nextLoop();
    for (const { job, end } of running) {
      if (end !== undefined && job.isRetried && (end === 'badly' || random.chance(DELIVERED_AGAIN))) jobs.push(job);
    }
    running = running.filter(({ end }) => end === undefined);
    const stuck = running.find(({ calls }) => calls.length === 0);
    if (stuck) throw new Error(`${stuck.job.name} waits for something that passes no gate`);
  }
}

function begin(job: Job, readyAt: () => number): Running {
  const running: Running = { job, calls: [], end: undefined };
  const gate: Gate = (what, perform, failure) =>
    new Promise((resolve, reject) => {
      running.calls.push({
        what,
        readyAt: readyAt(),
        perform,
        resolve: resolve as (value: unknown) => void,
        reject,
        failure,
      });
    });
  job.run(gate).then(
    () => {
      running.end = 'well';
    },
    () => {
      running.end = 'badly';
    },
  );
  return running;
}

async function settle({ what, perform, resolve, reject, failure }: Call, fate: Fate): Promise<void> {
  if (fate === 'refused' || fate === 'late') return reject(failure(what));
  if (fate === 'crash before') return undefined;
  const outcome = await perform().then(
    (value) => () => resolve(value),
    (error) => () => reject(error),
  );
  if (fate === 'lost') reject(failure(what));
  else if (fate === 'done') outcome();
}
