import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BigQuery } from '@google-cloud/bigquery';
import { Storage } from '@google-cloud/storage';
import { type Db, MongoClient } from 'mongodb';
import { LOCAL_EMAIL } from '../../functions/dashboard/who-is.ts';
import { capturedRun } from '../../functions/testing/captured-run.ts';
import { KINDS } from '../../shared/event/object-name.ts';
import { simulate } from '../../shared/simulation/simulate.ts';
import { EVENT_TABLES } from '../../shared/stores/history/site-history.ts';
import { freePort } from '../../shared/testing/free-port.ts';
import { until } from '../../shared/testing/until.ts';
import { findGoogleEmulator, startGoogleEmulator } from '../pubsub/contract-google.ts';
import { startStorage } from '../storage/index.ts';
import { assertForgotten, keepsPrivacy } from './contract-privacy.ts';
import { countsRequests } from './contract-requests.ts';
import { startMeshRun } from './mesh-run.ts';
import { postAll } from './post.ts';
import { DEMO_PROJECT } from './provision.ts';
import { STORE_VARIABLES, type StoreEnv } from './store-env.ts';
import { type RunnerProcess, startRunner, untilProcessed } from './testing/runner-process.ts';
import { countStores, idsInArchive } from './totals.ts';

/** `npm run proof:mesh` says so: the doctor past collect, three kills, an end within npm start's own time, and Google's own Pub/Sub emulator. */
const IS_WHOLE = process.env.SITEBEAT_MESH === 'all';
const KILLS = 3;
const POSTS = 500;
/** Other tests may keep the machine busy when it ends; the proof is alone. */
const PATIENCE = IS_WHOLE ? {} : { SITEBEAT_STOP_MS: '60000' };

async function withDatabase<T>(env: StoreEnv, work: (db: Db) => Promise<T>): Promise<T> {
  const client = new MongoClient(env.MONGODB_URI);
  try {
    return await work(client.db());
  } finally {
    await client.close();
  }
}

async function readTable(env: StoreEnv, table: string): Promise<Record<string, unknown>[]> {
  const query = `SELECT * FROM \`${env.BIGQUERY_DATASET}.${table}\` WHERE received_at >= TIMESTAMP('2020-01-01')`;
  const [rows] = await new BigQuery({ projectId: env.GOOGLE_CLOUD_PROJECT }).query({ query });
  return rows;
}

function capturedRequests() {
  return KINDS.map((kind) => {
    const { headers, body } = JSON.parse(
      readFileSync(new URL(`../../schemas/payloads/${kind}.json`, import.meta.url), 'utf8'),
    );
    return { kind, headers, body };
  });
}

/** Needs a mesh that nothing was posted to, and leaves it so. */
function examinesLive(running: () => RunnerProcess): void {
  const doctor = async (...args: string[]) => {
    const run = await capturedRun(['doctor', '--json', ...args], running().env);
    return { ...run, diagnosis: JSON.parse(run.stdout) };
  };
  /** What of an event is still anywhere. */
  const leftovers = async () => {
    const { env } = running();
    const [files] = await new Storage({ projectId: env.GOOGLE_CLOUD_PROJECT }).bucket(env.ARCHIVE_BUCKET).getFiles();
    const rows = await readTable(env, 'rejections');
    return [...files.map(({ name }) => name), ...rows.map((row) => row.event_id)];
  };

  it('doctor --live follows an event from the archive into the history, and leaves nothing (skipped but in npm run proof:mesh)', async function () {
    if (!IS_WHOLE) this.skip();
    const { exitCode, diagnosis, stderr } = await doctor('--live');
    assert.deepEqual(diagnosis.differences, []);
    assert.deepEqual([exitCode, stderr], [0, '']);
    assert.deepEqual(await leftovers(), []);
  });

  it('doctor --live posts to collect where it is told to, follows the event into the history, asks what each query reads, sees that the client could choose its own address, and leaves nothing', async () => {
    const plain = await doctor();
    const { exitCode, diagnosis } = await doctor('--live', running().collect);
    const views = 4;
    const queries = 13;
    const steps = 5;
    assert.ok(diagnosis.checks >= plain.diagnosis.checks + views + queries + steps, `${diagnosis.checks} checks`);
    assert.deepEqual(diagnosis.differences, [
      {
        what: "the sender's address",
        expected: 'is not what the client wrote',
        actual: 'is what the client wrote: FORWARDED_HOPS is too high',
      },
    ]);
    assert.equal(exitCode, 1);
    assert.deepEqual(await leftovers(), []);
  });
}

/** The id of each event in the archive of a mesh that has ended. */
async function idsInFiles(dataDir: string, env: StoreEnv): Promise<string[]> {
  const storage = await startStorage({ dataDir: join(dataDir, 'storage') });
  try {
    Object.assign(process.env, storage.env);
    return await idsInArchive(env);
  } finally {
    await storage.stop();
  }
}

describe('the whole mesh', function () {
  this.timeout(600_000);
  let dataDir: string;
  let runner: RunnerProcess;
  let hosts: NodeJS.ProcessEnv;
  const start = async (env: NodeJS.ProcessEnv = {}) => {
    runner = await startRunner(['--data', dataDir, '--port', String(await freePort())], { ...PATIENCE, ...env });
    // the clients take their hosts from the environment alone
    Object.assign(process.env, runner.env);
    return runner;
  };
  before(async () => {
    hosts = Object.fromEntries(STORE_VARIABLES.map((name) => [name, process.env[name]]));
    dataDir = mkdtempSync(join(tmpdir(), 'sitebeat-mesh-'));
    // as if a proxy wrote the last address: there is none here, so that it is the client's own
    await start({ FORWARDED_HOPS: '1' });
  });
  after(async () => {
    if (runner?.child.exitCode === null && runner.child.signalCode === null) await runner.end('SIGKILL');
    rmSync(dataDir, { recursive: true });
    Object.assign(process.env, hosts);
  });

  examinesLive(() => runner);

  it('writes down who took a file from the dashboard', async () => {
    const { dashboard, env } = runner;
    const { origin, hash } = new URL(dashboard);
    const headers = { authorization: `Bearer ${hash.replace('#token=', '')}` };
    const file = await fetch(`${origin}/api/v1/projects/${DEMO_PROJECT.slug}/sites?format=csv`, { headers });
    assert.equal(file.status, 200);
    await file.text();
    const rows = await until(async () => {
      // a message may come twice
      const audits = new Map((await readTable(env, 'audits')).map((row) => [row.event_id, row]));
      return audits.size === 2 && [...audits.values()];
    });
    assert.deepEqual(
      rows.map(({ actor, action, resource, outcome }) => [actor, action, resource, outcome]).sort(),
      ['begun', 'done'].map((outcome) => [LOCAL_EMAIL, 'export', 'sites', outcome]),
    );
  });

  it('brings the captured requests into every store, and nothing that is not allowed', async () => {
    const { collect, env } = runner;
    const ids = await postAll(collect, capturedRequests(), { concurrency: 1 });
    await untilProcessed([runner], ids.map(String));
    const site = await withDatabase(env, (db) => db.collection('sites').findOne({ state: 'left', optedOut: true }));
    assert.equal(site?.name, 'Bob\'s "Café" & Söhne 商店');
    assert.equal(site.site, 'shop.example.org');
    const tables = Object.fromEntries(
      await Promise.all(EVENT_TABLES.map(async (table) => [table, await readTable(env, `${table}_unique`)] as const)),
    );
    assert.deepEqual(
      Object.entries(tables).map(([table, rows]) => [table, rows.length]),
      [
        ['sites', 2],
        ['deactivations', 1],
        ['tracking_skips', 1],
        ['rejections', 0],
      ],
    );
    const everything = await withDatabase(env, async (db) => {
      const collections = await db.listCollections().toArray();
      return Promise.all(collections.map(({ name }) => db.collection(name).find().toArray()));
    });
    assert.doesNotMatch(JSON.stringify([everything, tables]), /not-whitelisted/);
    const [files] = await new Storage({ projectId: env.GOOGLE_CLOUD_PROJECT }).bucket(env.ARCHIVE_BUCKET).getFiles();
    const raw = await Promise.all(files.map(async (file) => (await file.download())[0].toString()));
    assert.equal(raw.filter((text) => text.includes('not-whitelisted')).length, 2);
  });

  countsRequests(() => runner);

  it('names a port that is taken, and a data folder that another mesh uses', async () => {
    const { collect, child } = runner;
    const port = Number(new URL(collect).port);
    const onLine = () => {};
    await assert.rejects(startMeshRun({ port, onLine }), new RegExp(`port ${port} is already in use`));
    const second = startMeshRun({ dataDir, port: await freePort(), onLine });
    await assert.rejects(second, new RegExp(`is in use by process ${child.pid}`));
  });

  keepsPrivacy(() => runner);

  it('loses nothing that it answered 200 when it is killed under load (skipped but in npm run proof:mesh)', async function () {
    if (!IS_WHOLE) this.skip();
    const requests = simulate({ seed: 7, sites: POSTS, projectHash: DEMO_PROJECT.hash }).slice(0, POSTS);
    const accepted: string[] = [];
    const runners = [runner];
    const share = Math.ceil(requests.length / KILLS);
    for (let round = 0; round < KILLS; round += 1) {
      const { collect, end } = runner;
      const batch = requests.slice(round * share, (round + 1) * share);
      let killed: Promise<unknown> | undefined;
      let answered = 0;
      const onSent = (id: string | undefined) => {
        if (id !== undefined) accepted.push(id);
        answered += 1;
        if (answered === Math.floor(batch.length / 2)) killed = end('SIGKILL');
      };
      await postAll(collect, batch, { concurrency: 16, onSent }).catch(() => {});
      await killed;
      assert.ok(killed, 'killed while posting');
      runners.push(await start());
    }
    const { collect, env } = runner;
    await postAll(collect, requests.slice(0, POSTS / 10), {
      concurrency: 16,
      onSent: (id) => id !== undefined && accepted.push(id),
    });
    assert.ok(accepted.length > POSTS * 0.4);
    const ids = new Set(accepted);
    await untilProcessed(runners, accepted);
    const tables = await Promise.all(
      ['sites', 'tracking_skips', 'rejections'].map((table) => readTable(env, `${table}_unique`)),
    );
    const seen = tables.flat();
    for (const id of ids) assert.equal(seen.filter(({ event_id }) => event_id === id).length, 1, 'once');
    const reported = seen
      .filter(({ event_id, site }) => ids.has(String(event_id)) && site !== undefined)
      .map(({ site }) => site);
    const known = new Set(await withDatabase(env, (db) => db.collection('sites').distinct('site')));
    assert.ok(reported.length > 0);
    assert.deepEqual(
      reported.filter((site) => !known.has(site)),
      [],
    );
  });

  it('answers what is in flight when it is told to end, ends with 0, and says of whom it erased nothing in any file', async () => {
    const { collect, env, end } = runner;
    const requests = simulate({ seed: 5, sites: 40, projectHash: DEMO_PROJECT.hash });
    const earlier = new Set(await idsInArchive(env));
    const answered: string[] = [];
    let ended: Promise<number | string> | undefined;
    const onSent = (id: string | undefined) => {
      answered.push(String(id));
      if (answered.length !== 10) return;
      ended = end('SIGINT');
    };
    // what comes after the listener is closed is refused
    await postAll(collect, requests, { concurrency: 8, onSent }).catch((error) =>
      assert.match(error.code, /ECONNREFUSED|ECONNRESET/),
    );
    assert.equal(await ended, 0);
    const stored = (await idsInFiles(dataDir, env)).filter((id) => !earlier.has(id));
    assert.deepEqual(stored.sort(), answered.sort(), 'whatever was stored was answered');
    assertForgotten(dataDir);
  });

  const needs = "(skipped but in npm run proof:mesh, where gcloud's pubsub-emulator and Java are installed)";
  it(`counts the same on Google's own Pub/Sub emulator, which does not filter ${needs}`, async function () {
    if (!IS_WHOLE || findGoogleEmulator() === undefined) this.skip();
    const google = await startGoogleEmulator();
    rmSync(dataDir, { recursive: true });
    try {
      const { collect, env, end } = await start(google?.env);
      const requests = simulate({ seed: 3, sites: 60, projectHash: DEMO_PROJECT.hash });
      const ids = (await postAll(collect, requests, { concurrency: 8 })).filter((id) => id !== undefined);
      await untilProcessed([runner], ids);
      const counted = await countStores(env);
      assert.equal(counted.objects, ids.length);
      assert.equal(counted.history + counted.rejections, ids.length);
      assert.equal(await end('SIGTERM'), 0);
    } finally {
      await google?.stop();
    }
  });
});
