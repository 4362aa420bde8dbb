import assert from 'node:assert/strict';
import fc from 'fast-check';
import { addDays, addMonths, daysBetween } from './days.ts';

describe('days', () => {
  const day = fc
    .date({ min: new Date('1990-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 10));

  it('cross months, years, leap days and the clock changes of any zone', () => {
    assert.equal(addDays('2026-12-31', 1), '2027-01-01');
    assert.equal(addDays('2028-02-28', 1), '2028-02-29');
    assert.equal(addDays('2026-03-29', -1), '2026-03-28');
    assert.equal(daysBetween('2024-01-01', '2025-01-01'), 366);
    assert.equal(addMonths('2026-01-15', -12), '2025-01-15');
    assert.equal(addMonths('2026-11-30', 36), '2029-11-30');
    assert.equal(addMonths('2028-02-29', -12), '2027-03-01');
  });

  it('go there and back', () =>
    fc.assert(
      fc.property(day, fc.integer({ min: -4000, max: 4000 }), (from, days) => {
        assert.equal(daysBetween(from, addDays(from, days)), days);
        assert.equal(addDays(from, days) < from, days < 0);
      }),
    ));
});
