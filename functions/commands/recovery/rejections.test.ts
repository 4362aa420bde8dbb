import assert from 'node:assert/strict';
import type { StoredEvent } from '../../../shared/event/envelope.ts';
import type { Kind } from '../../../shared/event/object-name.ts';
import type { Project } from '../../../shared/project/project.ts';
import type { ErasureDocument } from '../../../shared/stores/erasures.ts';
import { openProjectsWriter } from '../../../shared/stores/projects-writer.ts';
import { capturedEvent, TEST_PROJECT } from '../../../shared/testing/events.ts';
import { inProof } from '../../../shared/testing/in-proof.ts';
import { until } from '../../../shared/testing/until.ts';
import { processEvent } from '../../process-event/process-event.ts';
import { capturedRun } from '../../testing/captured-run.ts';
import { type OwnSystem, openOwnSystem } from '../../testing/own-system.ts';
import { openRedelivery, type Redelivery } from '../../testing/redelivery.ts';

const OTHER_PROJECT: Project = { ...TEST_PROJECT, hash: '0b7a6a0e-1111-4222-8333-444455556666', slug: 'other' };
const LATE_PROJECT: Project = { ...TEST_PROJECT, hash: '0b7a6a0e-1111-4222-8333-777755556666', slug: 'late' };
const STRANGER = 'ffffffff-1111-4222-8333-444455556666';
const DAY_MS = 24 * 3_600_000;
/** Of all tests: midnight may come between two of their lines. */
const NOW = Date.now();

/** An event of so many days ago, at noon. */
function eventOf(id: string, daysAgo: number, payload: Record<string, unknown>, kind: Kind = 'track'): StoredEvent {
  const day = new Date(NOW - daysAgo * DAY_MS).toISOString().slice(0, 10);
  return capturedEvent(kind, { id, receivedAt: `${day}T12:05:06.789Z`, userAgent: null, payload });
}

it('sitebeat rejections purge wants to be told an age', async () =>
  assert.equal((await capturedRun(['rejections', 'purge'])).exitCode, 2));

describe('sitebeat rejections', () => {
  let system: OwnSystem;
  beforeEach(async () => {
    system = await openOwnSystem([TEST_PROJECT, OTHER_PROJECT]);
    await system.processTogether(
      eventOf('good-of-test', 40, {}),
      eventOf('bad-url-of-test', 40, { url: 'http://' }),
      eventOf('bad-url-of-other', 39, { url: 'http://', hash: OTHER_PROJECT.hash }),
      eventOf('old-stranger-1', 40, { hash: STRANGER }),
      eventOf('old-stranger-2', 38, { hash: STRANGER.toUpperCase() }, 'deactivate'),
      eventOf('new-stranger', 10, { hash: STRANGER }),
      eventOf('old-of-late', 40, { hash: LATE_PROJECT.hash }),
      eventOf('without-project', 40, { hash: undefined }),
    );
  });
  afterEach(() => system.close());

  const run = (...args: string[]) => capturedRun(['rejections', ...args], system.env);
  const json = async (...args: string[]) => {
    const { exitCode, stdout, stderr } = await run(...args, '--json');
    assert.equal(exitCode, 0, stderr);
    return JSON.parse(stdout);
  };
  const listed = async (...args: string[]) =>
    (await json('list', ...args)).map(({ eventId }: { eventId: string }) => eventId).sort();

  it('lists what was refused and why, by reason, project and time, and counts it by reason and project', async () => {
    assert.equal((await listed()).length, 7);
    assert.deepEqual(await listed('--reason', 'invalid_url'), ['bad-url-of-other', 'bad-url-of-test']);
    assert.deepEqual(await listed('--project', 'other'), ['bad-url-of-other']);
    assert.deepEqual(await listed('--project', STRANGER), ['new-stranger', 'old-stranger-1', 'old-stranger-2']);
    const since = new Date(NOW - 20 * DAY_MS).toISOString().slice(0, 10);
    assert.deepEqual(await listed('--from', since), ['new-stranger']);
    assert.deepEqual((await listed('--to', since)).length, 6);
    assert.deepEqual(await listed('--limit', '1'), ['new-stranger']);
    const { stdout } = await run('list', '--project', 'test');
    assert.match(
      stdout,
      /^RECEIVED +REASON +FIELD +PROJECT +OBJECT\n\S+ +invalid_url +url +a4a8da5b-\S+ +track\/\S+\/bad-url-of-test\.json\n$/,
    );
    const counts = (await json('summary')).map(
      ({ rejections, reason, projectHash }: Record<string, unknown>) => `${rejections} ${reason} ${projectHash}`,
    );
    assert.deepEqual(counts, [
      `3 unknown_project ${STRANGER}`,
      `1 invalid_url ${OTHER_PROJECT.hash}`,
      `1 invalid_url ${TEST_PROJECT.hash}`,
      '1 no_project null',
      `1 unknown_project ${LATE_PROJECT.hash}`,
    ]);
    const summary = await run('summary', '--reason', 'invalid_url');
    assert.match(summary.stdout, /^1 +invalid_url +other /m);
  });

  describe('replay', () => {
    let redelivery: Redelivery;
    beforeEach(async () => {
      redelivery = await openRedelivery(system.env.ARCHIVE_BUCKET as string);
    });
    afterEach(() => redelivery.close());

    it('sends the objects of a reason or a project again, which leave the rejections once they are understood', async () => {
      assert.equal((await json('replay', '--reason', 'invalid_url', '--dry-run')).objects, 2);
      await openProjectsWriter(system.db).create(LATE_PROJECT);
      assert.equal((await json('replay', '--project', 'late', '--yes')).published, 1);
      await until(() => redelivery.names.length > 0);
      for (const name of redelivery.names) await processEvent({ name }, system.stores);
      assert.deepEqual(redelivery.names.length, 1);
      assert.deepEqual(await listed('--project', 'late'), []);
      assert.equal((await listed()).length, 6);
    });
  });

  describe('purge', () => {
    const places = async () => Object.keys(await system.contents());
    const receipts = () => system.db.collection<ErasureDocument>('erasures').find().toArray();

    it("removes strangers' payloads of some age, and what finds them, but for the rejections", async () => {
      await openProjectsWriter(system.db).create(LATE_PROJECT);
      const before = await places();
      const { objects } = await json('purge', '--older-than', '30', '--dry-run');
      assert.equal(objects, 2);
      assert.deepEqual(await places(), before);
      const { removed, refused, receipt } = await json('purge', '--older-than', '30', '--yes');
      assert.deepEqual([removed, refused], [2, 0]);
      const gone = before.filter((place) => /old-stranger/.test(place) && !place.startsWith('rejections/'));
      assert.ok(
        gone.some((place) => place.startsWith('event_keys/')),
        'the index knew them',
      );
      const now = await places();
      assert.deepEqual(
        before.filter((place) => !now.includes(place)),
        gone,
      );
      const [{ _id, by, status, project, keys, removed: counts, pending }] = (await receipts()) as [ErasureDocument];
      assert.deepEqual([_id, by, status, project, keys, pending], [receipt, 'purge', 'done', '', [], null]);
      assert.equal(counts.archive, 2);
      assert.equal(counts.bigquery.event_keys, gone.filter((place) => place.startsWith('event_keys/')).length);
    });

    it('finds nothing the second time, and nothing of it comes back', async () => {
      assert.equal((await json('purge', '--older-than', '30', '--yes')).removed, 3);
      const contents = await system.contents();
      assert.equal((await json('purge', '--older-than', '30', '--yes')).removed, 0);
      // a message of one that was still on its way
      const name = eventOf('old-stranger-1', 40, {}).receivedAt.slice(0, 13).replace(/[-T]/g, '/');
      await processEvent({ name: `track/${name}/old-stranger-1.json` }, system.stores);
      assert.deepEqual(await system.contents(), contents);
      assert.equal((await receipts()).length, 1);
      assert.equal((await json('replay', '--reason', 'unknown_project', '--dry-run')).objects, 1);
    });

    inProof('leaves nothing that erase --resume would do when it was cut off', async () => {
      await json('purge', '--older-than', '30', '--yes');
      const contents = await system.contents();
      const cutOff = { $set: { status: 'pending', finishedAt: null } };
      await system.db.collection('erasures').updateOne({ by: 'purge' }, cutOff);
      assert.equal((await capturedRun(['erase', '--resume'], system.env)).exitCode, 0);
      assert.deepEqual(
        (await receipts()).map(({ status, removed }) => [status, removed.archive]),
        [['done', 3]],
      );
      assert.deepEqual(await system.contents(), contents);
    });

    it('takes no event of a person who reports later for one that was erased', async () => {
      await json('purge', '--older-than', '1', '--yes');
      await openProjectsWriter(system.db).create({ ...LATE_PROJECT, hash: STRANGER, slug: 'stranger' });
      await system.process(eventOf('known-by-now', 2, { hash: STRANGER }));
      assert.deepEqual(await listed('--reason', 'erased'), []);
    });
  });
});
