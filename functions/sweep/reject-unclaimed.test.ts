import assert from 'node:assert/strict';
import { TransientError } from '../../shared/runtime/errors.ts';
import type { UnclaimedDocument } from '../../shared/stores/sites/unclaimed.ts';
import { capturedEvent, TEST_PROJECT } from '../../shared/testing/events.ts';
import { countOperations } from '../testing/count-operations.ts';
import { type OwnSystem, openOwnSystem, userAgentOf } from '../testing/own-system.ts';
import { CLAIM_MS, rejectUnclaimed } from './reject-unclaimed.ts';

const MET_AT = new Date('2026-03-09T07:00:00.000Z');
const NOW = new Date(MET_AT.getTime() + 2 * CLAIM_MS);

describe('rejectUnclaimed', () => {
  let system: OwnSystem;
  beforeEach(async () => {
    system = await openOwnSystem([TEST_PROJECT]);
    system.stores.now = () => MET_AT;
  });
  afterEach(() => system.close());

  /** A deactivation of a site of its own, without hash and url, that began to wait in the order of the numbers. */
  const bare = (index: number, url = `https://site-${index}.example`) =>
    capturedEvent('deactivate', {
      id: `bare-${index}`,
      receivedAt: MET_AT.toISOString(),
      userAgent: userAgentOf(url),
      only: { reason_id: 'other', client: '1.2.0' },
    });
  const unclaimed = () => system.db.collection<UnclaimedDocument>('unclaimed');
  const waiting = async () =>
    (await unclaimed().find().sort({ waitingSince: 1, _id: 1 }).toArray()).map(({ _id }) => _id);
  const rejected = async () =>
    Object.keys(await system.contents())
      .filter((place) => place.startsWith('rejections/'))
      .map((place) => place.slice('rejections/'.length));
  const wait = async (...indexes: number[]) => {
    for (const index of indexes) {
      system.stores.now = () => new Date(MET_AT.getTime() + index);
      await system.process(bare(index));
    }
  };

  it('takes so many in a run, the oldest first, and the others in the next', async () => {
    await wait(1, 2, 3);
    assert.equal(await rejectUnclaimed(system.stores, NOW, { limit: 2 }), 2);
    assert.deepEqual(await waiting(), ['bare-3']);
    assert.equal(await rejectUnclaimed(system.stores, NOW, { limit: 2 }), 1);
    assert.deepEqual(await rejected(), ['bare-1', 'bare-2', 'bare-3']);
  });

  it('asks BigQuery once for as many as wait', async () => {
    await wait(1, 2, 3, 4, 5, 6);
    const counted = await countOperations(system.db, async () => void (await rejectUnclaimed(system.stores, NOW)));
    assert.deepEqual(counted.inserts, { rejections: 1 });
    assert.equal((await rejected()).length, 6);
  });

  it('leaves what has a site by now behind all others, so that it is in nobody’s way', async () => {
    await wait(1, 2, 3);
    const receivedAt = new Date(MET_AT.getTime() - 1000).toISOString();
    const site = capturedEvent('track', {
      receivedAt,
      userAgent: userAgentOf('https://site-1.example'),
      payload: { url: 'https://site-1.example' },
    });
    const nothingWaits = { ...system.stores.unclaimed, withMd5s: async () => [] };
    const { unclaimed: given } = system.stores;
    system.stores.unclaimed = nothingWaits;
    await system.process(site);
    system.stores.unclaimed = given;
    assert.equal(await rejectUnclaimed(system.stores, NOW, { limit: 1 }), 0);
    assert.equal(await rejectUnclaimed(system.stores, NOW, { limit: 2 }), 2);
    assert.deepEqual(await waiting(), ['bare-1']);
    assert.equal(await rejectUnclaimed(system.stores, new Date(NOW.getTime() + CLAIM_MS)), 0);
  });

  it('keeps what BigQuery refuses, rejects the others, and then fails', async () => {
    await wait(1, 2, 3);
    const { rejections } = system.stores;
    const refusing: typeof rejections = {
      append: async (rejection) => {
        if (rejection.eventId === 'bare-2') throw new TransientError('refused', { cause: undefined });
        await rejections.append(rejection);
      },
    };
    await assert.rejects(rejectUnclaimed({ ...system.stores, rejections: refusing }, NOW), /refused/);
    assert.deepEqual([await waiting(), await rejected()], [['bare-2'], ['bare-1', 'bare-3']]);
  });
});
