import assert from 'node:assert/strict';
import fc from 'fast-check';
import { batchesOf, inBatches } from './batches-of.ts';

describe('inBatches and batchesOf', () => {
  it('gives everything in its order, in groups of the size but for the last', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.integer()), fc.integer({ min: 1, max: 7 }), async (items, size) => {
        const batches: number[][] = [];
        for await (const batch of inBatches(items, size)) batches.push(batch);
        assert.deepEqual(batches.flat(), items);
        assert.deepEqual(batchesOf(items, size), batches);
        assert.ok(batches.slice(0, -1).every((batch) => batch.length === size));
        assert.ok(batches.every((batch) => batch.length > 0 && batch.length <= size));
      }),
    ));
});
