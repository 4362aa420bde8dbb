import assert from 'node:assert/strict';
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';
import sinon from 'sinon';
import { TEST_PROJECT } from '../../../shared/testing/events.ts';
import { inProof } from '../../../shared/testing/in-proof.ts';
import { processEvent } from '../../process-event/process-event.ts';
import { type OwnSystem, openOwnSystem } from '../../testing/own-system.ts';
import { ADA, erase, eventOf, live, OF_ADA, OTHER_PROJECT, receiptsOf, URL_OF_ADA } from './testing/erasable-sites.ts';

describe('sitebeat erase', () => {
  let system: OwnSystem;
  beforeEach(async () => {
    system = await openOwnSystem([TEST_PROJECT, OTHER_PROJECT]);
  });
  afterEach(() => system.close());

  it('does not write what was received before and comes late, whose object the next run removes', async () => {
    const waiting = await live(system, URL_OF_ADA, ADA);
    const asOthers = { ...eventOf('track', URL_OF_ADA), payload: { ...waiting.payload, hash: OTHER_PROJECT.hash } };
    const late = [waiting, eventOf('tracking-skipped', URL_OF_ADA), asOthers];
    await erase(system, ...OF_ADA);
    await system.process(...late);
    const ofOthers = Object.keys(await system.contents()).filter((place) => place.includes(asOthers.id));
    assert.equal(ofOthers.filter((place) => place.startsWith('sites/')).length, 1);
    const [receipt] = await receiptsOf(system);
    assert.deepEqual([receipt?.status, receipt?.late?.length], ['pending', 2]);
    assert.equal(await system.db.collection('sites').countDocuments({ project: TEST_PROJECT.hash }), 0);
    const places = Object.keys(await system.contents()).filter((place) => place.includes(waiting.id));
    assert.deepEqual(
      places.map((place) => place.split('/')[0]),
      ['event_keys', 'event_keys', 'rejections', 'track'],
    );
    const { exitCode, result } = await erase(system, '--resume');
    assert.deepEqual([exitCode, result[0].status, result[0].removed.archive], [0, 'done', 8]);
    const left = Object.keys(await system.contents());
    assert.deepEqual(
      left.filter(
        (place) => place.includes(TEST_PROJECT.hash) || late.slice(0, 2).some(({ id }) => place.includes(id)),
      ),
      [],
    );
    assert.deepEqual((await erase(system, '--resume')).result, []);
  });

  it('takes a later report for a new start', async () => {
    await system.process(eventOf('track', URL_OF_ADA));
    await erase(system, ...OF_ADA);
    const later = { ...eventOf('track', URL_OF_ADA), receivedAt: new Date().toISOString() };
    await system.process(later);
    assert.equal(await system.db.collection('sites').countDocuments(), 1);
    assert.equal((await receiptsOf(system))[0]?.status, 'done');
  });

  inProof('knows an address in a late event, in any spelling and field', async () => {
    await system.process(eventOf('track', URL_OF_ADA));
    await erase(system, '--project', 'test', '--email', 'ada@example.org');
    const late = eventOf('deactivate', 'https://eve.example.org', {
      admin_email: 'eve@example.org',
      reason_info: 'ask <ADA@Example.org>',
    });
    await system.process(late);
    assert.deepEqual(await system.db.collection('sites').find({ site: 'eve.example.org' }).toArray(), []);
    assert.equal((await receiptsOf(system))[0]?.late?.length, 1);
  });

  it('removes what a function had looked up before and writes afterwards', async () => {
    await system.process(eventOf('track', URL_OF_ADA));
    const waiting = eventOf('track', `${URL_OF_ADA}:443//`);
    const work = [
      async () => {
        assert.equal(await system.db.collection('sites').countDocuments(), 0);
        const name = await system.receive(waiting);
        const erasures = { ...system.stores.erasures, isErased: async () => false };
        await processEvent({ name }, { ...system.stores, erasures });
      },
    ];
    // what is under way ends while the command waits for it, however slow the machine is
    const { setTimeout: sleep } = timers;
    const waits = sinon.stub(timers, 'setTimeout').callsFake(async (ms, ...rest) => {
      if (ms !== 600_000) return sleep(ms, ...rest);
      await work.shift()?.();
      return rest[0] as never;
    });
    syncBuiltinESMExports();
    try {
      const { exitCode, result } = await erase(system, ...OF_ADA, '--settle', '600');
      assert.deepEqual([exitCode, result.status, result.removed.mongodb.sites], [0, 'done', 2]);
    } finally {
      waits.restore();
      syncBuiltinESMExports();
    }
    assert.deepEqual(await system.contents(), {});
  });
});
