import assert from 'node:assert/strict';
import fc from 'fast-check';
import { concurrently } from './concurrently.ts';

describe('concurrently', () => {
  it('works on every item once, on no more at once than it may', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.nat(3)), fc.integer({ min: 1, max: 5 }), async (items, limit) => {
        const done: number[] = [];
        let [underWay, most] = [0, 0];
        await concurrently(items.entries(), limit, async ([index, turns]) => {
          underWay += 1;
          most = Math.max(most, underWay);
          for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
          done.push(index);
          underWay -= 1;
        });
        assert.deepEqual(
          done.sort((one, other) => one - other),
          [...items.keys()],
        );
        assert.ok(most <= limit);
      }),
    ));

  it('begins nothing more after a failure, waits for what is under way, and rejects with it', async () => {
    const begun: number[] = [];
    const ended: number[] = [];
    const failing = concurrently([1, 2, 3, 4], 2, async (item) => {
      begun.push(item);
      if (item === 1) throw new Error('no');
      await new Promise((resolve) => setImmediate(resolve));
      ended.push(item);
    });
    await assert.rejects(failing, { message: 'no' });
    assert.deepEqual(begun, [1, 2]);
    assert.deepEqual(ended, [2]);
  });
});
