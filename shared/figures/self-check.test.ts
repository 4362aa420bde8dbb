import assert from 'node:assert/strict';
import { selfCheck } from './self-check.ts';

describe('selfCheck', () => {
  for (const [rebuilt, counted, unsure] of [
    [12_430, 12_433, false],
    [12_100, 12_433, true],
    [12_433, 12_100, true],
    [100, 120, false],
    [99, 120, true],
    [979, 1000, true],
    [980, 1000, false],
    [9800, 10_000, false],
    [9799, 10_000, true],
    [0, 5000, true],
    [21, 0, true],
  ] as const)
    it(`${rebuilt} beside ${counted} is ${unsure ? 'unsure' : 'sure'}`, () =>
      assert.deepEqual(selfCheck(rebuilt, counted), { unsure, rebuilt, counted }));
});
