import assert from 'node:assert/strict';
import type { Db, Document } from 'mongodb';
import type { StoredEvent } from '../../../shared/event/envelope.ts';
import { type Kind, objectName } from '../../../shared/event/object-name.ts';
import type { Project } from '../../../shared/project/project.ts';
import { urlMd5 } from '../../../shared/report/site-id.ts';
import { seededRandom } from '../../../shared/simulation/random.ts';
import { openProjectsWriter } from '../../../shared/stores/projects-writer.ts';
import { capturedEvent, TEST_PROJECT } from '../../../shared/testing/events.ts';
import { IS_PROOF } from '../../../shared/testing/in-proof.ts';
import { ownDatabase } from '../../../shared/testing/stores.ts';
import { processEvent } from '../../process-event/process-event.ts';
import { sweep } from '../../sweep/sweep.ts';
import { capturedRun } from '../../testing/captured-run.ts';
import { type OwnSystem, openOwnSystem, userAgentOf } from '../../testing/own-system.ts';

const MAIL_LIST = { provider: 'mailchimp', list: 'a', enabled: true } as const;
const OTHER_PROJECT: Project = {
  ...TEST_PROJECT,
  hash: '0b7a6a0e-1111-4222-8333-444455556666',
  slug: 'other',
  mailIntegrations: [MAIL_LIST],
};
const STRANGER = 'ffffffff-1111-4222-8333-444455556666';
const START = Date.parse('2026-03-09T07:00:00.000Z');
const HOUR_MS = 3_600_000;
const EVENTS = 32;

/** A history of some sites of two projects, in the order in which it is delivered. */
function historyOf(seed: number): StoredEvent[] {
  const random = seededRandom(seed);
  const events: StoredEvent[] = [];
  const add = (kind: Kind, at: number, url: string, payload: Record<string, unknown>) => {
    const id = `${kind}-of-rebuild-${seed}-${events.length}`;
    const receivedAt = new Date(at).toISOString();
    events.push(capturedEvent(kind, { id, receivedAt, userAgent: userAgentOf(url), payload }));
  };
  // another WordPress for each project, but for one: what names no project is nobody's there, once both are known
  const both = 'https://both.example.org';
  for (const hash of [TEST_PROJECT.hash, OTHER_PROJECT.hash]) add('track', START, both, { url: both, hash });
  for (let n = 2; n < EVENTS; n += 1) {
    const other = random.chance(0.4);
    const hash = other ? OTHER_PROJECT.hash : TEST_PROJECT.hash;
    const url = random.chance(0.1)
      ? 'https://both.example.org'
      : `https://${other ? 'o' : 't'}${random.pick([1, 2, 3, 4])}.example.org`;
    const at = START + Math.floor(random.next() * 72 * HOUR_MS);
    const admin = {
      admin_email: `${random.pick(['ada', 'bob'])}@example.org`,
      project_version: random.pick(['1.0', '1.1', '2.0']),
    };
    const shape = random.next();
    if (shape < 0.45) add('track', at, url, { url, hash, ...admin });
    else if (shape < 0.6)
      add('deactivate', at, url, { url, hash, ...admin, reason_id: random.pick(['other', 'too-slow']) });
    else if (shape < 0.75) add('tracking-skipped', at, url, { hash });
    else if (shape < 0.85) add('deactivate', at, url, { hash: undefined, url: undefined });
    else if (shape < 0.93) add('track', at, url, { url, hash: STRANGER });
    else add('track', at, url, { url: 'http://', hash });
  }
  // some are late, some come twice
  const late = events.slice(2).filter(() => random.chance(0.3));
  const inTime = events
    .filter((event) => !late.includes(event))
    .sort((one, other) => (one.receivedAt < other.receivedAt ? -1 : 1));
  return [...inTime, ...late, ...events.filter(() => random.chance(0.15))];
}

/** What the archive tells: not how often it was written, what was mailed, and when one that waits was met. */
async function contentsOf(db: Db): Promise<Record<string, Document[]>> {
  const contents: Record<string, Document[]> = {};
  for (const name of ['projects', 'sites', 'deactivations', 'optOuts', 'unclaimed', 'erasures']) {
    const documents = await db.collection(name).find().sort({ _id: 1 }).toArray();
    contents[name] = documents.map(
      ({ revision: _r, pendingMail: _p, askedMail: _a, mailDueAt: _m, waitingSince: _w, ...rest }) => rest,
    );
  }
  return contents;
}

describe('sitebeat replay --into', () => {
  let system: OwnSystem;
  let target: ReturnType<typeof ownDatabase>;
  beforeEach(async () => {
    system = await openOwnSystem([TEST_PROJECT, OTHER_PROJECT]);
    target = ownDatabase();
  });
  afterEach(async () => {
    await target.db.dropDatabase();
    await target.close();
    await system.close();
  });

  const nothing = async () => {};
  /** The functions' stores, without BigQuery. */
  const latestAlone = () => ({
    ...system.stores,
    history: { append: nothing },
    rejections: { append: nothing },
    eventKeys: { append: nothing },
  });
  const uriOf = (name: string) => {
    const uri = new URL(process.env.MONGODB_URI ?? '');
    uri.pathname = `/${name}`;
    return uri.href;
  };
  const rebuild = (...args: string[]) => {
    // with no end the hours of months are listed
    const range = args.includes('--from') ? [] : ['--from', '2026-03-09', '--to', '2026-03-13'];
    const into = ['--into', uriOf(target.db.databaseName), ...range, '--yes', '--json'];
    return capturedRun(['replay', ...into, ...args], system.env);
  };

  for (const seed of IS_PROOF ? [1, 2] : [1])
    it(`makes what is there from the archive alone (history ${seed})`, async () => {
      const received = new Set<string>();
      for (const event of historyOf(seed)) {
        if (!received.has(event.id)) await system.receive(event);
        received.add(event.id);
        await processEvent({ name: objectName(event.kind, event.receivedAt, event.id) }, latestAlone());
      }
      await sweep(latestAlone(), new Date(Date.now() + 2 * HOUR_MS), () => {});
      const { exitCode, stdout, stderr } = await rebuild();
      assert.equal(exitCode, 0, stderr);
      assert.equal(JSON.parse(stdout).folded, EVENTS);
      const [live, rebuilt] = [await contentsOf(system.db), await contentsOf(target.db)];
      assert.ok(
        (live.sites?.length ?? 0) > 5 && (live.deactivations?.length ?? 0) > 1 && (live.optOuts?.length ?? 0) > 1,
      );
      assert.deepEqual(rebuilt, live);
    });

  it('lets what was erased stay away, and appends and mails nothing', async () => {
    const url = 'https://t1.example.org';
    const event = capturedEvent('track', { userAgent: userAgentOf(url), payload: { url } });
    await system.process(event);
    const run = ['erase', '--project', 'test', '--site', url, '--yes', '--settle', '0'];
    assert.equal((await capturedRun(run, system.env)).exitCode, 0);
    // delivered late: its object is there until the erasure is resumed
    await system.receive(event);
    const before = await system.contents();
    assert.equal((await rebuild()).exitCode, 0);
    assert.deepEqual((await contentsOf(target.db)).sites, []);
    assert.deepEqual(await system.contents(), before);
  });

  it('keeps what an archived project had reported', async () => {
    await system.process(capturedEvent('track'));
    await openProjectsWriter(system.db).update(TEST_PROJECT.hash, { archived: true });
    assert.equal((await rebuild()).exitCode, 0);
    // the functions' own sweep notes who fell silent since
    await system.sweep(new Date());
    assert.deepEqual(await contentsOf(target.db), await contentsOf(system.db));
  });

  it('lets a deactivation that names no project wait for its site, as long as it would have', async () => {
    const waiting = (id: string, minutes: number) =>
      capturedEvent('deactivate', {
        id,
        receivedAt: new Date(Date.now() - minutes * 60_000).toISOString(),
        userAgent: userAgentOf('https://nobody.example.org'),
        only: { reason_id: 'other' },
      });
    await system.process(waiting('waits-still', 5), waiting('waited-enough', 65));
    const from = new Date(Date.now() - 3 * HOUR_MS).toISOString();
    assert.equal((await rebuild('--from', from)).exitCode, 0);
    const { unclaimed = [] } = await contentsOf(target.db);
    assert.deepEqual(
      unclaimed.map(({ _id, urlMd5: md5 }) => [_id, md5]),
      [['waits-still', urlMd5('https://nobody.example.org')]],
    );
  });

  it('writes into no database that has sites, but to go on', async () => {
    await system.process(capturedEvent('track'));
    assert.equal((await rebuild()).exitCode, 0);
    const again = await rebuild();
    assert.equal(again.exitCode, 1);
    assert.match(again.stderr, /has sites/);
    assert.equal((await rebuild('--after', 'track/2026/03/01/00/before-all.json')).exitCode, 0);
    // the functions' own sweep notes who fell silent since
    await system.sweep(new Date());
    assert.deepEqual(await contentsOf(target.db), await contentsOf(system.db));
  });

  it('makes nothing where no project is known, nor on a dry run', async () => {
    await system.process(capturedEvent('track'));
    assert.equal((await rebuild('--dry-run')).exitCode, 0);
    await system.db.collection('projects').deleteMany({});
    const { exitCode, stderr } = await rebuild();
    assert.equal(exitCode, 1);
    assert.match(stderr, /projects create/);
    assert.deepEqual((await contentsOf(target.db)).sites, []);
  });

  it('names what is wrong with a uri', async () => {
    const { exitCode, stderr } = await capturedRun(['replay', '--from', '2026-03-01', '--into', 'x'], system.env);
    assert.equal(exitCode, 2);
    assert.match(stderr, /mongodb:\/\//);
  });
});
