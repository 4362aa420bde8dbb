import assert from 'node:assert/strict';
import type { StoredEvent } from '../../shared/event/envelope.ts';
import { openErasures } from '../../shared/stores/erasures.ts';
import { openReconciliations } from '../../shared/stores/history/reconciliations.ts';
import { openRecordedEvents } from '../../shared/stores/history/recorded-events.ts';
import { openOptOuts } from '../../shared/stores/sites/opt-outs.ts';
import { openUnclaimed } from '../../shared/stores/sites/unclaimed.ts';
import { capturedEvent, TEST_PROJECT } from '../../shared/testing/events.ts';
import { describeInProof } from '../../shared/testing/in-proof.ts';
import { type OwnSystem, openOwnSystem, userAgentOf } from '../testing/own-system.ts';
import { closedHours, reconcile, type Stores } from './reconcile.ts';

const HOUR = new Date('2026-03-09T07:00:00.000Z');
const at = (second: number) => new Date(HOUR.getTime() + second * 1000).toISOString();
const SITE = 'https://ada.example.org';

const track = capturedEvent('track', { id: 'track-event', receivedAt: at(1), payload: { url: SITE } });
const leaves = capturedEvent('deactivate', { id: 'deactivate-event', receivedAt: at(2), payload: { url: SITE } });
/** Client 1.2.3: no project, no url. */
const leavesAlone = capturedEvent('deactivate', {
  id: 'deactivate-alone',
  receivedAt: at(3),
  userAgent: userAgentOf(SITE),
  payload: { hash: undefined, url: undefined },
});
const optsOut = capturedEvent('tracking-skipped', {
  id: 'opt-out-event',
  receivedAt: at(4),
  userAgent: userAgentOf(SITE),
});
const rejected = capturedEvent('track', { id: 'rejected-event', receivedAt: at(5), payload: { url: 'http://' } });
const ALL = [track, leaves, leavesAlone, optsOut, rejected];

describe('reconcile', () => {
  let system: OwnSystem;
  let stores: Stores;
  let published: string[];
  beforeEach(async () => {
    system = await openOwnSystem([TEST_PROJECT]);
    const { db, env } = system;
    const dataset = env.BIGQUERY_DATASET as string;
    const options = { projectId: process.env.GOOGLE_CLOUD_PROJECT ?? '', dataset, maxBytesBilled: 2 ** 30 };
    published = [];
    stores = {
      archive: system.archive,
      recorded: openRecordedEvents(options),
      sites: system.stores.sites,
      optOuts: openOptOuts(db),
      unclaimed: openUnclaimed(db),
      erasures: openErasures(db),
      reconciliations: openReconciliations(options),
      notifications: {
        publish: async (name) => {
          published.push(name);
          await system.notify(name);
        },
      },
    };
  });
  afterEach(async () => {
    delete process.env.SITEBEAT_BIGQUERY_DROPS;
    await system.close();
  });

  const reconcileHour = async (options: { dryRun?: boolean } = {}) => {
    published = [];
    return reconcile([HOUR], stores, { now: () => new Date(), onHour: () => {}, ...options });
  };
  const CLEAN = {
    objects: ALL.length,
    history: 4,
    rejections: 1,
    waiting: 0,
    missing: 0,
    behind: 0,
    republished: 0,
  };
  const processAll = async () => {
    await system.process(track);
    await system.processTogether(...ALL.slice(1));
  };
  const nameOf = ({ kind, id }: StoredEvent) => `${kind}/2026/03/09/07/${id}.json`;

  it('finds nothing missing of an hour of every kind of event that was processed', async () => {
    await processAll();
    assert.deepEqual(await reconcileHour(), CLEAN);
    assert.deepEqual(published, []);
  });

  it('sends again what was never processed, only that, and once', async () => {
    await system.process(track, optsOut, rejected);
    await system.receive(leaves);
    await system.receive(leavesAlone);
    assert.deepEqual(await reconcileHour({ dryRun: true }), { ...CLEAN, history: 2, missing: 2 });
    assert.deepEqual(published, []);
    assert.deepEqual(await reconcileHour(), { ...CLEAN, history: 2, missing: 2, republished: 2 });
    assert.deepEqual(published.sort(), [leavesAlone, leaves].map(nameOf).sort());
    assert.deepEqual(await reconcileHour(), CLEAN);
  });

  it('leaves what waits for its site, and what an erasure has still to remove', async () => {
    await system.process(leavesAlone);
    const late = await system.receive(track);
    const pending = await system.receive(optsOut);
    const erasures = openErasures(system.db);
    await erasures.put({
      _id: 'receipt',
      project: TEST_PROJECT.hash,
      keys: ['a key'],
      by: 'site',
      status: 'pending',
      requestedAt: HOUR,
      erasedAt: new Date(at(3600)),
      finishedAt: null,
      removed: { archive: 0, mongodb: {}, bigquery: {} },
      pending: { tables: [], objects: [pending] },
    });
    await erasures.addLate({ keys: ['a key'], receivedAt: at(1) }, late);
    assert.deepEqual(await reconcileHour(), { ...CLEAN, objects: 3, history: 0, rejections: 0, waiting: 3 });
  });

  it('reads an hour of which nothing is missing by one listing of each kind and one query', async () => {
    await processAll();
    const calls: string[] = [];
    const watched = <T extends object>(name: string, store: T): T =>
      new Proxy(store, {
        get: (target, method, receiver) => {
          const call = Reflect.get(target, method, receiver) as (...args: unknown[]) => unknown;
          return (...args: unknown[]) => {
            calls.push(`${name}.${String(method)}`);
            return call(...args);
          };
        },
      });
    const all = Object.entries(stores).map(([name, store]) => [name, watched(name, store as object)]);
    // client 1.2.3's deactivation alone is looked into
    await reconcile([HOUR], Object.fromEntries(all), { now: () => new Date(), onHour: () => {} });
    assert.deepEqual(calls.sort(), [
      'archive.list',
      'archive.list',
      'archive.list',
      'archive.read',
      'optOuts.stamps',
      'reconciliations.append',
      'recorded.between',
      'sites.lastSeen',
    ]);
  });

  const repairs = ({ table, lost }: { table: string; lost: StoredEvent[] }) =>
    it(`finds and repairs rows of ${table} that BigQuery said it stored and that never showed`, async function () {
      if (!process.env.BIGQUERY_EMULATOR_HOST) this.skip();
      process.env.SITEBEAT_BIGQUERY_DROPS = `${system.env.BIGQUERY_DATASET}.${table}`;
      await processAll();
      delete process.env.SITEBEAT_BIGQUERY_DROPS;
      const found = await reconcileHour();
      assert.deepEqual(published.sort(), lost.map(nameOf).sort());
      assert.equal(found.missing, lost.length);
      assert.deepEqual(await reconcileHour(), CLEAN);
    });

  repairs({ table: 'deactivations', lost: [leaves, leavesAlone] });

  describeInProof('of each other table', () => {
    repairs({ table: 'sites', lost: [track, leaves] });
    repairs({ table: 'tracking_skips', lost: [optsOut] });
    repairs({ table: 'rejections', lost: [rejected] });
  });

  it('folds the events of a site and of an opt-out that MongoDB lost', async () => {
    await processAll();
    const before = await system.contents();
    const site = await system.db.collection('sites').findOne();
    await system.db.collection('sites').deleteMany({});
    await system.db.collection('optOuts').deleteMany({});
    assert.deepEqual(await reconcileHour(), { ...CLEAN, behind: 4, republished: 4 });
    assert.deepEqual(await reconcileHour(), CLEAN);
    const after = await system.contents();
    const documents = (contents: object) =>
      Object.keys(contents).filter((place) => /^(?:sites|optOuts)\/.*:/.test(place));
    assert.deepEqual(documents(after), documents(before));
    const again = await system.db.collection('sites').findOne();
    for (const field of ['state', 'optedOut', 'lastSeenAt', 'firstSeenAt', 'deactivation'])
      assert.deepEqual(again?.[field], site?.[field], field);
  });

  it('writes down what it found of each hour', async () => {
    await system.receive(track);
    const hours: unknown[] = [];
    const next = new Date(HOUR.getTime() + 3_600_000);
    const sums = await reconcile([HOUR, next], stores, { now: () => new Date(), onHour: (one) => hours.push(one) });
    const none = { ...CLEAN, history: 0, rejections: 0, objects: 0 };
    const first = { ...none, objects: 1, missing: 1, republished: 1 };
    assert.deepEqual(sums, first);
    assert.deepEqual(hours, [
      { hour: HOUR, ...first },
      { hour: next, ...none },
    ]);
    assert.deepEqual(
      (await system.rows('reconciliations')).map(({ received_at: time, missing, republished }) => [
        (time as { value: string }).value,
        missing,
        republished,
      ]),
      [
        ['2026-03-09T07:00:00.000Z', 1, 1],
        ['2026-03-09T08:00:00.000Z', 0, 0],
      ],
    );
  });
});

describe('closedHours', () => {
  for (const { now, hours } of [
    { now: '2026-03-09T09:29:59.999Z', hours: ['2026-03-09T06:00:00.000Z', '2026-03-09T07:00:00.000Z'] },
    { now: '2026-03-09T09:30:00.000Z', hours: ['2026-03-09T07:00:00.000Z', '2026-03-09T08:00:00.000Z'] },
  ])
    it(`are those that ended half an hour before ${now}`, () =>
      assert.deepEqual(
        closedHours(new Date(now), 2).map((hour) => hour.toISOString()),
        hours,
      ));
});
