import assert from 'node:assert/strict';
import type { StoredEvent } from '../../shared/event/envelope.ts';
import { objectName } from '../../shared/event/object-name.ts';
import type { Project } from '../../shared/project/project.ts';
import { keysOf } from '../../shared/report/event-keys.ts';
import { TransientError } from '../../shared/runtime/errors.ts';
import { type ErasureDocument, openErasures } from '../../shared/stores/erasures.ts';
import type { SiteDocument } from '../../shared/stores/sites/sites.ts';
import { capturedEvent, TEST_PROJECT } from '../../shared/testing/events.ts';
import { describeInProof } from '../../shared/testing/in-proof.ts';
import { until } from '../../shared/testing/until.ts';
import { type OwnSystem, openOwnSystem } from '../testing/own-system.ts';
import { processEvent } from './process-event.ts';

const at = (second: number) => `2026-03-09T07:00:0${second}.000Z`;
const OTHER: Project = { ...TEST_PROJECT, hash: 'b4a8da5b-b419-4656-98e9-4a42e9044891', slug: 'other' };
const HOUR_MS = 3_600_000;

const track = (second: number, payload = {}) =>
  capturedEvent('track', { id: `track-of-${second}`, receivedAt: at(second), payload });
/** What client 1.2.3 says: neither project nor url. */
const bare = (second: number) =>
  capturedEvent('deactivate', {
    id: `bare-of-${second}`,
    receivedAt: at(second),
    only: { reason_id: 'other', reason_info: '', client: '1.2.0' },
  });

const receiptOf = (keys: string[], erasedAt: string): ErasureDocument => ({
  _id: 'receipt-1',
  project: TEST_PROJECT.hash,
  keys,
  by: 'site',
  status: 'done',
  requestedAt: new Date(erasedAt),
  erasedAt: new Date(erasedAt),
  finishedAt: new Date(erasedAt),
  removed: { archive: 0, mongodb: {}, bigquery: {} },
  pending: null,
});

describe('processEvent', () => {
  let system: OwnSystem;

  beforeEach(async () => {
    system = await openOwnSystem([TEST_PROJECT, OTHER]);
  });
  afterEach(() => system.close());

  /** The places that hold something of an event, its object apart. */
  async function placesOf({ id }: StoredEvent): Promise<string[]> {
    const places = Object.keys(await system.contents());
    return places.filter((place) => place.endsWith(`/${id}`));
  }
  const sites = () => system.db.collection<SiteDocument>('sites').find().sort({ _id: 1 }).toArray();
  const sweepAfter = async (ms: number) => (await system.sweep(new Date(Date.now() + ms))).rejected;

  it('writes one event to the history and to its site', async () => {
    await system.process(track(1));
    assert.deepEqual(await placesOf(track(1)), ['sites/track-of-1']);
    assert.equal((await sites())[0]?.lastSeenAt.toISOString(), at(1));
  });

  it('tells once of each site that an event made known, whatever comes again', async () => {
    const told: string[] = [];
    const stores = { ...system.stores, onNewSite: ({ eventId }: { eventId: string }) => told.push(eventId) };
    for (const event of [track(1), track(2), track(3, { url: 'https://other.example' })]) {
      const name = await system.receive(event);
      await processEvent({ name }, stores);
      await processEvent({ name }, stores);
    }
    assert.deepEqual(told, ['track-of-1', 'track-of-3']);
  });

  it('writes nothing for an object that is gone', async () => {
    await processEvent({ name: 'track/2026/03/09/07/gone-1234.json' }, system.stores);
    assert.deepEqual(await system.contents(), {});
  });

  for (const { failing, done } of [
    { failing: 'history', done: 'sites' },
    { failing: 'sites', done: 'history' },
  ] as const)
    it(`is not done when ${failing} fails, finishes ${done} all the same, and ends in one of each when it comes again`, async () => {
      const fail = () => Promise.reject(new TransientError(`${failing} failed`, { cause: undefined }));
      const broken = failing === 'history' ? { append: fail } : { ...system.stores.sites, update: fail };
      const name = await system.receive(track(1));
      await assert.rejects(processEvent({ name }, { ...system.stores, [failing]: broken }), TransientError);
      const [inSites, inHistory] = [(await sites()).length, (await placesOf(track(1))).length];
      assert.deepEqual([inSites, inHistory], done === 'sites' ? [1, 0] : [0, 1]);
      await processEvent({ name }, system.stores);
      await processEvent({ name }, system.stores);
      assert.equal((await sites()).length, 1);
      assert.deepEqual([...new Set(await placesOf(track(1)))], ['sites/track-of-1']);
    });

  describe('the index', () => {
    /** By how many keys an event is found. */
    const countKeys = async ({ id }: StoredEvent) =>
      Object.keys(await system.contents()).filter((place) => place.startsWith(`event_keys/${id} `)).length;

    const has = (title: string, event: StoredEvent, keys: number) =>
      it(`has ${title}`, async () => {
        await system.process(event);
        assert.equal(await countKeys(event), keys);
      });

    has('a report', track(1, { extra: { owner: 'ada@a.example' } }), 3);
    describeInProof('with fewer keys', () => {
      has('an opt-out', capturedEvent('tracking-skipped', { id: 'skip-of-1' }), 1);
      has('a report that is rejected', track(1, { url: 'http://' }), 2);
      has('one of a project that nobody has', track(1, { hash: 'nobody' }), 2);
      has('a deactivation that nobody has claimed', bare(1), 1);
    });

    it('has an event before anything else has it', async () => {
      const eventKeys = { append: () => Promise.reject(new TransientError('index failed', { cause: undefined })) };
      for (const event of [track(1), track(2, { url: 'http://' }), bare(3)]) {
        const name = await system.receive(event);
        await assert.rejects(processEvent({ name }, { ...system.stores, eventKeys }), TransientError);
      }
      assert.ok(Object.keys(await system.contents()).every((place) => place.endsWith('.json')));
    });
  });

  it('does not write what was erased before it came, and says so', async () => {
    const erasures = openErasures(system.db);
    await erasures.put(receiptOf(keysOf(TEST_PROJECT.hash, { sites: ['shop.example.org'] }), at(2)));
    await system.process(track(1, { url: 'http://WWW.shop.example.org:80/?lang=de' }), track(3));
    assert.deepEqual(await placesOf(track(1)), ['rejections/track-of-1']);
    assert.match((await system.contents())['rejections/track-of-1'] ?? '', /"reason":"erased"/);
    assert.deepEqual(await placesOf(track(3)), ['sites/track-of-3']);
    assert.equal((await sites())[0]?.firstSeenAt.toISOString(), at(3));
    const [receipt] = await erasures.pending();
    assert.deepEqual([receipt?.status, receipt?.late], ['pending', ['track/2026/03/09/07/track-of-1.json']]);
  });

  it('is not answered while one branch still works, whatever became of the other', async () => {
    const name = await system.receive(track(1));
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    let isWritten = false;
    const sites = {
      ...system.stores.sites,
      update: async (...args: Parameters<typeof system.stores.sites.update>) => {
        await gate;
        const stored = await system.stores.sites.update(...args);
        isWritten = true;
        return stored;
      },
    };
    const history = {
      append: async () => {
        // whoever would answer at once does so before the gate opens
        setImmediate(() => setImmediate(open));
        throw new TransientError('history failed', { cause: undefined });
      },
    };
    const answered = processEvent({ name }, { ...system.stores, sites, history }).catch(() => isWritten);
    assert.equal(await answered, true);
  });

  describe('large events', () => {
    const LARGE = 'x'.repeat(400 * 1024);

    it('are held a few at a time, however many come at once, and keep no other one waiting', async () => {
      const large = [1, 2, 3, 4, 5].map((second) => track(second, { hash: 'nobody', padding: LARGE }));
      const names = await Promise.all(large.map(system.receive));
      let open = () => {};
      const gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      const [read, rejected]: [string[], string[]] = [[], []];
      const stores = {
        ...system.stores,
        archive: {
          read: async (name: string, maxBytes?: number) => {
            const event = await system.archive.read(name, maxBytes);
            read.push(name);
            return event;
          },
        },
        rejections: {
          append: async ({ eventId }: { eventId: string }) => {
            await gate;
            rejected.push(eventId);
          },
        },
      };
      const answered = Promise.all(names.map((name) => processEvent({ name }, stores)));
      await until(() => read.length > 0);
      await processEvent({ name: await system.receive(track(6)) }, stores);
      assert.equal((await sites())[0]?.lastSeenAt.toISOString(), at(6));
      const held = names.filter((name) => read.includes(name)).length;
      assert.ok(held <= 2, `${held} are held`);
      assert.deepEqual(rejected, []);
      open();
      await answered;
      assert.equal(rejected.length, 5);
    });

    it('do not wait for themselves when one makes another’s site known', async () => {
      const padded = (event: StoredEvent) => ({ ...event, payload: { ...event.payload, padding: LARGE + LARGE } });
      for (const event of [bare(2), bare(3), track(1)]) {
        await processEvent({ name: await system.receive(padded(event)) }, system.stores);
      }
      assert.equal((await sites())[0]?.state, 'left');
      assert.equal(await system.db.collection('unclaimed').countDocuments(), 0);
    });
  });

  describe('a deactivation without hash', () => {
    const isItsSites = (title: string, ...order: StoredEvent[]) =>
      it(`is its site's when it is delivered ${title}`, async () => {
        await system.process(...order);
        const [site] = await sites();
        assert.equal(site?.state, 'left');
        assert.equal(site?.deactivation?.reasonId, 'other');
        for (const event of order.slice(1)) {
          if (event.kind === 'deactivate') assert.deepEqual(await placesOf(event), [`deactivations/${event.id}`]);
        }
        assert.equal(await system.db.collection('unclaimed').countDocuments(), 0);
        await sweepAfter(HOUR_MS);
        assert.deepEqual(await placesOf(bare(2)), ['deactivations/bare-of-2']);
      });

    isItsSites('before the report of its site', bare(2), track(1));
    describeInProof('in any order', () => {
      isItsSites('after the report of its site', track(1), bare(2));
      isItsSites('before it, and again after it', bare(2), track(1), bare(2));
      isItsSites('among others, the report last', bare(3), bare(2), track(1));
    });

    it('is its site’s when both arrive at once', async () => {
      const events = [track(1), bare(2), bare(3)];
      for (const event of events) await system.receive(event);
      await Promise.all(
        events.map(({ kind, receivedAt, id }) =>
          processEvent({ name: objectName(kind, receivedAt, id) }, system.stores),
        ),
      );
      assert.equal((await sites())[0]?.state, 'left');
      assert.equal(await system.db.collection('unclaimed').countDocuments(), 0);
    });

    const ofOther = capturedEvent('track', { id: 'of-other', receivedAt: at(1), payload: { hash: OTHER.hash } });
    const isRejected = (title: string, ...events: StoredEvent[]) =>
      it(`is rejected by a sweep when ${title}, once it has waited for an hour`, async () => {
        await system.process(...events);
        assert.deepEqual(await sweepAfter(HOUR_MS - 60_000), 0);
        assert.deepEqual(await placesOf(bare(2)), ['unclaimed/bare-of-2']);
        assert.deepEqual(await sweepAfter(HOUR_MS + 1000), 1);
        assert.deepEqual(await placesOf(bare(2)), ['rejections/bare-of-2']);
        const rejection = JSON.parse((await system.contents())['rejections/bare-of-2'] as string);
        assert.equal(rejection.reason, 'no_project');
        assert.equal(rejection.object_name, 'deactivate/2026/03/09/07/bare-of-2.json');
        assert.ok((await sites()).every(({ state }) => state !== 'left'));
      });

    isRejected('two projects know the site', track(1), ofOther, bare(2));
    describeInProof('of no project', () => {
      isRejected('nobody reported', bare(2));
      isRejected('its site reported only after it', bare(2), track(4));
    });

    it('is rejected at once when its User-Agent names no site either', async () => {
      await system.process({ ...bare(2), userAgent: 'WordPress/6.1' });
      assert.deepEqual(await placesOf(bare(2)), ['rejections/bare-of-2']);
    });
  });
});
