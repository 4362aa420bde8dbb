import assert from 'node:assert/strict';
import { ownDatabase } from '../../testing/stores.ts';
import { applyIndexes } from '../indexes.ts';
import type { Latest } from '../mongodb.ts';
import { type MailQuotas, openMailQuotas } from './mail-quotas.ts';

// to come, for MongoDB drops the counts of hours that are long over
const at = (time: string) => new Date(`2126-03-09T${time}Z`);
const PROJECT = { hash: 'p', mailCapPerHour: 7 };

describe('mail quotas', () => {
  let latest: Latest;
  let quotas: MailQuotas;

  beforeEach(async () => {
    latest = ownDatabase();
    quotas = openMailQuotas(latest.db);
    await applyIndexes(latest.db);
  });
  afterEach(async () => {
    await latest.db.dropDatabase();
    await latest.close();
  });

  const takeMany = async (many: number, project: { hash: string; mailCapPerHour: number }, now: Date) => {
    const taken = await Promise.all(Array.from({ length: many }, () => quotas.take(project, now)));
    return taken.filter(Boolean).length;
  };
  const counts = async () => {
    const documents = await latest.db.collection<{ _id: string; count: number }>('mailQuotas').find().toArray();
    return Object.fromEntries(documents.map(({ _id, count }) => [_id, count]));
  };

  it('give just the cap, however many take at once, and however often', async () => {
    assert.equal(await takeMany(60, PROJECT, at('07:00:00')), 7);
    assert.equal(await takeMany(5, PROJECT, at('07:59:59.999')), 0);
    assert.deepEqual(await counts(), { 'p:2126-03-09T07': 7 });
  });

  it('begin anew with each hour, and are each project’s own', async () => {
    await takeMany(10, PROJECT, at('07:30:00'));
    assert.equal(await takeMany(10, PROJECT, at('08:00:00')), 7);
    assert.equal(await takeMany(10, { ...PROJECT, hash: 'q' }, at('07:30:00')), 7);
  });

  it('follow a cap that is changed within the hour', async () => {
    await takeMany(10, PROJECT, at('07:10:00'));
    assert.equal(await takeMany(10, { ...PROJECT, mailCapPerHour: 9 }, at('07:20:00')), 2);
    assert.equal(await takeMany(10, { ...PROJECT, mailCapPerHour: 3 }, at('07:30:00')), 0);
  });

  it('are dropped by MongoDB in the end', async () => {
    const [, index] = await latest.db.collection('mailQuotas').indexes();
    assert.deepEqual([index?.key, index?.expireAfterSeconds], [{ hour: 1 }, 86_400]);
  });
});
