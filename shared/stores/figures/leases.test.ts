import assert from 'node:assert/strict';
import { ownDatabase } from '../../testing/stores.ts';
import type { Latest } from '../mongodb.ts';
import { type Leases, openLeases } from './leases.ts';

const MINUTE_MS = 60_000;

describe('leases', () => {
  let latest: Latest;
  let leases: Leases;
  before(() => {
    latest = ownDatabase();
    leases = openLeases(latest.db);
  });
  beforeEach(() => latest.db.collection('leases').deleteMany({}));
  after(async () => {
    await latest.db.dropDatabase();
    await latest.close();
  });

  it('go to one of however many ask, and to the next when that one gives it back', async () => {
    for (const generation of [1, 2]) {
      const taken = await Promise.all(Array.from({ length: 5 }, () => leases.take('it', MINUTE_MS)));
      const [lease, ...others] = taken.filter((one) => one !== undefined);
      assert.deepEqual([lease?.generation, others.length], [generation, 0]);
      await lease?.release();
    }
  });

  it('tell who comes next what was done last', async () => {
    const doneSince = new Date('2026-03-01T10:07:00Z');
    assert.equal(await leases.doneSince('it'), null);
    await (await leases.take('it', MINUTE_MS))?.release(doneSince);
    assert.deepEqual(await leases.doneSince('it'), doneSince);
    const failed = await leases.take('it', MINUTE_MS);
    await failed?.release();
    assert.deepEqual((await leases.take('it', MINUTE_MS))?.doneSince, doneSince);
  });

  it('end by themselves; who had one learns that another has it', async () => {
    const crashed = await leases.take('it', 0);
    const next = await leases.take('it', MINUTE_MS);
    assert.equal(next?.generation, 2);
    await assert.rejects(crashed?.extend() ?? Promise.resolve(), /another one took it/);
    await assert.rejects(crashed?.release(new Date()) ?? Promise.resolve(), /another one took it/);
    await next?.extend();
    assert.equal(await leases.take('it', MINUTE_MS), undefined);
  });
});
