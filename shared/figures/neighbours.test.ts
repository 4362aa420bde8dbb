import assert from 'node:assert/strict';
import { type NeighbourRow, neighbours } from './neighbours.ts';

/** Of 1,000 sites over 90 days 90 left: 0.1 % a day. */
const ALL: NeighbourRow = { value: null, age: '90+', siteDays: 90_000, left: 90 };
const beside = (value: string, siteDays: number, left: number): NeighbourRow => ({ value, age: '90+', siteDays, left });

describe('neighbours', () => {
  it('finds what goes with leaving, and by how much at least', () => {
    const [found, ...more] = neighbours([ALL, beside('slow-cache', 18_000, 40), beside('forms', 18_000, 18)]);
    assert.equal(found?.value, 'slow-cache');
    assert.equal(found.ratio?.toFixed(2), '3.20');
    assert.ok((found.low ?? 0) > 2 && found.falseFindings < 0.001);
    assert.deepEqual(more, []);
  });

  it('ranks by what is sure, not by what is high', () => {
    const found = neighbours([ALL, beside('rare', 2700, 12), beside('common', 30_000, 75)]);
    assert.deepEqual(
      found.map(({ value }) => value),
      ['common', 'rare'],
    );
  });

  it('tries nothing with fewer than 5 leaves or 30 sites', () =>
    assert.deepEqual(neighbours([ALL, beside('four', 9000, 4), beside('few-sites', 29 * 90, 60)].slice(0, 2)), []));

  it('is as careful as it tries much', () => {
    const weak = beside('weak', 9000, 17);
    assert.equal(neighbours([ALL, weak]).length, 1);
    const tried = Array.from({ length: 30 }, (_, index) => beside(`as-usual-${index}`, 9000, 9));
    assert.deepEqual(neighbours([ALL, weak, ...tried]), []);
  });

  it('does not blame what only comes with being new', () => {
    const rows: NeighbourRow[] = [
      { value: null, age: '0-1', siteDays: 2000, left: 100 },
      { value: null, age: '90+', siteDays: 88_000, left: 88 },
      { value: 'starter-theme', age: '0-1', siteDays: 1000, left: 50 },
      { value: 'starter-theme', age: '90+', siteDays: 8000, left: 8 },
    ];
    assert.deepEqual(neighbours(rows), []);
  });
});
