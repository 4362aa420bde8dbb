import { readdirSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Bench, renderResult } from '../../shared/testing/bench.ts';
import { STORE_VARIABLES } from './store-env.ts';
import { startStores } from './stores.ts';

const USAGE = `usage: npm run bench [-- NAME …] [--json]
  NAME    run the benchmark NAME.bench.ts only; without one, all of them
  --json  print one object, for a program`;
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The files of the benchmarks, by name. */
function findBenches(): Map<string, string> {
  const files = ['functions', 'shared', 'emulators'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(ROOT, folder, file)),
  );
  const benches = files.flatMap((file) => {
    const name = /([^/\\]+)\.bench\.ts$/.exec(file)?.[1];
    return name === undefined ? [] : [[name, file] as const];
  });
  return new Map(benches.sort(([one], [other]) => (one < other ? -1 : 1)));
}

function machine(): Record<string, string | number> {
  const [cpu] = cpus();
  return {
    cpu: cpu?.model ?? 'unknown',
    cores: cpus().length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
  };
}

interface Asked {
  names: string[];
  json: boolean;
}

/** Throws where the command line asks for what there is not. */
function readAsked(benches: ReadonlyMap<string, string>): Asked {
  const { values, positionals } = parseArgs({
    options: { json: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const unknown = positionals.find((name) => !benches.has(name));
  if (unknown !== undefined) throw new Error(`no benchmark ${unknown}; there are ${[...benches.keys()].join(', ')}`);
  return { names: positionals.length > 0 ? positionals : [...benches.keys()], json: values.json };
}

async function run(benches: ReadonlyMap<string, string>, { names, json }: Asked): Promise<void> {
  const say = json ? () => {} : (text: string) => console.log(text);
  const on = machine();
  say(Object.values(on).join(', '));
  // a benchmark of a whole mesh starts stores of its own
  process.env.SITEBEAT_EMBEDDED = STORE_VARIABLES.filter((name) => !process.env[name]).join(',');
  const stores = await startStores(process.env, undefined);
  await stores.startPubsub();
  const results: Record<string, unknown> = {};
  try {
    for (const name of names) {
      const { bench } = (await import(benches.get(name) as string)) as { bench: Bench };
      say(`\n${name}: ${bench.title}`);
      const variables = { ...process.env };
      const result = await bench.run();
      // one of a whole mesh points the clients at its stores
      process.env = variables;
      results[name] = { title: bench.title, ...result };
      say(renderResult(result));
    }
  } finally {
    await stores.stop();
  }
  if (json) console.log(JSON.stringify({ machine: on, results }));
}

const benches = findBenches();
let asked: Asked | undefined;
try {
  asked = readAsked(benches);
} catch (error) {
  console.error(`${(error as Error).message}\n${USAGE}`);
  process.exitCode = 2;
}
if (asked) await run(benches, asked);
