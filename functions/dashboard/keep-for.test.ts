import assert from 'node:assert/strict';
import { keepFor } from './keep-for.ts';

describe('keepFor', () => {
  let clock = 0;
  const asked: string[] = [];
  const kept = () => {
    clock = 0;
    asked.length = 0;
    return keepFor({ forMs: 10, most: 2, now: () => new Date(clock) }, async (key: string) => {
      asked.push(key);
      if (key === 'fails') throw new Error('no');
      return asked.length;
    });
  };

  it('asks once, and again when the answer is old', async () => {
    const get = kept();
    assert.deepEqual([await get('a'), await get('a')], [1, 1]);
    clock = 10;
    assert.equal(await get('a'), 2);
  });

  it('keeps no more than it may, the newest', async () => {
    const get = kept();
    for (const key of ['a', 'b', 'c', 'c', 'b', 'a']) await get(key);
    assert.deepEqual(asked, ['a', 'b', 'c', 'a']);
  });

  it('keeps no failure', async () => {
    const get = kept();
    for (let time = 0; time < 2; time += 1) await assert.rejects(get('fails'));
    assert.deepEqual(asked, ['fails', 'fails']);
  });
});
