import assert from 'node:assert/strict';
import { ownDatabase } from '../../testing/stores.ts';
import type { Latest } from '../mongodb.ts';
import { openOptOuts } from './opt-outs.ts';
import { openUnclaimed } from './unclaimed.ts';

const [FIRST, SECOND, THIRD] = ['a', 'b', 'c'].map((letter) => letter.repeat(32)) as [string, string, string];
const FROM = new Date('2026-03-09T07:00:00Z');

describe('what events ask for at once', () => {
  let latest: Latest;
  before(() => {
    latest = ownDatabase();
  });
  after(async () => {
    await latest.db.dropDatabase();
    await latest.close();
  });

  it('is answered each alone: what waits under its names, and came late enough', async () => {
    const unclaimed = openUnclaimed(latest.db);
    const waiting = [
      { eventId: 'early', receivedAt: '2026-03-09T06:59:59.999Z', urlMd5: FIRST },
      { eventId: 'later', receivedAt: '2026-03-09T07:00:02.000Z', urlMd5: FIRST },
      { eventId: 'sooner', receivedAt: '2026-03-09T07:00:01.000Z', urlMd5: SECOND },
    ];
    const names = [[THIRD], [THIRD], [FIRST, SECOND], [SECOND], []];
    const ask = async () => {
      const found = await Promise.all(names.map((urlMd5s) => unclaimed.withMd5s(urlMd5s, FROM)));
      return found.map((deactivations) => deactivations.map(({ eventId }) => eventId));
    };
    assert.deepEqual(await ask(), [[], [], [], [], []]);
    for (const one of waiting) await unclaimed.put(one, FROM);
    assert.deepEqual(await ask(), [[], [], ['sooner', 'later'], ['sooner'], []]);
  });

  it('is answered each alone: the latest opt-out under its names, of its project', async () => {
    const optOuts = openOptOuts(latest.db);
    await optOuts.put({ project: 'p', urlMd5: FIRST, stamp: '2026-03-09T07:00:00.000Z/1' });
    await optOuts.put({ project: 'p', urlMd5: SECOND, stamp: '2026-03-09T08:00:00.000Z/2' });
    const asked: [string, string[]][] = [
      ['p', [THIRD]],
      ['p', [FIRST]],
      ['p', [FIRST, SECOND]],
      ['q', [FIRST]],
      ['p', []],
    ];
    const stamps = await Promise.all(asked.map(([project, names]) => optOuts.latest(project, names)));
    const at = stamps.map((stamp) => stamp?.slice(-1));
    assert.deepEqual(at, [undefined, '1', '2', undefined, undefined]);
  });
});
