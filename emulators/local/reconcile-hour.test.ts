import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { PubSub } from '@google-cloud/pubsub';
import { MongoClient } from 'mongodb';
import { buildFunctions } from '../../functions/build.ts';
import { closedHours } from '../../functions/reconcile/reconcile.ts';
import { hourPrefix } from '../../shared/event/object-name.ts';
import type { SiteDocument } from '../../shared/stores/sites/sites.ts';
import { OBJECTS_TOPIC } from '../../shared/stores/topics/notifications.ts';
import { freePort } from '../../shared/testing/free-port.ts';
import { inProof } from '../../shared/testing/in-proof.ts';
import { until } from '../../shared/testing/until.ts';
import { listen } from '../emulator.ts';
import { startFunction } from './function-process.ts';
import { callFunction } from './schedule.ts';
import type { StoreEnv } from './store-env.ts';
import { ownStores } from './testing/own-stores.ts';

/** `npm run proof:reconcile` looks at a million. */
const OBJECTS = Number(process.env.SITEBEAT_RECONCILE_OBJECTS ?? 10_000);
const SITES = Math.min(OBJECTS / 10, 5000);
/** Of so many events BigQuery has one not. */
const ONE_MISSING_OF = 10_000;
const MAX_RSS_MIB = 256;
/** Says at the end how much memory the process ever had, by looking: the system's own figure counts what the process had that made it. */
const SAY_MEMORY = `let peak = 0;
const look = () => { peak = Math.max(peak, process.memoryUsage.rss()); };
setInterval(look, 10).unref();
process.once('exit', () => { look(); process.stderr.write(JSON.stringify({ peakBytes: peak }) + '\\n'); });`;

const idOf = (n: number) => `${String(n).padStart(8, '0')}-1111-4222-8333-444455556666`;
const siteOf = (n: number) => `a-project:site-${n % SITES}.example`;

const SCHEMA = {
  fields: [
    ['kind', 'STRING'],
    ['event_id', 'STRING'],
    ['has_report', 'BOOLEAN'],
    ['has_own', 'BOOLEAN'],
    ['key', 'STRING'],
    ['received_ms', 'INTEGER'],
  ].map(([name, type]) => ({ name, type })),
};

/** Cloud Storage and BigQuery with one hour of so many events: their pages are made up as they are asked for. */
class LargeHour {
  readonly calls = { listings: 0, pagesOfNames: 0, queries: 0, pagesOfRows: 0, inserts: 0 };
  readonly #prefix: string;
  readonly #hour: Date;
  /** The query about that hour. */
  #job = 'none yet';

  constructor(hour: Date) {
    this.#hour = hour;
    this.#prefix = hourPrefix('track', hour);
  }

  answer(request: IncomingMessage, body: string): object {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
    if (pathname.endsWith('/o')) return this.#names(searchParams);
    if (pathname.includes('/queries/')) return this.#rows(pathname, searchParams);
    if (pathname.endsWith('/insertAll')) return this.#count('inserts', {});
    return this.#query(body);
  }

  #count<T>(call: keyof LargeHour['calls'], answer: T): T {
    this.calls[call] += 1;
    return answer;
  }

  #names(query: URLSearchParams): object {
    const start = Number(query.get('pageToken') ?? 0);
    if (start === 0) this.calls.listings += 1;
    if (query.get('prefix') !== this.#prefix) return this.#count('pagesOfNames', {});
    const end = Math.min(OBJECTS, start + Number(query.get('maxResults')));
    const items = range(start, end).map((n) => ({ name: `${this.#prefix}${idOf(n)}.json` }));
    return this.#count('pagesOfNames', { items, ...(end < OBJECTS && { nextPageToken: String(end) }) });
  }

  #query(body: string): object {
    const { configuration, jobReference } = JSON.parse(body);
    const from = configuration.query.queryParameters.find(({ name }: { name: string }) => name === 'from');
    if (from.parameterValue.value === this.#hour.toISOString()) this.#job = jobReference.jobId;
    return this.#count('queries', { kind: 'bigquery#job', jobReference, status: { state: 'DONE' } });
  }

  #rows(pathname: string, query: URLSearchParams): object {
    const count = pathname.endsWith(`/${this.#job}`) ? OBJECTS : 0;
    const start = Number(query.get('pageToken') ?? 0);
    const end = Math.min(count, start + Number(query.get('maxResults')));
    const rows = range(start, end)
      .filter((n) => n % ONE_MISSING_OF !== 0)
      .map((n) => ['track', idOf(n), 'true', 'true', siteOf(n), String(this.#hour.getTime() + n)])
      .map((values) => ({ f: values.map((v) => ({ v })) }));
    const page = { jobComplete: true, schema: SCHEMA, rows, ...(end < count && { pageToken: String(end) }) };
    return this.#count('pagesOfRows', page);
  }
}

/** The log line of a message. */
function logged(lines: string[], message: string): Record<string, unknown> | undefined {
  const line = lines.find((one) => one.includes(`"message":"${message}"`));
  return line === undefined ? undefined : JSON.parse(line);
}

const range = (start: number, end: number) => Array.from({ length: end - start }, (_, index) => start + index);

describe('reconcile, the bundle', function () {
  this.timeout(Math.max(120_000, OBJECTS * 2));
  let env: StoreEnv;
  let server: Server;
  let large: LargeHour;
  let mongodb: MongoClient;
  let pubsub: PubSub;

  before(async () => {
    await buildFunctions();
    large = new LargeHour(closedHours(new Date())[1] as Date);
    server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const answer = JSON.stringify(large.answer(request, Buffer.concat(chunks).toString()));
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(answer);
    });
    const url = `http://127.0.0.1:${await listen(server)}`;
    env = { ...ownStores(), STORAGE_EMULATOR_HOST: url, BIGQUERY_EMULATOR_HOST: url };
    mongodb = new MongoClient(env.MONGODB_URI);
    const lastSeenAt = new Date();
    const sites = range(0, SITES).map((n) => ({ _id: siteOf(n), lastSeenAt }) as SiteDocument);
    await mongodb.db().collection<SiteDocument>('sites').insertMany(sites);
    pubsub = new PubSub({ projectId: env.GOOGLE_CLOUD_PROJECT });
    await pubsub.createTopic(OBJECTS_TOPIC);
  });
  after(async () => {
    await pubsub.topic(OBJECTS_TOPIC).delete();
    await pubsub.close();
    await mongodb.db().dropDatabase();
    await mongodb.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  inProof(`looks through an hour of ${OBJECTS} objects in less than ${MAX_RSS_MIB} MiB, each page once`, async () => {
    const lines: string[] = [];
    const onLine = (line: string) => lines.push(line);
    const memory = `--import=data:text/javascript,${encodeURIComponent(SAY_MEMORY)}`;
    const fn = await startFunction({
      name: 'reconcile',
      source: fileURLToPath(new URL('../../dist/reconcile/', import.meta.url)),
      port: await freePort(),
      env: { ...process.env, ...env, NODE_OPTIONS: `--max-old-space-size=128 ${memory}` },
      onLine,
    });
    // fetch gives up on an answer after five minutes
    const answered = callFunction(fn.url).catch(() => undefined);
    const reconciled = await until(
      (progress) => {
        progress(large.calls);
        return logged(lines, 'reconciled');
      },
      { what: 'the end of the reconciliation' },
    ).finally(() => fn.stop());
    await answered;
    const { severity: _, message, function: name, durationMs, ...sums } = reconciled;
    const missing = Math.ceil(OBJECTS / ONE_MISSING_OF);
    const history = OBJECTS - missing;
    const counts = { objects: OBJECTS, history, rejections: 0, waiting: 0, missing, behind: 0, republished: missing };
    assert.deepEqual(sums, counts);
    assert.deepEqual(large.calls, {
      listings: 9,
      pagesOfNames: OBJECTS / 1000 + 8,
      queries: 3,
      pagesOfRows: Math.ceil(OBJECTS / 10_000) + 2,
      inserts: 3,
    });
    const said = lines.map((line) => /^\{"peakBytes":(\d+)\}$/.exec(line)?.[1]).find(Boolean);
    const maxRssMib = Number(said) / 2 ** 20;
    assert.ok(maxRssMib < MAX_RSS_MIB, `${maxRssMib} MiB`);
    if (process.env.SITEBEAT_RECONCILE_OBJECTS) console.log({ ...counts, durationMs, maxRssMib, ...large.calls });
  });
});
