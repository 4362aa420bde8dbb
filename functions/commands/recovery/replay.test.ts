import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { BigQuery } from '@google-cloud/bigquery';
import type { StoredEvent } from '../../../shared/event/envelope.ts';
import type { Kind } from '../../../shared/event/object-name.ts';
import type { Project } from '../../../shared/project/project.ts';
import { EVENT_TABLES } from '../../../shared/stores/history/site-history.ts';
import { openProjectsWriter } from '../../../shared/stores/projects-writer.ts';
import { capturedEvent, TEST_PROJECT } from '../../../shared/testing/events.ts';
import { IS_PROOF, inProof } from '../../../shared/testing/in-proof.ts';
import { until } from '../../../shared/testing/until.ts';
import { processEvent } from '../../process-event/process-event.ts';
import { capturedRun } from '../../testing/captured-run.ts';
import { type OwnSystem, openOwnSystem, userAgentOf } from '../../testing/own-system.ts';
import { openRedelivery, type Redelivery } from '../../testing/redelivery.ts';

const OTHER_PROJECT: Project = { ...TEST_PROJECT, hash: '0b7a6a0e-1111-4222-8333-444455556666', slug: 'other' };
const LATE_PROJECT: Project = { ...TEST_PROJECT, hash: '0b7a6a0e-1111-4222-8333-777755556666', slug: 'late' };
const RANGE = ['--from', '2026-03-09', '--to', '2026-03-12'];
const BIN = fileURLToPath(new URL('../sitebeat.ts', import.meta.url));

let events = 0;

/** An event of a site, ten minutes after the one before. */
function eventOf(kind: Kind, url: string, payload: Record<string, unknown> = {}): StoredEvent {
  events += 1;
  return capturedEvent(kind, {
    id: `${kind}-of-replay-${String(events).padStart(3, '0')}`,
    receivedAt: new Date(Date.parse('2026-03-09T20:00:00.000Z') + events * 600_000).toISOString(),
    userAgent: userAgentOf(url),
    payload: { ...(kind !== 'tracking-skipped' && { url }), ...payload },
  });
}

describe('sitebeat replay', () => {
  let system: OwnSystem;
  let redelivery: Redelivery;
  beforeEach(async () => {
    events = 0;
    system = await openOwnSystem([TEST_PROJECT, OTHER_PROJECT]);
    redelivery = await openRedelivery(system.env.ARCHIVE_BUCKET as string);
  });
  afterEach(async () => {
    await redelivery.close();
    await system.close();
  });

  const replay = async (...args: string[]) => {
    const run = await capturedRun(['replay', '--json', ...RANGE, ...args], system.env);
    assert.equal(run.exitCode, 0, run.stderr);
    return JSON.parse(run.stdout);
  };
  /** As the functions do with what is sent again; gives the ids. */
  const deliver = async (count: number) => {
    await until((progress) => {
      progress(redelivery.names.length);
      return redelivery.names.length >= count;
    });
    const names = redelivery.names.splice(0);
    for (const name of names) await processEvent({ name }, system.stores);
    return names.map((name) => name.replace(/.*\/|\.json$/g, '')).sort();
  };
  /** Each event's rows as readers see them. */
  const readable = async () => {
    const rows: string[] = [];
    for (const table of EVENT_TABLES) {
      const query = `SELECT event_id FROM \`${system.env.BIGQUERY_DATASET}.${table}_unique\` WHERE received_at > TIMESTAMP '2000-01-01'`;
      const [found] = await new BigQuery({ projectId: process.env.GOOGLE_CLOUD_PROJECT ?? '' }).query({ query });
      rows.push(...found.map(({ event_id: id }) => `${table}/${id}`));
    }
    return rows.sort();
  };

  /** Processed, lost and refused events of two projects and a stranger. */
  const live = async () => {
    await system.processTogether(
      eventOf('track', 'https://a.example.org'),
      eventOf('track', 'https://b.example.org', { hash: OTHER_PROJECT.hash }),
    );
    await system.processTogether(
      eventOf('tracking-skipped', 'https://a.example.org'),
      eventOf('deactivate', 'https://b.example.org', { hash: OTHER_PROJECT.hash }),
      // client 1.2.3: no project, no url
      eventOf('deactivate', 'https://a.example.org', { hash: undefined, url: undefined }),
      eventOf('track', 'https://c.example.org', { hash: LATE_PROJECT.hash }),
      eventOf('track', 'https://d.example.org', { url: 'http://' }),
    );
    await system.receive(eventOf('track', 'https://a.example.org'));
    await system.receive(eventOf('deactivate', 'https://e.example.org', { hash: OTHER_PROJECT.hash }));
  };

  it('says how many there are and what they cost, and sends nothing on a dry run', async () => {
    await live();
    const { objects, kinds, published, estimatedUsd } = await replay('--dry-run');
    assert.deepEqual(
      { objects, kinds, published },
      {
        objects: 9,
        kinds: { track: 5, deactivate: 3, 'tracking-skipped': 1 },
        published: 0,
      },
    );
    assert.equal(estimatedUsd, 0.01);
    const counts: number[] = [];
    for (const args of [
      ['--only', 'missing'],
      ['--only', 'rejected'],
      ['--kind', 'deactivate'],
      ['--project', 'test'],
      ['--project', 'other', '--only', 'missing'],
      ['--project', LATE_PROJECT.hash, '--only', 'rejected'],
      ['--project', LATE_PROJECT.hash.toUpperCase()],
      ['--from', '2026-03-09T21:00', '--to', '2026-03-09T21:59'],
    ]) {
      counts.push((await replay('--dry-run', ...args)).objects);
    }
    assert.deepEqual(counts, [2, 2, 3, 5, 1, 1, 1, 4]);
    assert.deepEqual(redelivery.names, []);
  });

  it('sends what is missing and nothing else, until nothing is', async () => {
    await live();
    assert.equal((await replay('--only', 'missing', '--yes')).published, 2);
    assert.deepEqual(await deliver(2), ['deactivate-of-replay-009', 'track-of-replay-008']);
    assert.equal((await replay('--only', 'missing', '--yes')).published, 0);
    assert.equal((await system.stores.sites.find(`${OTHER_PROJECT.hash}:e.example.org`))?.state, 'left');
  });

  it('ends with 1 for a slug that no project has, instead of finding nothing of it', async () => {
    const { exitCode, stderr } = await capturedRun(['replay', ...RANGE, '--project', 'tset', '--dry-run'], system.env);
    assert.deepEqual([exitCode, stderr], [1, 'sitebeat: no project has the hash or slug tset\n']);
  });

  it('takes nothing for missing whose id begins that of another one', async () => {
    const [one, other] = [eventOf('track', 'https://a.example.org'), eventOf('track', 'https://a.example.org')];
    await system.process(one, { ...other, id: `${one.id}-b`, receivedAt: one.receivedAt });
    assert.equal((await replay('--only', 'missing', '--dry-run')).objects, 0);
  });

  it('sends what was refused: what is understood by now joins the history', async () => {
    await live();
    await openProjectsWriter(system.db).create(LATE_PROJECT);
    assert.equal((await replay('--only', 'rejected', '--yes')).published, 2);
    assert.deepEqual(await deliver(2), ['track-of-replay-006', 'track-of-replay-007']);
    const rejected = (await readable()).filter((row) => row.startsWith('rejections/'));
    assert.deepEqual(rejected, ['rejections/track-of-replay-007']);
  });

  it('doubles no row for whoever reads, and changes no site, however often it sends everything', async () => {
    await live();
    assert.equal((await replay('--only', 'missing', '--yes')).published, 2);
    await deliver(2);
    const rows = await readable();
    assert.equal(rows.length, new Set(rows).size);
    const latest = async () => [
      await system.db.collection('sites').find().sort({ _id: 1 }).toArray(),
      await system.db.collection('deactivations').find().sort({ _id: 1 }).toArray(),
      await system.db.collection('optOuts').find().sort({ _id: 1 }).toArray(),
    ];
    const documents = await latest();
    for (let time = 0; time < (IS_PROOF ? 2 : 1); time += 1) {
      assert.equal((await replay('--yes')).published, 9);
      await deliver(9);
    }
    assert.deepEqual(await readable(), rows);
    assert.deepEqual(await latest(), documents);
  });

  it('asks before it sends, and sends nothing after a no', async () => {
    await live();
    const { exitCode, stderr } = await capturedRun(['replay', ...RANGE], system.env, 'n');
    assert.equal(exitCode, 1);
    assert.match(stderr, /objects +9\n[\s\S]*estimated cost +\$0\.01\n[\s\S]*again\? \[y\/N\]/);
    const yes = await capturedRun(['replay', ...RANGE, '--only', 'missing'], system.env, 'y');
    assert.deepEqual([yes.exitCode, yes.stdout], [0, '2 objects were sent again\n']);
    // the two are all that ever came
    assert.equal((await deliver(2)).length, 2);
  });

  it('goes on after an object', async () => {
    await live();
    const after = 'track/2026/03/09/21/track-of-replay-006.json';
    assert.equal((await replay('--yes', '--after', after)).published, 2);
    assert.deepEqual(await deliver(2), ['track-of-replay-007', 'track-of-replay-008']);
  });

  inProof('stops at Ctrl-C, and says how to go on; the two runs together send everything', async () => {
    for (let n = 0; n < 60; n += 1) await system.receive(eventOf('track', 'https://a.example.org'));
    // so slow that it is far from its end when the signal comes, however slow the machine is
    const args = ['replay', ...RANGE, '--yes', '--rate', '2'];
    const child = spawn(BIN, args, { env: { ...process.env, ...system.env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    const exited = once(child, 'exit');
    await until(() => redelivery.names.length >= 2);
    child.kill('SIGINT');
    const [exitCode] = await exited;
    assert.equal(exitCode, 1, stderr);
    assert.match(stderr, /interrupted after \d+ of 60 objects/);
    const after = /--after (\S+)/.exec(stderr)?.[1] as string;
    const { published } = await replay('--yes', '--rate', '1000', '--after', after);
    assert.ok(published > 0 && published < 60, `${published}`);
    const sent = await until((progress) => {
      progress(redelivery.names.length);
      return redelivery.names.length >= 60 && new Set(redelivery.names);
    });
    assert.equal(sent.size, 60);
  });
});

describe('sitebeat replay, used wrongly,', () => {
  const env = { ARCHIVE_BUCKET: 'not-asked', BIGQUERY_DATASET: 'not_asked' };

  for (const [title, args, says] of [
    ['no beginning', [], /--from/],
    ['an end before the beginning', ['--from', '2026-03-09', '--to', '2026-03-08'], /not after/],
    ['what is to come', ['--from', '2999-01-01', '--to', '2999-01-02'], /not after/],
    ['a time that is none', ['--from', '2026-13-01'], /no time/],
    ['a rate of nothing', [...RANGE, '--rate', '0'], /above zero/],
    ['an object that is none', [...RANGE, '--after', 'x'], /no object/],
    ['a database that is none', [...RANGE, '--into', 'mongodb://h'], /^sitebeat: --into must be a mongodb/],
    [
      'a part of what --into makes',
      [...RANGE, '--into', 'mongodb://h/d', '--kind', 'track'],
      /--into takes everything/,
    ],
  ] as [string, string[], RegExp][])
    it(`refuses ${title}`, async () => {
      const { exitCode, stderr } = await capturedRun(['replay', ...args], env);
      assert.equal(exitCode, 2);
      assert.match(stderr, says);
    });
});
