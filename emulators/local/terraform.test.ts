import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { buildFunctions, SOURCES } from '../../functions/build.ts';
import { openIntake } from '../../functions/collect/intake.ts';
import { MAX_POSTS_OF_NETWORK } from '../../functions/collect/limits.ts';
import { route } from '../../functions/collect/routes.ts';
import { openTraffic } from '../../functions/collect/traffic.ts';
import { type Mesh, readMesh, subscriptionsOf, topicsOf } from '../../functions/mesh.ts';
import { openNewSites } from '../../functions/process-event/new-sites.ts';
import { months } from '../../functions/rebuild-analytics/publish/figure-queries.ts';
import { publish } from '../../functions/rebuild-analytics/publish.ts';
import { grantsOf, grantsOfTable } from '../../functions/testing/terraform-grants.ts';
import {
  type Outcome,
  openTerraform,
  type Resource,
  type TerraformCopy,
} from '../../functions/testing/terraform-plan.ts';
import type { Rejection } from '../../shared/event/rejection.ts';
import { handleEvent } from '../../shared/runtime/handle-event.ts';
import { openLog } from '../../shared/runtime/log.ts';
import { openRejections } from '../../shared/stores/history/rejections.ts';
import { describeInProof, inProof } from '../../shared/testing/in-proof.ts';
import { ownDataset } from '../../shared/testing/stores.ts';
import { listen } from '../emulator.ts';
import { countedLines, logCall, logged, matching, metricsOf, sourcesOf } from './testing/counted-lines.ts';
import { withMoreFunctions } from './testing/more-functions.ts';

const REJECTION: Rejection = {
  eventId: 'an-event-1',
  kind: 'track',
  receivedAt: '2026-03-09T07:05:06.789Z',
  projectHash: null,
  reason: 'no_project',
  field: 'hash',
  message: 'the payload has no hash',
  objectName: null,
};

const ROOT = new URL('../../', import.meta.url);
const ONLY_MESH = '-filter=tests/mesh.tftest.hcl';

describe('terraform/', function () {
  this.timeout(600_000);
  let terraform: TerraformCopy;

  before(async function () {
    const found = await openTerraform();
    if (typeof found === 'string') {
      console.log(`    skipped: ${found}`);
      this.skip();
    }
    terraform = found;
  });
  after(() => terraform?.remove());

  it('is formatted', async () => {
    assert.deepEqual(await terraform.run('fmt', '-check', '-recursive', '-no-color'), { code: 0, output: '' });
  });

  inProof('is valid by the schema of the providers', async () => {
    const { code, output } = await terraform.run('validate', '-no-color');
    assert.equal(code, 0, output);
  });

  it('ties every right to call a function to the function', () => {
    const blocks = readFileSync(new URL('terraform/iam.tf', ROOT), 'utf8').split(/^resource /m);
    const callers = blocks.filter((block) => block.startsWith('"google_cloud_run_v2_service_iam_'));
    assert.equal(callers.length, 3);
    for (const block of callers)
      assert.match(block, /replace_triggered_by = \[google_cloudfunctions2_function\.mesh\[each\.key\]\.id\]/);
  });

  it('lets nobody call a private function before what it publishes is kept', () => {
    const text = readFileSync(new URL('terraform/iam.tf', ROOT), 'utf8');
    const [, block] = /^resource "google_cloud_run_v2_service_iam_binding" "private" (\{.*?^\})/ms.exec(text) ?? [];
    assert.match(block ?? '', /depends_on = \[[^\]]*google_pubsub_subscription\.push/);
  });

  describeInProof('once it is applied', () => isAsMeant(() => terraform));
});

function isAsMeant(copy: () => TerraformCopy): void {
  let resources: Resource[];
  let changes: Outcome['changes'];
  let sources: Record<string, string>;

  before(async () => {
    await buildFunctions();
    sources = JSON.parse(readFileSync(new URL(`dist/${SOURCES}`, ROOT), 'utf8'));
    await copy().setBuild(sources);
    ({ resources, changes } = await copy().everything());
  });

  it('would change nothing after it was applied', () => {
    assert.deepEqual(changes.again, {});
  });

  it('grants the right to call a function again when the function is made anew, and no other right', () => {
    const { a_function_made_anew: anew = {} } = changes;
    const replaced = Object.keys(anew).filter((address) => /create/.test(anew[address] as string));
    assert.deepEqual(replaced.sort(), [
      'google_cloud_run_v2_service_iam_member.public["collect"]',
      'google_cloudfunctions2_function.mesh["collect"]',
    ]);
  });

  it('takes bundles that were made of the sources as they are', () => {
    for (const file of ['functions/mesh.json', 'package-lock.json', 'shared/stores/archive/archive.ts'])
      assert.ok(sources[file]);
    assert.ok(resources.some(({ type, name }) => type === 'google_storage_bucket' && name === 'bundles'));
  });

  it('makes the topics and subscriptions that the local mesh has', () => {
    assertSameSubscriptions(resources, readMesh());
  });

  it('grants what the table in its README says, and nothing else', () => {
    assert.deepEqual(grantsOf(resources), grantsOfTable(readMesh()));
  });

  it('gives every function the variables that its config asks for', async () => {
    const secrets = { MONGODB_URI: 'mongodb://db.example/sitebeat', MAIL_API_SECRET: 'a secret' };
    for (const { index, values } of resources.filter(({ type }) => type === 'google_cloudfunctions2_function')) {
      const { environment_variables, secret_environment_variables } = values.service_config[0];
      const keys = secret_environment_variables.map(({ key }: { key: keyof typeof secrets }) => [key, secrets[key]]);
      const { readConfig } = await import(new URL(`functions/${index}/config.ts`, ROOT).href);
      assert.doesNotThrow(() => readConfig({ ...environment_variables, ...Object.fromEntries(keys) }), String(index));
    }
  });

  it('counts log lines that the code writes', () => {
    for (const { function: name, message, fields } of countedLines(resources).filter(({ number }) => !number))
      assert.ok(
        sourcesOf(name).some((source) => logCall(message, fields).test(source)),
        `no log call of ${name ?? 'any function'} writes “${message}” with ${fields.join() || 'no more'}`,
      );
  });

  it('keeps the numbers of the lines of a minute, as they are written', async () => {
    const lines = await logged(async () => {
      const [now, posts] = [() => new Date(), MAX_POSTS_OF_NETWORK + 2];
      const traffic = openTraffic({ now, log: openLog('collect') });
      for (let n = 0; n < posts; n += 1) traffic.isOverRate('203.0.113.9', 0);
      for (const hash of ['one', 'one', 'another']) traffic.countProject(hash);
      traffic.count('shed');
      traffic.flush();
      const newSites = openNewSites({ now, log: openLog('process-event') });
      for (const senderNetwork of ['203.0.113.0', '198.51.100.0', '203.0.113.0', null])
        newSites.count({ receivedAt: now().toISOString(), projectHash: 'one', senderNetwork });
      newSites.flush();
    });
    const kept = countedLines(resources)
      .filter(({ number }) => number)
      .map((counted) => [counted.metric, matching(counted, lines)[0]?.[counted.number as string]]);
    assert.deepEqual(Object.fromEntries(kept), {
      shed: 1,
      over_rate: 2,
      posts_of_network: MAX_POSTS_OF_NETWORK + 2,
      posts_of_project: 2,
      new_sites: 4,
      new_sites_of_network: 2,
      new_sites_of_project: 4,
    });
  });

  it('counts the line of an event that failed, as it is written', async () => {
    const lines = await logged(async () => {
      const handle = handleEvent({
        decode: () => ({ id: 'an event' }),
        work: () => Promise.reject(new Error('no primary')),
        reject: async () => {},
        log: openLog('process-event'),
      });
      await assert.rejects(handle({}));
    });
    assert.deepEqual(metricsOf(resources, lines), ['failed']);
  });

  it('counts the line of a payload that was not stored, as it is written', async () => {
    const lines = await logged(() => postWith({ create: () => Promise.reject(new Error('no archive')) }));
    assert.deepEqual(metricsOf(resources, lines), ['not_stored']);
  });

  it('counts the line of an event that was rejected, as it is written', async () => {
    const dataset = await ownDataset();
    try {
      const options = { projectId: dataset.projectId, dataset: String(dataset.id) };
      const lines = await logged(() => openRejections(options, { log: openLog('a-function') }).append(REJECTION));
      assert.deepEqual(metricsOf(resources, lines), ['rejected']);
      assert.ok(!JSON.stringify(lines).includes(REJECTION.message));
    } finally {
      await dataset.delete({ force: true });
    }
  });

  it('counts the lines of figures that are unsure and of those that failed, as they are written', async () => {
    const lines = await logged(async () => {
      const nothing = async () => {};
      async function* stream({ sql }: { sql: string }) {
        const days = [{ day: '2026-11-30', active: 100, spreads: [] }];
        if (sql === months('2026-11').sql)
          yield* [
            { project_hash: 'unsure', days },
            { project_hash: 'failing', days },
          ];
      }
      const putSeries = async ([first]: { _id: string }[]) => {
        if (first?._id.startsWith('failing:')) throw new Error('too large');
      };
      const figures = {
        published: async () => new Map(),
        putSeries,
        putFigures: nothing,
        publish: nothing,
        noteMissed: nothing,
        remove: nothing,
      };
      const stores = {
        history: { stream },
        figures,
        published: { read: async () => undefined },
        projects: { all: async () => [] },
        sites: { count: async () => 0 },
        log: openLog('rebuild-analytics'),
      };
      const day = { today: '2026-11-30', through: '2026-11-29', now: new Date('2026-11-30T12:00:00Z') };
      await publish(stores, { ...day, days: ['2026-11-30'], generation: 1, full: false });
    });
    assert.deepEqual(metricsOf(resources, lines).sort(), ['kept', 'unsure']);
    assert.ok(!JSON.stringify(lines).includes('too large'));
  });

  it('needs no edit for a new function of any kind', async () => {
    const terraform = copy();
    const mesh = withMoreFunctions(readMesh());
    await terraform.setBuild({});
    await terraform.setMesh(mesh);
    const { resources: more } = await terraform.everything(ONLY_MESH);
    assertSameSubscriptions(more, mesh);
    assert.deepEqual(grantsOf(more), grantsOfTable(mesh));
    assert.ok(more.some(({ type, index }) => type === 'google_monitoring_alert_policy' && index === 'missing'));
  });
}

function assertSameSubscriptions(resources: Resource[], mesh: Mesh) {
  const all = (type: string, name: string) =>
    resources.filter((resource) => resource.type === type && resource.name === name).map(({ values }) => values);
  const nameOf = (id: string) => resources.find(({ values }) => values.id === id)?.values.name;
  const seconds = (duration: string) => Number(duration.replace('s', ''));

  const subscriptions = all('google_pubsub_subscription', 'push').map((values) => ({
    name: values.name,
    topic: nameOf(values.topic),
    ...(values.filter && { filter: values.filter }),
    ackDeadlineSeconds: values.ack_deadline_seconds,
    minBackoffSeconds: seconds(values.retry_policy[0].minimum_backoff),
    maxBackoffSeconds: seconds(values.retry_policy[0].maximum_backoff),
    maxDeliveryAttempts: values.dead_letter_policy[0].max_delivery_attempts,
    deadLetter: nameOf(values.dead_letter_policy[0].dead_letter_topic),
  }));
  assert.deepEqual(byName(subscriptions), byName(subscriptionsOf(mesh)));

  const topics = all('google_pubsub_topic', 'mesh').map(({ name }) => name);
  assert.deepEqual(topics.sort(), topicsOf(mesh).sort());
  assert.deepEqual(
    byName(all('google_pubsub_subscription', 'dead_letter')).map(({ name, topic }) => [name, nameOf(topic)]),
    byName(subscriptionsOf(mesh)).map(({ deadLetter }) => [deadLetter, deadLetter]),
  );
}

const byName = <T extends { name?: string }>(items: T[]) =>
  [...items].sort((a, b) => String(a.name).localeCompare(String(b.name)));

/** Posts a payload to collect's routes over `archive`. */
async function postWith(archive: Parameters<typeof route>[2]['archive']): Promise<void> {
  const [now, log] = [() => new Date(), openLog('collect')];
  const dependencies = { archive, forwardedHops: 0, now, log, intake: openIntake({ now, log }) };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    await route(Object.assign(request, { rawBody: Buffer.concat(chunks) }), response, dependencies);
  });
  const port = await listen(server);
  const body = new URLSearchParams({ hash: 'a hash', url: 'https://a.example' });
  const { status } = await fetch(`http://127.0.0.1:${port}/track`, { method: 'POST', body });
  assert.equal(status, 503);
  server.closeAllConnections();
  server.close();
}
