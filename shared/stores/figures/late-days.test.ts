import assert from 'node:assert/strict';
import { ownDatabase } from '../../testing/stores.ts';
import type { Latest } from '../mongodb.ts';
import { type LateDayDocument, type LateDays, openLateDays } from './late-days.ts';

describe('late days', () => {
  let latest: Latest;
  let lateDays: LateDays;
  before(() => {
    latest = ownDatabase();
    lateDays = openLateDays(latest.db);
  });
  beforeEach(() => latest.db.collection('lateDays').deleteMany({}));
  after(async () => {
    await latest.db.dropDatabase();
    await latest.close();
  });

  const days = async (until = '2026-12-31') => (await lateDays.waiting(until, 100)).map(({ _id }) => _id);

  it('wait, the oldest first, however many mark one at once', async () => {
    const marks = ['2026-03-02', '2026-03-01', '2026-03-02', '2026-03-03'];
    await Promise.all(marks.map((day) => lateDays.mark(day)));
    assert.deepEqual(await days(), ['2026-03-01', '2026-03-02', '2026-03-03']);
    assert.deepEqual(await days('2026-03-02'), ['2026-03-01', '2026-03-02']);
    assert.equal((await lateDays.waiting('2026-12-31', 1)).length, 1);
  });

  it('go when they are done, unless more came since', async () => {
    await Promise.all(['2026-03-01', '2026-03-02'].map((day) => lateDays.mark(day)));
    const waiting = await lateDays.waiting('2026-12-31', 100);
    await lateDays.mark('2026-03-02');
    await lateDays.remove(waiting);
    assert.deepEqual(await days(), ['2026-03-02']);
    await lateDays.remove(await lateDays.waiting('2026-12-31', 100));
    await lateDays.remove([]);
    assert.deepEqual(await days(), []);
  });

  it('know what of them is made, until more comes', async () => {
    await lateDays.want(['2026-03-01'], false);
    const [day] = await lateDays.waiting('2026-12-31', 1);
    await lateDays.noteMade(day as LateDayDocument);
    await lateDays.want(['2026-03-01'], false);
    assert.equal((await lateDays.waiting('2026-12-31', 1))[0]?.isMade, true, 'whoever goes on makes it once');
    await lateDays.mark('2026-03-01');
    await lateDays.noteMade(day as LateDayDocument);
    assert.equal((await lateDays.waiting('2026-12-31', 1))[0]?.isMade, false);
  });
});
