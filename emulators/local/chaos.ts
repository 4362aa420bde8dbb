import { parseArgs } from 'node:util';
import { type ChaosSystem, openChaosSystem } from '../../functions/testing/chaos/chaos-system.ts';
import { runSeed } from '../../functions/testing/chaos/run-seed.ts';
import { startStores } from './stores.ts';

const USAGE = `usage: npm run chaos -- [--seeds N] [--from SEED] [--minutes M]
  --seeds N      how many seeds of faults at single store calls; without it 200
  --from SEED    the first of them; without it 1
  --minutes M    begin no seed after M minutes`;
/** Then the stores are made anew, so that a seed costs what the first one did. */
const SEEDS_A_SYSTEM = 100;

interface Totals {
  seeds: number;
  events: number;
  faults: number;
  violations: number;
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '200' },
      from: { type: 'string', default: '1' },
      minutes: { type: 'string', default: '1e9' },
    },
  });
  const options = Object.entries(values).map(([name, text]) => [name, Number(text)] as const);
  const wrong = options.find(([, value]) => !(value >= 0));
  if (wrong) throw new Error(`--${wrong[0]} takes a number`);
  return Object.fromEntries(options) as Record<keyof typeof values, number>;
}

async function runSeeds({ seeds, from, minutes }: ReturnType<typeof readOptions>): Promise<Totals> {
  const totals: Totals = { seeds: 0, events: 0, faults: 0, violations: 0 };
  const end = performance.now() + minutes * 60_000;
  let system: ChaosSystem | undefined;
  for (let seed = from; seed < from + seeds && performance.now() < end; seed += 1) {
    if (totals.seeds % SEEDS_A_SYSTEM === 0) {
      await system?.close();
      system = await openChaosSystem();
    }
    const { events, faults, violations } = await runSeed(system as ChaosSystem, seed);
    totals.seeds += 1;
    totals.events += events;
    totals.faults += faults;
    totals.violations += violations.length;
    if (violations.length === 0) continue;
    console.log([`seed ${seed} (again: npm run chaos -- --seeds 1 --from ${seed})`, ...violations].join('\n  '));
  }
  await system?.close();
  return totals;
}

async function main(): Promise<void> {
  let options: ReturnType<typeof readOptions>;
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
    const totals = await runSeeds(options);
    const counts = Object.entries(totals).map(([what, count]) => `${count} ${what}`);
    console.log(counts.join(', '));
    process.exitCode = totals.violations === 0 ? 0 : 1;
  } finally {
    await stores.stop();
  }
}

await main();
