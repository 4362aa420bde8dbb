import assert from 'node:assert/strict';
import { addDays } from '../../../../shared/figures/days.ts';
import { kindsOf, type SiteDay } from './site-day-kinds.ts';

const FIRST = '2026-01-01';
const days = Array.from({ length: 40 }, (_, index) => addDays(FIRST, index));
const said = (at: number, kind: SiteDay['kind']): SiteDay => ({
  day: addDays(FIRST, at),
  kind,
  version: null,
  php: null,
  wordpress: null,
});

describe('kindsOf', () => {
  it('knows nothing before the first word, and a site as active for thirty days from a report on', () => {
    const kinds = kindsOf([said(2, 'report')], days);
    assert.deepEqual(kinds.slice(0, 4), ['before', 'before', 'report', 'active']);
    assert.deepEqual(kinds.slice(30, 33), ['active', 'active', 'silent']);
  });

  it('tells gone from silent, and a return from both', () => {
    const kinds = kindsOf([said(0, 'report'), said(3, 'left'), said(8, 'report')], days);
    assert.deepEqual(kinds.slice(2, 10), ['active', 'left', 'gone', 'gone', 'gone', 'gone', 'report', 'active']);
  });

  it('counts what was said before the days shown', () => {
    assert.deepEqual(kindsOf([said(-5, 'left')], days.slice(0, 2)), ['gone', 'gone']);
    assert.deepEqual(kindsOf([said(-29, 'report')], days.slice(0, 2)), ['active', 'silent']);
  });
});
