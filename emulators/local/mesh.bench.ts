import { setTimeout as sleep } from 'node:timers/promises';
import { type ClientRequest, simulate } from '../../shared/simulation/simulate.ts';
import { type Bench, type BenchResult, type Figures, percentile } from '../../shared/testing/bench.ts';
import { freePort } from '../../shared/testing/free-port.ts';
import { until } from '../../shared/testing/until.ts';
import { post, postAll } from './post.ts';
import { DEMO_PROJECT } from './provision.ts';
import { type RunnerProcess, startRunner } from './testing/runner-process.ts';
import { countStores } from './totals.ts';

/** Posted as fast as they are taken, so many at once: by sites that are new, most with mail, then by the same once more. */
const BURST = { posts: 1500, concurrency: 16 };
const BURSTS = { new: 'of new sites', known: 'of known sites' };
const WARM_UP = 300;
const RATES = [
  { perSecond: 5, seconds: 8 },
  { perSecond: 50, seconds: 8 },
  { perSecond: 200, seconds: 8 },
];
const LOOK_MS = 2;

/** When each event was in every store: process-event says so once both have confirmed it. */
class Processed {
  #at = new Map<string, number>();
  #read = 0;
  #lines: string[];

  constructor(lines: string[]) {
    this.#lines = lines;
  }

  look(): number {
    for (; this.#read < this.#lines.length; this.#read += 1) {
      const line = this.#lines[this.#read] as string;
      if (!line.includes('"processed"')) continue;
      const { function: name, eventId } = JSON.parse(line);
      if (name === 'process-event' && !this.#at.has(eventId)) this.#at.set(eventId, performance.now());
    }
    return this.#at.size;
  }

  at(id: string): number {
    return this.#at.get(id) ?? Number.NaN;
  }
}

async function run(): Promise<BenchResult> {
  const runner = await startRunner(['--port', String(await freePort())]);
  const processed = new Processed(runner.lines);
  const looking = setInterval(() => processed.look(), LOOK_MS);
  try {
    // the clients take their hosts from the environment alone
    Object.assign(process.env, runner.env);
    const requests = simulate({ seed: 1, sites: WARM_UP + BURST.posts, projectHash: DEMO_PROJECT.hash });
    const accepted: string[] = [];
    const take = async (ids: (string | undefined)[]) => {
      accepted.push(...ids.filter((id) => id !== undefined));
      const isDone = (progress: (sign: unknown) => void) => {
        progress(processed.look());
        return processed.look() >= accepted.length;
      };
      await until(isDone, { what: 'the processing of every event' });
    };
    const warmUp = requests.slice(0, WARM_UP);
    // the code that knows a site warms up too
    for (let week = 0; week < 2; week += 1) await take(await postAll(runner.collect, warmUp, BURST));
    const burst = requests.slice(WARM_UP, WARM_UP + BURST.posts);
    const figures: Record<string, Figures> = {};
    for (const name of Object.values(BURSTS)) {
      const startedAt = performance.now();
      await take(await postAll(runner.collect, burst, BURST));
      figures[name] = { 'events/s': (burst.length * 1000) / (performance.now() - startedAt) };
    }
    for (const { perSecond, seconds } of RATES) {
      // of sites that are known by now
      const posts = await postAtRate(runner, requests.slice(0, perSecond * seconds), perSecond);
      await take(posts.map(({ id }) => id));
      const fresh = posts.flatMap(({ id, answeredAt }) =>
        id === undefined ? [] : Math.max(0, processed.at(id) - answeredAt),
      );
      figures[`${perSecond} a second`] = {
        freshP50Ms: percentile(fresh, 0.5),
        freshP95Ms: percentile(fresh, 0.95),
        freshP99Ms: percentile(fresh, 0.99),
      };
    }
    const { history, rejections } = await countStores(runner.env);
    if (history + rejections !== accepted.length) throw new Error(`${accepted.length} accepted, ${history} stored`);
    return { figures, ratios: ratiosOf(figures) };
  } finally {
    clearInterval(looking);
    await runner.end('SIGKILL');
  }
}

interface Posted {
  id: string | undefined;
  answeredAt: number;
}

/** Each when it is due, whatever became of those before it. */
async function postAtRate(runner: RunnerProcess, requests: ClientRequest[], perSecond: number): Promise<Posted[]> {
  const startedAt = performance.now();
  const posts: Promise<Posted>[] = [];
  for (const [index, request] of requests.entries()) {
    const dueAt = startedAt + (index * 1000) / perSecond;
    if (dueAt > performance.now()) await sleep(dueAt - performance.now());
    posts.push(post(runner.collect, request).then((id) => ({ id, answeredAt: performance.now() })));
  }
  return Promise.all(posts);
}

function ratiosOf(figures: Record<string, Figures>): BenchResult['ratios'] {
  const p99 = (name: string) => (figures[name]?.freshP99Ms ?? Number.NaN) / 1000;
  return [
    ...Object.values(BURSTS).map((name) => ({
      what: `events/s ${name}, ${BURST.concurrency} posts at once`,
      value: figures[name]?.['events/s'] ?? Number.NaN,
      atLeast: 150,
    })),
    { what: 'fresh within s, p99, 5 posts a second', value: p99('5 a second'), atMost: 1 },
    { what: 'fresh within s, p99, 50 posts a second', value: p99('50 a second'), atMost: 1 },
    { what: 'fresh within s, p99, 200 posts a second', value: p99('200 a second'), atMost: 1 },
  ];
}

export const bench: Bench = {
  title:
    'the whole mesh with its emulators on this machine: events a second, and from the answer until both stores have it',
  run,
};
