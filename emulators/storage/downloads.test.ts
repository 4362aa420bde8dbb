import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseRange } from './downloads.ts';

describe('parseRange', () => {
  for (const { header, size, range } of [
    { header: 'bytes=1-3', size: 10, range: { from: 1, to: 3 } },
    { header: 'bytes=7-', size: 10, range: { from: 7, to: 9 } },
    { header: 'bytes=-3', size: 10, range: { from: 7, to: 9 } },
    { header: 'bytes=-30', size: 10, range: { from: 0, to: 9 } },
    { header: 'bytes=10-', size: 10, range: 'unsatisfiable' },
    { header: 'bytes=-0', size: 10, range: 'unsatisfiable' },
    { header: 'bytes=0-', size: 0, range: 'unsatisfiable' },
    { header: 'bytes=3-1', size: 10, range: undefined },
    { header: 'bytes=0-1,3-4', size: 10, range: undefined },
    { header: undefined, size: 10, range: undefined },
  ])
    it(`reads ${header ?? 'no header'} of ${size} bytes`, () => assert.deepEqual(parseRange(header, size), range));

  it('never leaves the object', () =>
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.nat(), (a, b, size) => {
        for (const header of [`bytes=${a}-${b}`, `bytes=${a}-`, `bytes=-${b}`]) {
          const range = parseRange(header, size);
          if (typeof range === 'object') assert.ok(0 <= range.from && range.from <= range.to && range.to < size);
        }
      }),
    ));
});
