import assert from 'node:assert/strict';
import { byWeek, weekDays } from './weeks.ts';

describe('byWeek', () => {
  it('adds up seven days each, the last ones as far as they go', () => {
    assert.deepEqual(byWeek([1, 1, 1, 1, 1, 1, 1, 2, 3]), [7, 5]);
  });

  it('knows a week of which any day is known, and no other', () => {
    assert.deepEqual(byWeek([...Array(7).fill(null), null, 4]), [null, 4]);
    assert.deepEqual(weekDays(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']), ['a', 'h']);
  });
});
