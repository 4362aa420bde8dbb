import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { DERIVED_TABLES } from '../shared/stores/history/derived-tables.ts';
import { HISTORY_TABLES } from '../shared/stores/history/history.ts';
import { readViews } from '../shared/stores/history/tables.ts';
import { OBJECTS_TOPIC } from '../shared/stores/topics/notifications.ts';
import { buildFunctions } from './build.ts';
import { type Mesh, type MeshFunction, parseMesh, readMesh, subscriptionsOf, topicsOf } from './mesh.ts';

describe('mesh.json', () => {
  const copy = (): Mesh => structuredClone(JSON.parse(JSON.stringify(readMesh())));

  it('has an entry for every function', () => {
    for (const { name } of readMesh().functions)
      assert.ok(existsSync(new URL(`./${name}/index.ts`, import.meta.url)), name);
  });

  it('lets nobody but collect be called by anybody', () => {
    const open = readMesh().functions.filter(({ trigger }) => trigger.http === 'public');
    assert.deepEqual(
      open.map(({ name }) => name),
      ['collect'],
    );
  });

  it('gives each function behind the archive its filter, deadline and dead letter', () => {
    assert.deepEqual(subscriptionsOf(readMesh())[0], {
      name: 'process-event',
      topic: 'objects',
      filter:
        'hasPrefix(attributes.objectId, "track/") OR hasPrefix(attributes.objectId, "deactivate/") OR hasPrefix(attributes.objectId, "tracking-skipped/")',
      ackDeadlineSeconds: 60,
      minBackoffSeconds: 10,
      maxBackoffSeconds: 600,
      maxDeliveryAttempts: 100,
      deadLetter: 'process-event-dead-letter',
    });
    assert.equal(topicsOf(readMesh())[0], 'objects');
  });

  it('lets the archive tell the topic to which reconcile publishes', () =>
    assert.equal(readMesh().notificationTopic, OBJECTS_TOPIC));

  it('keeps every filter within the 256 bytes that Pub/Sub allows', () => {
    for (const { filter } of subscriptionsOf(readMesh())) assert.ok(Buffer.byteLength(filter ?? '') <= 256);
  });

  for (const { title, change, says } of [
    {
      title: 'a trigger too many',
      change: (mesh: Mesh) => Object.assign(mesh.functions[0]?.trigger ?? {}, { topic: 'objects' }),
      says: /exactly one trigger/,
    },
    {
      title: 'a subscriber without a delivery policy',
      change: (mesh: Mesh) => delete mesh.functions[1]?.delivery,
      says: /delivery policy/,
    },
    {
      title: 'an unknown access',
      change: (mesh: Mesh) => Object.assign(mesh.functions[0] ?? {}, { access: ['everything'] }),
      says: /access/,
    },
    {
      title: 'access to a history without its table',
      change: (mesh: Mesh) => Object.assign(mesh.functions[0] ?? {}, { access: ['history.append'] }),
      says: /access/,
    },
    {
      title: 'access to a topic that no function is behind',
      change: (mesh: Mesh) => Object.assign(mesh.functions[0] ?? {}, { access: ['topic.nowhere'] }),
      says: /topic\.nowhere/,
    },
    {
      title: 'a field that nothing reads',
      change: (mesh: Mesh) => Object.assign(mesh.functions[0] ?? {}, { colour: 'red' }),
      says: /colour/,
    },
    {
      title: 'too many attempts',
      change: (mesh: Mesh) => Object.assign(mesh.functions[1]?.delivery ?? {}, { maxDeliveryAttempts: 101 }),
      says: /maxDeliveryAttempts/,
    },
  ])
    it(`refuses ${title}`, () => {
      const mesh = copy();
      change(mesh);
      assert.throws(() => parseMesh(mesh), says);
    });
});

describe("a function's access to the history", () => {
  const { functions } = readMesh();
  const tablesOf = ({ access }: MeshFunction, right: 'append' | 'read') =>
    access.flatMap((word) => (word.startsWith(`history.${right}:`) ? [word.split(':')[1] as string] : [])).sort();
  let bundles: Map<string, string>;

  before(async function () {
    this.timeout(120_000);
    await buildFunctions();
    bundles = new Map(functions.map(({ name }) => [name, codeOf(name)]));
  });

  for (const fn of functions) {
    it(`lets ${fn.name} append to the tables to which it appends`, () =>
      assert.deepEqual(tablesOf(fn, 'append'), appendedTo(bundles.get(fn.name) as string)));
  }

  for (const fn of functions.filter((fn) => tablesOf(fn, 'read').length > 0)) {
    it(`lets ${fn.name} read the tables that its queries name`, () => {
      const derived: readonly string[] = fn.access.includes('history.rebuild') ? DERIVED_TABLES : [];
      const named = [...(bundles.get(fn.name) as string).matchAll(/\$\{dataset\}\.(\w+)/g)].map((match) =>
        String(match[1]),
      );
      assert.deepEqual(tablesOf(fn, 'read'), [...new Set(named)].filter((table) => !derived.includes(table)).sort());
    });

    it(`lets ${fn.name} read what is beneath the views that it reads`, () => {
      const views = readViews('of');
      for (const view of tablesOf(fn, 'read').filter((table) => views[table] !== undefined))
        for (const [, table = ''] of (views[view] as string).matchAll(/`of\.(\w+)`/g))
          assert.ok(tablesOf(fn, 'read').includes(table), `${view} is made of ${table}`);
    });
  }

  it('lets nobody who asks queries, and so could write over a table, append to what is evidence', () => {
    const both = functions.filter((fn) => tablesOf(fn, 'read').length > 0 && tablesOf(fn, 'append').length > 0);
    assert.deepEqual(
      both.map((fn) => [fn.name, tablesOf(fn, 'append')]),
      [['reconcile', ['reconciliations']]],
    );
  });
});

/** All that Node or BigQuery is given of a bundle. */
function codeOf(name: string): string {
  const folder = new URL(`../dist/${name}/`, import.meta.url);
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(?:mjs|sql)$/.test(file))
    .map((file) => readFileSync(new URL(file, folder), 'utf8'))
    .join('\n');
}

function appendedTo(code: string): string[] {
  const named = [...code.matchAll(/(?:table|rows)Appender\w*\(openDataset\w*\(\w+\), "(\w+)"/g)];
  const tables = named.map((match) => String(match[1]));
  return [...tables, ...(/\bHISTORY_TABLES\b/.test(code) ? HISTORY_TABLES : [])].sort();
}
