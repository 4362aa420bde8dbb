import assert from 'node:assert/strict';
import type { StoredEvent } from '../../../shared/event/envelope.ts';
import { capturedEvent, TEST_PROJECT } from '../../../shared/testing/events.ts';
import { capturedRun } from '../../testing/captured-run.ts';
import { type OwnSystem, openOwnSystem, userAgentOf } from '../../testing/own-system.ts';

const URL_OF_ADA = 'https://ada.example.org';
const SITE = `${TEST_PROJECT.hash}:ada.example.org`;
const AT = '2026-03-09T07:05:06.789Z';
const event = (kind: StoredEvent['kind'], id: string, payload: Record<string, unknown> = {}, receivedAt = AT) =>
  capturedEvent(kind, {
    id,
    receivedAt,
    userAgent: userAgentOf(URL_OF_ADA),
    payload: { ...(kind !== 'tracking-skipped' && { url: URL_OF_ADA, admin_email: 'ada@example.org' }), ...payload },
  });

describe('sitebeat trace', () => {
  let system: OwnSystem;
  beforeEach(async () => {
    system = await openOwnSystem([TEST_PROJECT]);
  });
  afterEach(() => system.close());

  const trace = async (...args: string[]) => {
    const run = await capturedRun(['trace', '--json', ...args], system.env);
    const result = run.stdout === '' ? undefined : JSON.parse(run.stdout);
    return { ...run, result, tables: result?.rows?.map(({ table }: { table: string }) => table) };
  };

  it('shows an event that went everywhere, and nothing of who sent it', async () => {
    await system.process(event('deactivate', 'deactivate-1'));
    const { result, tables, exitCode, stdout } = await trace('deactivate-1');
    assert.equal(exitCode, 0);
    assert.deepEqual(tables, ['sites', 'deactivations', 'event_keys']);
    assert.deepEqual(
      { ...result, rows: [] },
      {
        found: true,
        eventId: 'deactivate-1',
        kind: 'deactivate',
        receivedAt: AT,
        object: { name: 'deactivate/2026/03/09/07/deactivate-1.json', exists: true },
        rows: [],
        site: { key: SITE, lastSeenAt: AT, folded: true },
        optOut: null,
        waitsFor: null,
        erasure: 'none',
      },
    );
    assert.doesNotMatch(stdout, /@/);
  });

  it('shows what MongoDB lacks', async () => {
    await system.process(event('track', 'track-one'), event('tracking-skipped', 'opt-out-1'));
    assert.deepEqual((await trace('opt-out-1')).result.optOut, { folded: true });
    await system.db.collection('sites').deleteMany({});
    await system.db.collection('optOuts').deleteMany({});
    assert.deepEqual((await trace('opt-out-1')).result.optOut, { folded: false });
    assert.deepEqual((await trace('track-one')).result.site, { key: SITE, lastSeenAt: null, folded: false });
  });

  it('shows why an event was rejected', async () => {
    await system.process(event('track', 'track-bad', { url: 'http://' }));
    const { result, tables } = await trace('track-bad');
    assert.deepEqual(tables, ['rejections', 'event_keys']);
    assert.deepEqual([result.rows[0].reason, result.rows[0].field], ['invalid_url', 'url']);
  });

  it('shows what waits for its site', async () => {
    await system.process(event('deactivate', 'deactivate-2', { hash: undefined, url: undefined }));
    const { result } = await trace('deactivate-2');
    assert.deepEqual([result.receivedAt, result.waitsFor?.length, result.object.exists], [AT, 32, true]);
  });

  it('finds an event that no function has worked on, by its time or among the last days', async () => {
    await system.receive(event('track', 'track-waits'));
    const lately = new Date(Date.now() - 30 * 3_600_000).toISOString();
    await system.receive(event('track', 'track-lately', {}, lately));
    assert.equal((await trace('track-waits')).exitCode, 1);
    const { result, exitCode } = await trace('track-waits', '--around', '2026-03-09T06:50');
    assert.equal(exitCode, 0);
    assert.deepEqual([result.rows, result.receivedAt], [[], '2026-03-09T07:00:00.000Z']);
    assert.equal((await trace('track-lately')).result.object.exists, true);
  });

  it('shows what an erasure left to remove, and knows nothing once all is gone', async () => {
    const late = event('track', 'track-late');
    await system.process(event('track', 'track-erased'));
    const erased = ['erase', '--yes', '--settle', '0', '--project', 'test', '--site', URL_OF_ADA];
    assert.equal((await capturedRun(erased, system.env)).exitCode, 0);
    const gone = await trace('track-erased');
    assert.deepEqual([gone.exitCode, gone.result.found], [1, false]);
    await system.process(late);
    const { result } = await trace('track-late');
    assert.deepEqual([result.erasure, result.rows[0].reason, result.object.exists], ['pending', 'erased', true]);
  });

  it('shows a person the places, and an exit code 1 for an event that is nowhere', async () => {
    await system.process(event('track', 'track-two'));
    const { stdout } = await capturedRun(['trace', 'track-two'], system.env);
    assert.match(stdout, /^object +track\/2026\/03\/09\/07\/track-two\.json$/m);
    assert.match(stdout, new RegExp(`^site in MongoDB +${SITE}: has the event$`, 'm'));
    const nowhere = await capturedRun(['trace', 'track-nowhere'], system.env);
    assert.equal(nowhere.exitCode, 1);
    assert.match(nowhere.stdout, /was not found/);
    assert.match(nowhere.stderr, /--around/);
    assert.equal((await trace('no/id')).exitCode, 2);
  });
});
