import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { route } from '../../functions/collect/routes.ts';
import { type Mesh, type MeshFunction, readMesh, subscriptionsOf, topicsOf } from '../../functions/mesh.ts';
import { handleEvent } from '../../shared/runtime/handle-event.ts';
import { openLog } from '../../shared/runtime/log.ts';
import { listen } from '../emulator.ts';
import { openTerraform, type Resource, type TerraformCopy } from './terraform-plan.ts';

const ROOT = new URL('../../', import.meta.url);

describe('terraform/', function () {
  this.timeout(180_000);
  let terraform: TerraformCopy;
  let resources: Resource[];

  before(async function () {
    const found = await openTerraform();
    if (typeof found === 'string') {
      console.log(`    skipped: ${found}`);
      this.skip();
    }
    terraform = found;
    resources = await terraform.everything();
  });
  after(() => terraform?.remove());

  it('is formatted', async () => {
    assert.deepEqual(await terraform.run('fmt', '-check', '-recursive', '-no-color'), { code: 0, output: '' });
  });

  it('is valid by the schema of the providers', async () => {
    const { code, output } = await terraform.run('validate', '-no-color');
    assert.equal(code, 0, output);
  });

  it('makes the topics and subscriptions that the local mesh has', () => {
    assertSameSubscriptions(resources, readMesh());
  });

  it('grants what the table in its README says, and nothing else', () => {
    assert.deepEqual(grantsOf(resources), grantsOfTable(readMesh()));
  });

  it('counts log lines that the code writes', () => {
    for (const { function: name, message, fields } of countedLines(resources))
      assert.ok(
        sourcesOf(name).some((source) => logCall(message, fields).test(source)),
        `no log call of ${name ?? 'any function'} writes “${message}” with ${fields.join() || 'no more'}`,
      );
  });

  it('counts the line of an event that failed, as it is written', async () => {
    const lines = await logged(async () => {
      const handle = handleEvent({
        decode: () => ({ id: 'an event' }),
        work: () => Promise.reject(new Error('no primary')),
        reject: async () => {},
        log: openLog('update-sites'),
      });
      await assert.rejects(handle({}));
    });
    assert.deepEqual(metricsOf(resources, lines), ['failed']);
  });

  it('counts the line of a payload that was not stored, as it is written', async () => {
    const lines = await logged(() => postWith({ create: () => Promise.reject(new Error('no archive')) }));
    assert.deepEqual(metricsOf(resources, lines), ['not_stored']);
  });

  it('needs no edit for a new function of any kind', async () => {
    const mesh = withMoreFunctions(readMesh());
    await terraform.setMesh(mesh);
    const more = await terraform.everything('-filter=tests/mesh.tftest.hcl');
    assertSameSubscriptions(more, mesh);
    assert.deepEqual(grantsOf(more), grantsOfTable(mesh));
    assert.ok(more.some(({ type, index }) => type === 'google_monitoring_alert_policy' && index === 'missing'));
  });
});

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

/** Every grant, whatever resource makes it: `who | on what | role`. */
function grantsOf(resources: Resource[]): string[] {
  const called = new Map<string, string>();
  for (const { type, values } of resources) {
    if (type === 'google_service_account')
      for (const key of [values.member, values.name]) called.set(key, values.account_id);
    else if (values.id) called.set(values.id, values.secret_id ?? values.repository_id ?? values.name);
  }
  const agents: Record<string, string> = { 'gcp-sa-pubsub': 'Pub/Sub’s agent', 'gs-project': 'Cloud Storage’s agent' };
  const whoIs = (member: string) =>
    called.get(member) ?? Object.entries(agents).find(([part]) => member.includes(part))?.[1] ?? member;
  const targets: Record<string, (values: Resource['values']) => string> = {
    google_storage_bucket_iam_member: ({ bucket }) => `bucket ${bucket.replace('demo-project', 'PROJECT')}`,
    google_bigquery_dataset_iam_member: ({ dataset_id }) => `dataset ${dataset_id}`,
    google_project_iam_member: () => 'project',
    google_secret_manager_secret_iam_member: ({ secret_id }) => `secret ${called.get(secret_id)}`,
    google_pubsub_topic_iam_member: ({ topic }) => `topic ${called.get(topic)}`,
    google_pubsub_subscription_iam_member: ({ subscription }) => `subscription ${called.get(subscription)}`,
    google_service_account_iam_member: ({ service_account_id }) => `account ${called.get(service_account_id)}`,
    google_artifact_registry_repository_iam_member: () => 'repository sitebeat-functions',
    google_cloud_run_v2_service_iam_member: ({ name }) => `function ${name}`,
  };
  return resources
    .filter(({ type }) => /_iam_(member|binding|policy|audit_config)$/.test(type))
    .map(({ type, values }) => {
      const target = targets[type];
      assert.ok(target, `${type} grants something that the table cannot say`);
      return `${whoIs(values.member)} | ${target(values)} | ${values.role.replace('demo-project', 'PROJECT')}`;
    })
    .sort();
}

/** The table in terraform/README.md, written out for a mesh, in the form of `grantsOf`. */
function grantsOfTable(mesh: Mesh): string[] {
  const rows = readFileSync(new URL('terraform/README.md', ROOT), 'utf8')
    .split(/^## /m)
    .find((section) => section.startsWith('Who may do what'))
    ?.split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, 5)
        .map((cell) => cell.replaceAll('`', '').trim()),
    );
  assert.ok(rows && rows.length > 0);
  return rows
    .flatMap(([who = '', when = '', on, role]) =>
      when === 'always' ? [`${who} | ${on} | ${role}`] : mesh.functions.flatMap((fn) => row(fn, when, who, on, role)),
    )
    .sort();
}

function row(fn: MeshFunction, when: string, who: string, on = '', role = ''): string[] {
  const { http, objects, topic, schedule } = fn.trigger;
  const granted = fn.access.filter((word) => word === when || (when === 'topic.T' && word.startsWith('topic.')));
  const conditions: Record<string, boolean> = {
    'a topic calls F': objects !== undefined || topic !== undefined,
    'a topic or a schedule calls F': objects !== undefined || topic !== undefined || schedule !== undefined,
    'F is public': http === 'public',
    'F is private HTTP': http === 'private',
  };
  const names = conditions[when] ? [''] : granted.map((word) => word.slice('topic.'.length));
  return names.map((name) =>
    [who.replace('private_callers', 'group:team@example.com'), on, role]
      .join(' | ')
      .replace(/\bF\b/g, fn.name)
      .replace(/\bT\b/g, name),
  );
}

/** What each log-based metric asks of a line. */
function countedLines(resources: Resource[]) {
  return resources
    .filter(({ type }) => type === 'google_logging_metric')
    .map(({ index, values: { filter } }) => ({
      metric: String(index),
      function: filter.match(/jsonPayload\.function="([^"]+)"/)?.[1] as string | undefined,
      message: filter.match(/jsonPayload\.message="([^"]+)"/)[1] as string,
      fields: [...filter.matchAll(/jsonPayload\.(\w+)>/g)].map(([, field]) => field as string),
    }));
}

/** A call that logs `message` at a level that is written by default, with `fields`. */
function logCall(message: string, fields: string[]): RegExp {
  const rest = fields.map((field) => `(?=[^)]*\\b${field}\\b)`).join('');
  return new RegExp(`\\blog\\(\\s*'(?:INFO|WARNING|ERROR)',\\s*'${message}'${rest}`);
}

/** The product code of a function and of shared/; without a name of every function. */
function sourcesOf(name = ''): string[] {
  return [`functions/${name}`, 'shared'].flatMap((folder) =>
    readdirSync(fileURLToPath(new URL(`${folder}/`, ROOT)), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .map((file) => readFileSync(new URL(`${folder}/${file}`, ROOT), 'utf8')),
  );
}

/** The metrics that count one of these lines. */
function metricsOf(resources: Resource[], lines: Record<string, unknown>[]): string[] {
  return countedLines(resources)
    .filter((counted) =>
      lines.some((line) => line.message === counted.message && [undefined, line.function].includes(counted.function)),
    )
    .map(({ metric }) => metric);
}

/** What `work` writes to standard error, line by line. */
async function logged(work: () => Promise<unknown>): Promise<Record<string, unknown>[]> {
  const { write } = process.stderr;
  const chunks: string[] = [];
  process.stderr.write = (chunk: string | Uint8Array) => chunks.push(String(chunk)) > 0;
  try {
    await work();
  } finally {
    process.stderr.write = write;
  }
  return chunks.map((chunk) => JSON.parse(chunk));
}

/** Posts a payload to collect's routes over `archive`. */
async function postWith(archive: Parameters<typeof route>[2]['archive']): Promise<void> {
  const dependencies = { archive, forwardedHops: 0, now: () => new Date(), log: openLog('collect') };
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

/** The mesh with a function of each kind that it may still lack. */
function withMoreFunctions(mesh: Mesh): Mesh {
  const size = {
    description: 'Another',
    memory: '1Gi',
    concurrency: 20,
    timeoutSeconds: 900,
    instances: { min: 0, max: 2 },
  };
  const delivery = { minBackoffSeconds: 20, maxBackoffSeconds: 300, maxDeliveryAttempts: 12 };
  const more = [
    {
      ...size,
      name: 'another-mail',
      trigger: { topic: 'subscribers' },
      delivery,
      access: ['mail', 'mongodb', 'history.append'],
    },
    {
      ...size,
      name: 'another-reader',
      trigger: { objects: ['track/'] },
      delivery,
      access: ['archive.read', 'topic.subscribers'],
    },
    { ...size, name: 'another-page', trigger: { http: 'private' }, access: ['mongodb'] },
    {
      ...size,
      name: 'reconcile',
      trigger: { schedule: '37 * * * *' },
      access: ['archive.read', 'history.read', 'topic.objects'],
    },
  ] as unknown as MeshFunction[];
  const names = new Set(mesh.functions.map(({ name }) => name));
  return { ...mesh, functions: [...mesh.functions, ...more.filter(({ name }) => !names.has(name))] };
}
