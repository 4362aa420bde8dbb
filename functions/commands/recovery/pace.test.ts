import assert from 'node:assert/strict';
import fc from 'fast-check';
import { openPace } from './pace.ts';

describe('openPace', () => {
  it('lets no more through than its rate, after the first group, however they come', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1000 }),
        fc.array(fc.record({ count: fc.integer({ min: 1, max: 100 }), pauseMs: fc.integer({ min: 0, max: 500 }) })),
        async (rate, groups) => {
          let time = 1000;
          const sleep = async (ms: number) => {
            time += ms;
          };
          const clock = { now: () => time, sleep };
          const pace = openPace(rate, clock);
          const through: { at: number; count: number }[] = [];
          for (const { count, pauseMs } of groups) {
            time += pauseMs;
            await pace(count);
            through.push({ at: time, count });
          }
          for (let first = 0; first < through.length; first += 1) {
            let before = 0;
            for (const { at, count } of through.slice(first)) {
              const elapsed = (at - (through[first]?.at as number)) / 1000;
              assert.ok(before <= rate * elapsed + 1e-6, `${before} within ${elapsed} s`);
              before += count;
            }
          }
        },
      ),
    ));

  it('waits for nothing when the rate is kept anyway', async () => {
    let time = 0;
    const waits: number[] = [];
    const pace = openPace(10, { now: () => time, sleep: async (ms) => void waits.push(ms) });
    for (time = 0; time < 5000; time += 100) await pace(1);
    assert.deepEqual(waits, []);
  });
});
