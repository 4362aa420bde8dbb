import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { BigQuery } from '@google-cloud/bigquery';
import { PubSub } from '@google-cloud/pubsub';
import { Storage } from '@google-cloud/storage';
import { MongoClient } from 'mongodb';
import { buildFunctions } from '../../functions/build.ts';
import { readMesh, subscriptionsOf } from '../../functions/mesh.ts';
import type { MailRequest } from '../../functions/notify-mail/mail-api.ts';
import { parseObjectName } from '../../shared/event/object-name.ts';
import { concurrently } from '../../shared/runtime/concurrently.ts';
import { type ClientRequest, simulate } from '../../shared/simulation/simulate.ts';
import { EVENT_TABLES } from '../../shared/stores/history/site-history.ts';
import type { SiteDocument } from '../../shared/stores/sites/sites.ts';
import { freePort } from '../../shared/testing/free-port.ts';
import { IS_PROOF } from '../../shared/testing/in-proof.ts';
import { until } from '../../shared/testing/until.ts';
import { type FunctionProcess, startFunction } from './function-process.ts';
import { dashboardIdentity } from './mesh-run.ts';
import { post } from './post.ts';
import { DEMO_PROJECT, impatient, provisionBucket, provisionDelivery, provisionStores } from './provision.ts';
import { callFunction } from './schedule.ts';
import type { StoreEnv } from './store-env.ts';
import { ownStores, removeOwnStores } from './testing/own-stores.ts';
import { untilProcessed } from './testing/runner-process.ts';

const MESH = impatient(readMesh());
const SUBSCRIPTIONS = subscriptionsOf(MESH);
/** `npm run proof:redeploy` sends more, and replaces every function; else collect is alone, and nobody is told of its objects. */
const PAYLOADS = Number(process.env.SITEBEAT_REDEPLOY_PAYLOADS ?? (IS_PROOF ? 200 : 60));
const IS_WHOLE = PAYLOADS > 60;
const REPLACED = MESH.functions.filter(({ name }) => IS_WHOLE || name === 'collect');
const POSTS_AT_ONCE = 16;
/** The part of a function's load after which the new process takes over. */
const SWITCH_AT = 1 / 3;

/** The functions, each as the process that requests are routed to now. */
class RunningFunctions {
  #env: StoreEnv;
  #running = new Map<string, FunctionProcess>();
  /** What all of them logged. */
  readonly lines: string[] = [];

  constructor(env: StoreEnv) {
    this.#env = env;
  }

  urlOf(name: string): string {
    return (this.#running.get(name) as FunctionProcess).url;
  }

  async start(name: string): Promise<FunctionProcess> {
    const source = fileURLToPath(new URL(`../../dist/${name}`, import.meta.url));
    const options = { name, source, port: await freePort(), onLine: (line: string) => this.lines.push(line) };
    return startFunction({
      ...options,
      env: { ...process.env, ...this.#env, ...dashboardIdentity(''), LOG_LEVEL: 'DEBUG' },
    });
  }

  /** What comes from now on goes to `fresh`; what is under way stays with the process that is given back. */
  route(name: string, fresh: FunctionProcess): FunctionProcess | undefined {
    const earlier = this.#running.get(name);
    this.#running.set(name, fresh);
    return earlier;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running.values()].map((fn) => fn.stop()));
  }
}

describe('a redeploy', function () {
  this.timeout(Math.max(600_000, PAYLOADS * 1000));
  let env: StoreEnv;
  let functions: RunningFunctions;
  let pubsub: PubSub;

  before(async () => {
    env = ownStores();
    pubsub = new PubSub({ projectId: env.GOOGLE_CLOUD_PROJECT });
    functions = new RunningFunctions(env);
    await Promise.all([buildFunctions(), IS_WHOLE ? provisionStores(env) : provisionBucket(env)]);
    await Promise.all(
      REPLACED.map(async ({ name }) => {
        functions.route(name, await functions.start(name));
      }),
    );
    if (!IS_WHOLE) return;
    const endpoints = REPLACED.map(({ name }) => [name, functions.urlOf(name)]);
    await provisionDelivery(MESH, Object.fromEntries(endpoints), env);
  });
  after(async () => {
    await pubsub.close();
    await removeOwnStores(env);
    await functions.stop();
  });

  /** Posts that the old collect answered when the new one had the route, and those that it no longer took. */
  const collected = { drained: 0, rerouted: 0 };

  /** Cloud Run's front end turns to the new instance when the old one takes no connection; a plugin never tries again. */
  async function postThroughFrontEnd(request: ClientRequest): Promise<string | undefined> {
    for (;;) {
      const url = functions.urlOf('collect');
      const isOld = () => url !== functions.urlOf('collect');
      try {
        const id = await post(url, request);
        if (isOld()) collected.drained += 1;
        return id;
      } catch (error) {
        if (!isOld()) throw error;
        collected.rerouted += 1;
      }
    }
  }

  /** The new process has the route; then the old one is told to end, and answers what it has. */
  async function replace(name: string, fresh: FunctionProcess): Promise<void> {
    const wanted = SUBSCRIPTIONS.find((subscription) => subscription.name === name);
    if (wanted !== undefined) {
      const pushEndpoint = `${fresh.url}/projects/${env.GOOGLE_CLOUD_PROJECT}/topics/${wanted.topic}`;
      await pubsub.subscription(name).modifyPushConfig({ pushEndpoint });
    }
    await functions.route(name, fresh)?.stop();
  }

  async function select(table: string, columns: string): Promise<Record<string, string>[]> {
    const query = `SELECT ${columns} FROM \`${env.BIGQUERY_DATASET}.${table}_unique\`
      WHERE received_at >= TIMESTAMP('2020-01-01') ${table === 'rejections' ? "AND kind != 'subscriber'" : ''}`;
    const [rows] = await new BigQuery({ projectId: env.GOOGLE_CLOUD_PROJECT }).query({ query });
    return rows;
  }

  it(`of ${IS_WHOLE ? 'every function, one after the other,' : 'collect'} loses none of ${PAYLOADS} payloads that arrive meanwhile`, async () => {
    const requests = simulate({ seed: 11, sites: PAYLOADS, projectHash: DEMO_PROJECT.hash }).slice(0, PAYLOADS);
    const accepted: (string | undefined)[] = [];
    const shares = REPLACED.length * 2;
    const load = (share: number, onSent: (sent: number) => void = () => {}) => {
      const part = requests.slice((share * PAYLOADS) / shares, ((share + 1) * PAYLOADS) / shares);
      let sent = 0;
      return concurrently(part, POSTS_AT_ONCE, async (request) => {
        accepted.push(await postThroughFrontEnd(request));
        sent += 1;
        onSent(sent / part.length);
      });
    };
    for (const [index, { name }] of REPLACED.entries()) {
      const [fresh] = await Promise.all([functions.start(name), load(2 * index)]);
      let replaced: Promise<void> | undefined;
      await load(2 * index + 1, (sent) => {
        if (sent >= SWITCH_AT) replaced ??= replace(name, fresh);
      });
      await replaced;
    }
    accepted.sort();
    assert.equal(new Set(accepted.filter(Boolean)).size, PAYLOADS, 'each is answered with an event id');
    assert.ok(collected.drained > 0, 'the old collect had something to drain');

    const [files] = await new Storage().bucket(env.ARCHIVE_BUCKET).getFiles();
    assert.deepEqual(files.map(({ name }) => parseObjectName(name)?.id).sort(), accepted, 'in the archive');
    if (!IS_WHOLE) return;

    await untilProcessed([functions], accepted.map(String));
    const tables = await Promise.all(
      EVENT_TABLES.map(async (table) => (await select(table, 'event_id')).map(({ event_id: id }) => id)),
    );
    for (const events of tables) assert.equal(new Set(events).size, events.length, 'once in a table');
    const rejections = new Set(tables.at(-1));
    const history = new Set(tables.slice(0, -1).flat());
    assert.deepEqual([...history, ...rejections].sort(), accepted, 'in the history or rejected, never both');
    assert.ok(rejections.size > 0);
    console.log({ accepted: accepted.length, history: history.size, rejections: rejections.size, ...collected });
  });

  it('leaves every site in MongoDB, and every admin of one on the list (skipped but in npm run proof:redeploy)', async function () {
    if (!IS_WHOLE) this.skip();
    const reported = new Set((await select('sites', 'site')).map(({ site }) => site));
    const asked = async () => {
      const shown = (await (await fetch(env.MAIL_API_URL)).json()) as { requests: { request: MailRequest }[] };
      return new Set(shown.requests.map(({ request }) => `${request.site} ${request.email}`));
    };
    const client = new MongoClient(env.MONGODB_URI);
    try {
      const sites = client.db().collection<SiteDocument>('sites');
      const known = await until(
        async (progress) => {
          const found = await sites.find().toArray();
          progress(found.length);
          return found.length >= reported.size && found;
        },
        { what: 'every site in MongoDB' },
      );
      assert.deepEqual(new Set(known.map(({ site }) => site)), reported);
      const admins = known.filter((site) => site.environment === 'production' && !site.optedOut && site.adminEmail);
      assert.ok(admins.length > 0);
      await until(
        async (progress) => {
          const mails = await asked();
          progress(mails.size);
          return admins.every(({ site, adminEmail }) => mails.has(`${site} ${adminEmail}`));
        },
        { what: 'every admin at the mail API' },
      );
    } finally {
      await client.close();
    }
  });

  it('leaves a scheduled function that answers (skipped but in npm run proof:redeploy)', async function () {
    if (!IS_WHOLE) this.skip();
    const { projects, failed } = (await callFunction(functions.urlOf('rebuild-analytics'))) as Record<string, unknown>;
    assert.deepEqual([projects, failed], [1, 0]);
  });
});
