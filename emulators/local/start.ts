import { parseArgs } from 'node:util';
import type { SampleOptions } from './sample.ts';

const USAGE = `usage: npm start -- [--data DIR] [--port N] [--json] [--sample [--sites N] [--days D] [--seed S]]
  --data DIR  keep all data in DIR; without it, everything is in memory and gone at the end
  --port N    the port that plugins post to; without it 8080
  --json      print one line when ready, for a program
  --sample    with a simulated past to look at: that of 500 sites in 120 days`;
const DEFAULT_PORT = 8080;

/** What whoever starts a mesh asks for. */
export interface Options {
  dataDir: string | undefined;
  port: number;
  json: boolean;
  sample: SampleOptions | undefined;
}

const SAMPLE = { sites: 500, days: 120, seed: 1 };

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      port: { type: 'string' },
      json: { type: 'boolean', default: false },
      sample: { type: 'boolean', default: false },
      sites: { type: 'string' },
      days: { type: 'string' },
      seed: { type: 'string' },
    },
  });
  const port = values.port === undefined ? DEFAULT_PORT : Number(values.port);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error(`--port ${values.port} is no port`);
  return { dataDir: values.data, port, json: values.json, sample: readSample(values) };
}

function readSample({ sample, ...given }: { sample: boolean; sites?: string; days?: string; seed?: string }) {
  const size = { ...SAMPLE };
  for (const name of ['sites', 'days', 'seed'] as const) {
    const value = given[name];
    if (value === undefined) continue;
    if (!sample) throw new Error(`--${name} says how large the --sample is`);
    size[name] = Number(value);
    if (!Number.isSafeInteger(size[name]) || size[name] < 1) throw new Error(`--${name} ${value} is no number`);
  }
  return sample ? size : undefined;
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
  // seconds of loading, which a mistake need not wait for
  const { runInTerminal } = await import('./run-in-terminal.ts');
  await runInTerminal(options);
}

main().catch((error) => {
  console.error(`Sitebeat could not start: ${error.message}`);
  process.exit(1);
});
