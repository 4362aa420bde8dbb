import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { BigQuery } from '@google-cloud/bigquery';
import { Storage } from '@google-cloud/storage';
import { MongoClient } from 'mongodb';
import { buildFunctions } from '../../functions/build.ts';
import { readMesh } from '../../functions/mesh.ts';
import { capturedEvent } from '../../shared/testing/events.ts';
import { freePort } from '../../shared/testing/free-port.ts';
import { describeInProof, IS_PROOF } from '../../shared/testing/in-proof.ts';
import { until } from '../../shared/testing/until.ts';
import { dashboardIdentity } from './mesh-run.ts';
import { post } from './post.ts';
import { DEMO_PROJECT, provisionBucket, provisionDelivery, provisionStores } from './provision.ts';
import { callFunction } from './schedule.ts';
import type { StoreEnv } from './store-env.ts';
import { ownStores, removeOwnStores } from './testing/own-stores.ts';

/** `npm test` has the one that plugins post to. */
const NAMES = IS_PROOF ? readMesh().functions.map(({ name }) => name) : ['collect'];
const readJson = (file: string) => JSON.parse(readFileSync(file, 'utf8'));

/** As a build in the cloud does; nothing is to be fetched. */
async function install(folder: string): Promise<void> {
  await promisify(execFile)('npm', ['ci', '--offline', '--no-audit', '--no-fund'], { cwd: folder });
}

/** As Terraform sets it, and every event with a line of its own. */
const LOGGING = { LOG_EXECUTION_ID: 'true', LOG_LEVEL: 'DEBUG' };

/** As the cloud's image does: the framework's program, in the bundle's folder, told by the environment alone. */
async function startBundle(
  { folder, name, port }: { folder: string; name: string; port: number },
  env: StoreEnv,
  onSaid: (text: string) => void,
): Promise<ChildProcess> {
  const { PATH, HOME } = process.env;
  const child = spawn(join(folder, 'node_modules/.bin/functions-framework'), [], {
    cwd: folder,
    env: { PATH, HOME, ...env, ...dashboardIdentity(''), ...LOGGING, PORT: String(port), FUNCTION_TARGET: name },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr?.on('data', (chunk) => {
    said += chunk;
    onSaid(String(chunk));
  });
  const listens = async () =>
    child.exitCode !== null ||
    (await fetch(`http://127.0.0.1:${port}/robots.txt`).then(
      () => true,
      () => false,
    ));
  await until(listens, { deadlineMs: 30_000, what: `function ${name}` });
  assert.equal(child.exitCode, null, `${name}: ${said}`);
  return child;
}

describe('the bundles, installed and started as the cloud does', function () {
  this.timeout(600_000);
  let folder: string;
  let env: StoreEnv;
  let id: string | undefined;
  const children: ChildProcess[] = [];
  const urls: Record<string, string> = {};
  /** On standard error, by all of them. */
  let said = '';

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sitebeat-bundles-'));
    const folderOf = (name: string) => join(folder, name);
    await buildFunctions();
    await cp(fileURLToPath(new URL('../../dist', import.meta.url)), folder, { recursive: true });
    await Promise.all(NAMES.map((name) => install(folderOf(name))));
    env = ownStores();
    await (IS_PROOF ? provisionStores(env) : provisionBucket(env));
    await Promise.all(
      NAMES.map(async (name) => {
        const port = await freePort();
        urls[name] = `http://127.0.0.1:${port}`;
        const onSaid = (text: string) => {
          said += text;
        };
        children.push(await startBundle({ folder: folderOf(name), name, port }, env, onSaid));
      }),
    );
    if (IS_PROOF) await provisionDelivery(readMesh(), urls, env);
    const { headers, body } = JSON.parse(
      readFileSync(new URL('../../schemas/payloads/track.json', import.meta.url), 'utf8'),
    );
    id = await post(urls.collect as string, { kind: 'track', headers, body });
  });
  after(async () => {
    if (env !== undefined) await removeOwnStores(env);
    for (const child of children) {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      assert.deepEqual(await ended, [0, null]);
    }
    await rm(folder, { recursive: true });
  });

  it('have nothing installed but the framework, of the version that our own lock names', () => {
    const ours = readJson(fileURLToPath(new URL('../../package-lock.json', import.meta.url))).packages;
    for (const name of NAMES) {
      const { packages } = readJson(join(folder, name, 'node_modules/.package-lock.json'));
      const versions = Object.values(packages as Record<string, { version?: string }>).map(({ version }) => version);
      assert.deepEqual(versions, [ours['node_modules/@google-cloud/functions-framework'].version, undefined]);
    }
  });

  it('collect answers, and the object is in the archive as it came', async () => {
    assert.ok(id);
    const [[file]] = await new Storage().bucket(env.ARCHIVE_BUCKET).getFiles({ prefix: 'track/' });
    const [bytes] = await (file as NonNullable<typeof file>).download();
    const stored = JSON.parse(bytes.toString());
    assert.deepEqual([stored.id, stored.payload], [id, capturedEvent('track').payload]);
  });

  describeInProof('each of them', () => {
    it('process-event writes the site', async () => {
      const client = new MongoClient(env.MONGODB_URI);
      try {
        const site = await until(() => client.db().collection('sites').findOne(), { what: 'the site' });
        assert.equal(site.project, DEMO_PROJECT.hash);
      } finally {
        await client.close();
      }
    });

    it('process-event writes the row', async () => {
      const query = `SELECT event_id FROM \`${env.BIGQUERY_DATASET}.sites_unique\` WHERE received_at > TIMESTAMP('2020-01-01')`;
      const bigQuery = new BigQuery({ projectId: env.GOOGLE_CLOUD_PROJECT });
      const rows = await until(
        async () => {
          const [found] = await bigQuery.query({ query });
          return found.length > 0 && found;
        },
        { what: 'the row' },
      );
      assert.deepEqual(rows, [{ event_id: id }]);
    });

    it('notify-mail asks for the admin to be put on the list', async () => {
      const mailbox = async () =>
        (await (await fetch(env.MAIL_API_URL)).json()) as { requests: { request: { list: string; email: string } }[] };
      const { requests } = await until(
        async () => {
          const shown = await mailbox();
          return shown.requests.length > 0 && shown;
        },
        { what: 'the request to the mail API' },
      );
      const { admin_email: email } = capturedEvent('track').payload;
      assert.deepEqual(
        requests.map(({ request }) => [request.list, request.email]),
        [[DEMO_PROJECT.mailIntegrations[0]?.list, email]],
      );
    });

    it('each logs what it did with the event by its id, with a severity and the execution, as Cloud Logging reads them', async () => {
      const linesOf = () =>
        said
          .split('\n')
          .filter((line) => line.includes(`"eventId":"${id}"`))
          .map((line) => JSON.parse(line));
      const lines = await until(() => linesOf().length >= 3 && linesOf(), { what: 'the lines' });
      assert.deepEqual(lines.map(({ function: name, message, severity }) => [name, message, severity]).sort(), [
        ['collect', 'stored', 'DEBUG'],
        ['notify-mail', 'processed', 'DEBUG'],
        ['process-event', 'processed', 'DEBUG'],
      ]);
      const executions = lines.map((line) => line['logging.googleapis.com/labels'].execution_id);
      assert.equal(new Set(executions.filter((one) => /^\w{6,}$/.test(one))).size, 3);
    });

    it('reconcile finds nothing missing in the hours that are closed', async () => {
      const nothing = { objects: 0, history: 0, rejections: 0, waiting: 0, missing: 0, behind: 0, republished: 0 };
      assert.deepEqual(await callFunction(urls.reconcile as string), nothing);
    });

    it('sweep finds nothing that waits', async () => {
      assert.deepEqual(await callFunction(urls.sweep as string), { rejected: 0, asked: 0, waiting: 0, silent: 0 });
    });

    it('rebuild-analytics makes the charts', async () => {
      const { projects, failed } = (await callFunction(urls['rebuild-analytics'] as string)) as Record<string, unknown>;
      assert.deepEqual([projects, failed], [1, 0]);
    });
  });
});
