import { type MeshRun, startMeshRun } from './mesh-run.ts';
import { DEMO_PROJECT } from './provision.ts';
import { addSample, SAMPLE_PROJECT, type Sample, type SampleOptions } from './sample.ts';
import type { Options } from './start.ts';

/** By then it ends, whatever hangs. Tests, which share their machine, give it longer. */
const STOP_MS = Number(process.env.SITEBEAT_STOP_MS ?? 4800);
const NPM_CHECK_MS = 250;

/** Runs a mesh until a signal ends it, and says where it is and what happens in it. */
export async function runInTerminal(options: Options): Promise<void> {
  endWithNpm();
  const startedAt = performance.now();
  const onLine = options.json
    ? (line: string) => console.error(line)
    : (line: string) => console.log(readableLine(line));
  let sample: Sample | undefined;
  const run = await startMeshRun({
    ...options,
    onLine,
    beforeDelivery: async (env) => {
      if (options.sample) sample = await addSample(env, options.sample);
    },
  });
  stopOnSignal(run);
  if (options.json) console.log(JSON.stringify(readyLine(run, sample)));
  else console.log(screen(run, options, performance.now() - startedAt));
}

/** npm cannot tell its script that it was killed; who starts it again must find the ports and the data folder free. */
function endWithNpm(): void {
  if (process.env.npm_lifecycle_event !== 'start') return;
  const npm = process.ppid;
  setInterval(() => {
    if (process.ppid !== npm) process.exit(1);
  }, NPM_CHECK_MS).unref();
}

function stopOnSignal(run: MeshRun): void {
  let stopping = false;
  const stop = () => {
    // a second Ctrl-C does not wait
    if (stopping) process.exit(1);
    stopping = true;
    setTimeout(() => process.exit(1), STOP_MS).unref();
    run.stop().then(
      () => process.exit(0),
      (error) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

function readyLine(run: MeshRun, sample: Sample | undefined) {
  const { STORAGE_EMULATOR_HOST, PUBSUB_EMULATOR_HOST, BIGQUERY_EMULATOR_HOST, MONGODB_URI, GOOGLE_CLOUD_PROJECT } =
    run.env;
  const env = {
    STORAGE_EMULATOR_HOST,
    PUBSUB_EMULATOR_HOST,
    BIGQUERY_EMULATOR_HOST,
    MONGODB_URI,
    GOOGLE_CLOUD_PROJECT,
  };
  return { ready: true, collect: run.urlOf('collect'), dashboard: run.dashboardLink, ...(sample && { sample }), env };
}

function screen(run: MeshRun, { dataDir, sample }: Options, startMs: number): string {
  const endpoint = run.urlOf('collect');
  const width = Math.max(...run.mesh.functions.map(({ name }) => name.length));
  const functions = run.mesh.functions.map(
    ({ name, description }) => `  ${name.padEnd(width)}  ${run.urlOf(name)}  ${description}`,
  );
  return `
Sitebeat runs (started in ${(startMs / 1000).toFixed(1)} s). Ctrl-C ends it.

Dashboard  ${run.dashboardLink}
Endpoint   ${endpoint}/   (POST /track, /deactivate, /tracking-skipped)
Project    ${DEMO_PROJECT.name}, hash ${DEMO_PROJECT.hash}
${sample ? sampleText(sample) : ''}Data       ${dataDir ?? 'in memory; npm start -- --data DIR keeps it'}

Point a plugin at it, in a must-use plugin of your WordPress (it moves every plugin with this client there, and their
licence and update calls too, which Sitebeat does not answer: never on a shop that sells licences):

  add_filter( 'appsero_endpoint', function () { return '${endpoint}/'; } );

Functions, each its own process (end one and it starts again):
${functions.join('\n')}

For clients, and functions that you start by hand:
${Object.entries(run.env)
  .map(([name, value]) => `  export ${name}=${value}`)
  .join('\n')}

MongoDB    ${run.env.MONGODB_URI}   (sites, deactivations, analytics, series, figures, projects)
BigQuery   ${run.env.BIGQUERY_EMULATOR_HOST}   (dataset ${run.env.BIGQUERY_DATASET}: sites, deactivations, tracking_skips, rejections)
Mail       ${run.env.MAIL_API_URL}   (GET shows what would have been sent)

Every event, as it is processed:`;
}

function sampleText({ sites, days }: SampleOptions): string {
  const { name, slug, hash } = SAMPLE_PROJECT;
  const size = `${sites} sites in ${days} days`;
  return `Sample     ${name}, hash ${hash}: ${size}; its charts: npx sitebeat charts ${slug}\n`;
}

/** A function's log line for a person; what is no log line stays as it is. */
function readableLine(line: string): string {
  try {
    const { severity, function: name, message, kind, eventId, durationMs, ...rest } = JSON.parse(line);
    const time = new Date().toISOString().slice(11, 23);
    const mark = severity === 'DEBUG' || severity === 'INFO' ? '' : severity;
    const fields = Object.entries(rest).map(([key, value]) => `${key}=${value}`);
    return [
      time,
      String(name).padEnd(17),
      mark,
      message,
      kind,
      eventId,
      durationMs === undefined ? '' : `${durationMs} ms`,
      ...fields,
    ]
      .filter((part) => part !== undefined && part !== '')
      .join('  ');
  } catch {
    return line;
  }
}
