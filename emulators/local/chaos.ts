import { parseArgs } from 'node:util';
import { type ChaosSystem, openChaosSystem } from '../../functions/testing/chaos/chaos-system.ts';
import { runSeed } from '../../functions/testing/chaos/run-seed.ts';
import { runMeshSeed } from './chaos-mesh.ts';
import { startStores } from './stores.ts';

const USAGE = `usage: npm run chaos -- [--seeds N] [--from SEED] [--minutes M] [--meshes N] [--posts N] [--kills N]
  --seeds N      how many seeds of faults at single store calls; without it 200
  --from SEED    the first of them; without it 1
  --minutes M    begin no seed after M minutes
  --meshes N     then so many seeds of a whole mesh behind fault proxies; without it 1
  --posts N      what is posted to each mesh; without it 100
  --kills N      how often one of its functions is killed meanwhile; without it 10`;
/** Then the stores are made anew, so that a seed costs what the first one did. */
const SEEDS_A_SYSTEM = 100;

type Totals = Record<'seeds' | 'meshes' | 'events' | 'faults' | 'kills' | 'violations', number>;

function readOptions() {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '200' },
      from: { type: 'string', default: '1' },
      minutes: { type: 'string', default: '1e9' },
      meshes: { type: 'string', default: '1' },
      posts: { type: 'string', default: '100' },
      kills: { type: 'string', default: '10' },
    },
  });
  const options = Object.entries(values).map(([name, text]) => [name, Number(text)] as const);
  const wrong = options.find(([, value]) => !(value >= 0));
  if (wrong) throw new Error(`--${wrong[0]} takes a number`);
  return Object.fromEntries(options) as Record<keyof typeof values, number>;
}
type Options = ReturnType<typeof readOptions>;

/** Adds a run to the totals, and says what is wrong with it and how to see that again. */
function count(totals: Totals, run: Partial<Totals>, violations: string[], again: string): void {
  for (const [what, number] of Object.entries(run)) totals[what as keyof Totals] += number;
  totals.violations += violations.length;
  if (violations.length > 0) console.log([`again: npm run chaos -- ${again}`, ...violations].join('\n  '));
}

async function runSeeds({ seeds, from }: Options, totals: Totals, isOver: () => boolean): Promise<void> {
  let system: ChaosSystem | undefined;
  for (let seed = from; seed < from + seeds && !isOver(); seed += 1) {
    if (totals.seeds % SEEDS_A_SYSTEM === 0) {
      await system?.close();
      system = await openChaosSystem();
    }
    const { events, faults, violations } = await runSeed(system as ChaosSystem, seed);
    count(totals, { seeds: 1, events, faults }, violations, `--seeds 1 --meshes 0 --from ${seed}`);
  }
  await system?.close();
}

async function runMeshes({ meshes, from, posts, kills }: Options, totals: Totals, isOver: () => boolean) {
  for (let seed = from; seed < from + meshes && !isOver(); seed += 1) {
    const { accepted, faults, violations, ...run } = await runMeshSeed({ seed, posts, kills });
    const again = `--seeds 0 --from ${seed} --posts ${posts} --kills ${kills}`;
    count(totals, { meshes: 1, events: accepted, faults, kills: run.kills }, violations, again);
  }
}

async function main(): Promise<void> {
  let options: Options;
  try {
    options = readOptions();
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  const stores = await startStores(process.env, undefined);
  await stores.startPubsub();
  try {
    const totals: Totals = { seeds: 0, meshes: 0, events: 0, faults: 0, kills: 0, violations: 0 };
    const end = performance.now() + options.minutes * 60_000;
    const isOver = () => performance.now() >= end;
    await runSeeds(options, totals, isOver);
    await runMeshes(options, totals, isOver);
    const counts = Object.entries(totals).map(([what, number]) => `${number} ${what}`);
    console.log(counts.join(', '));
    process.exitCode = totals.violations === 0 ? 0 : 1;
  } finally {
    await stores.stop();
  }
}

await main();
