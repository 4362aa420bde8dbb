import assert from 'node:assert/strict';
import fc from 'fast-check';
import { countByMinute, MAX_KEYS, openKeyCounts } from './count-by-minute.ts';

describe('countByMinute', () => {
  it('tells each minute once, when it is turned to a later one, and the last at the end', () => {
    let now = new Date('2026-03-09T07:05:59.999Z');
    const told: number[] = [];
    const minutes = countByMinute({ now: () => now, open: () => ({ n: 0 }), tell: ({ n }) => told.push(n) });
    const count = () => {
      minutes.turn().n += 1;
    };
    count();
    count();
    assert.deepEqual(told, []);
    now = new Date('2026-03-09T07:06:00.000Z');
    minutes.counts().n += 1;
    count();
    assert.deepEqual(told, [3]);
    now = new Date('2026-03-09T08:00:00.000Z');
    minutes.turn();
    minutes.flush();
    assert.deepEqual(told, [3, 1, 0]);
  });
});

describe('openKeyCounts', () => {
  it('counts each key, and knows the highest count', () =>
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', 'c', '__proto__')), (keys) => {
        const counts = openKeyCounts();
        const own = (key: string, end: number) => keys.slice(0, end).filter((other) => other === key).length;
        keys.forEach((key, index) => {
          assert.equal(counts.add(key), own(key, index + 1));
        });
        assert.equal(counts.size(), new Set(keys).size);
        assert.equal(counts.most(), Math.max(0, ...keys.map((key) => own(key, keys.length))));
      }),
    ));

  it('takes so many keys and no more', () => {
    const counts = openKeyCounts();
    for (let n = 0; n < MAX_KEYS; n += 1) counts.add(`key-${n}`);
    assert.deepEqual([counts.add('one more'), counts.add('one more'), counts.add('key-7')], [0, 0, 2]);
    assert.deepEqual([counts.size(), counts.most()], [MAX_KEYS, 2]);
  });
});
