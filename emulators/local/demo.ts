import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SingleBar } from 'cli-progress';
import { MongoClient } from 'mongodb';
import { readOverview } from '../../functions/commands/charts/charts.ts';
import { KINDS } from '../../shared/event/object-name.ts';
import { type ClientRequest, simulate } from '../../shared/simulation/simulate.ts';
import { type Figures, openFigures } from '../../shared/stores/figures/figures.ts';
import type { SiteDocument } from '../../shared/stores/sites/sites.ts';
import { until } from '../../shared/testing/until.ts';
import { type Charts, type DemoResult, type MailRequest, renderDemo, spreadOf } from './demo-report.ts';
import { type MeshRun, startMeshRun } from './mesh-run.ts';
import { postAll } from './post.ts';
import { DEMO_PROJECT } from './provision.ts';
import { callFunction } from './schedule.ts';
import { countStores, readHistory } from './totals.ts';

const SITES = 300;
const SEED = 1;
const CONCURRENCY = 16;
/** The site of the captured requests. */
const CAPTURED_SITE = 'shop.example.org';
/** Read before the embedded one takes its place. */
const GIVEN_MAIL_API = process.env.MAIL_API_URL;

/** The function that each event goes through after collect. */
const PROCESSOR = 'process-event';

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
  const dataDir = mkdtempSync(join(tmpdir(), 'sitebeat-demo-'));
  const processed = new ProcessedEvents();
  const say = values.json ? () => {} : (text: string) => console.log(text);
  say('Starting the mesh …');
  let run: MeshRun | undefined;
  try {
    const startedAt = performance.now();
    run = await startMeshRun({ dataDir, onLine: (line) => processed.read(line) });
    const result = await runDemo(run, processed, {
      startMs: performance.now() - startedAt,
      showProgress: !values.json && process.stdout.isTTY,
    });
    const { accepted, objects, sites, history, rejections, charts, latencyMs } = result;
    if (values.json) console.log(JSON.stringify({ accepted, objects, sites, history, rejections, charts, latencyMs }));
    else console.log(renderDemo(result));
    process.exitCode = accepted === objects && objects === history + rejections ? 0 : 1;
  } finally {
    await run?.stop();
    rmSync(dataDir, { recursive: true });
  }
}

async function runDemo(
  run: MeshRun,
  processed: ProcessedEvents,
  { startMs, showProgress }: { startMs: number; showProgress: boolean },
): Promise<DemoResult> {
  const captured = capturedRequests();
  const simulated = simulate({ seed: SEED, sites: SITES, projectHash: DEMO_PROJECT.hash });
  const bar = showProgress ? new SingleBar({ format: 'Posting   {bar} {value}/{total}' }) : undefined;
  bar?.start(captured.length + simulated.length, 0);
  const sentAt = new Map<string, number>();
  const postingFrom = performance.now();
  const onSent = (id: string | undefined, startedAt: number) => {
    if (id !== undefined) sentAt.set(id, startedAt);
    bar?.increment();
  };
  // one site's story, in its order
  await postAll(run.urlOf('collect'), captured, { concurrency: 1, onSent });
  await postAll(run.urlOf('collect'), simulated, { concurrency: CONCURRENCY, onSent });
  const postMs = performance.now() - postingFrom;
  bar?.stop();
  await until(
    (progress) => {
      progress(processed.count);
      return processed.hasAll(sentAt.keys());
    },
    { what: 'the processing of every accepted event' },
  );
  const processMs = performance.now() - postingFrom;
  await callFunction(run.urlOf('rebuild-analytics'));
  const totals = await countStores(run.env);
  const latencies = [...sentAt].map(([id, at]) => processed.doneAt(id) - at).sort((one, other) => one - other);
  const latencyMs = { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) };
  return {
    accepted: sentAt.size,
    ...totals,
    ...(await readLatest(run)),
    siteHistory: await readHistory(run.env, CAPTURED_SITE),
    mail: await readMail(run.env.MAIL_API_URL),
    latencyMs,
    timings: { startMs, postMs, processMs },
  };
}

/** Which events the functions said they processed, and when. */
class ProcessedEvents {
  #times = new Map<string, number>();

  read(line: string): void {
    if (!line.includes('"processed"')) {
      if (/"severity":"(?:ERROR|WARNING)"/.test(line)) console.error(line);
      return;
    }
    const { function: name, eventId } = JSON.parse(line);
    if (name === PROCESSOR) this.#times.set(eventId, performance.now());
  }

  get count(): number {
    return this.#times.size;
  }

  hasAll(ids: Iterable<string>): boolean {
    return [...ids].every((id) => this.#times.has(id));
  }

  doneAt(id: string): number {
    return this.#times.get(id) ?? Number.NaN;
  }
}

/** The requests of a real WordPress, as they were captured. */
function capturedRequests(): ClientRequest[] {
  const folder = new URL('../../schemas/payloads/', import.meta.url);
  return KINDS.map((kind) => {
    const { headers, body } = JSON.parse(readFileSync(new URL(`${kind}.json`, folder), 'utf8'));
    return { kind, headers, body };
  });
}

async function readLatest(run: MeshRun): Promise<{ site: SiteDocument | null; charts: Charts | null }> {
  const client = new MongoClient(run.env.MONGODB_URI);
  try {
    const db = client.db();
    const site = await db.collection<SiteDocument>('sites').findOne({ site: CAPTURED_SITE });
    return { site, charts: await readCharts(openFigures(db)) };
  } finally {
    await client.close();
  }
}

/** Without active, flows and version, which the overview has. */
async function readCharts(figures: Figures): Promise<Charts | null> {
  const overview = await readOverview(DEMO_PROJECT, '28d', figures);
  if (overview === undefined) return null;
  const { today, dimensions } = overview;
  const shown = dimensions.filter((dimension) => !['active', 'flows', 'version'].includes(dimension));
  const wanted = shown.map((dimension) => ({ dimension, from: today, to: today }));
  const { series = [] } = (await figures.read(DEMO_PROJECT.hash, { series: wanted })) ?? {};
  return { overview, spreads: Object.fromEntries(series.map((one) => [one.dimension, spreadOf(one)])) };
}

/** What would have been sent so far; undefined when the mail API is not the embedded one, which shows it. */
async function readMail(url: string): Promise<MailRequest[] | undefined> {
  if (GIVEN_MAIL_API) return undefined;
  const response = await fetch(url);
  const { requests } = (await response.json()) as { requests: { request?: MailRequest }[] };
  return requests.flatMap(({ request }) => request ?? []);
}

function percentile(sorted: number[], share: number): number {
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
}

await main();
