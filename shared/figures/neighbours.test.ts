import assert from 'node:assert/strict';
import { type NeighbourRow, neighbours } from './neighbours.ts';

/** Of 1,000 sites over 90 days 90 left: 0.1 % a day. */
const ALL: NeighbourRow = { list: 'plugin', value: null, age: '90+', siteDays: 90_000, left: 90 };
const beside = (value: string, siteDays: number, left: number): NeighbourRow => ({
  list: 'plugin',
  value,
  age: '90+',
  siteDays,
  left,
});

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

  it('holds sites against those that state the same list, and counts what is tried over all lists', () => {
    const fields = [ALL, beside('pro', 9000, 17)].map((row) => ({ ...row, list: 'field:plan', left: row.left * 2 }));
    const [found, ...more] = neighbours([ALL, beside('forms', 18_000, 18), ...fields]);
    assert.deepEqual([found?.list, found?.value, found?.othersLeft, more], ['field:plan', 'pro', 146, []]);
    const weak = [ALL, beside('weak', 9000, 17)];
    assert.equal(neighbours(weak).length, 1);
    const tried = Array.from({ length: 30 }, (_, index) => beside(`as-usual-${index}`, 9000, 9));
    assert.deepEqual(neighbours([...weak, ...[ALL, ...tried].map((row) => ({ ...row, list: 'theme' }))]), []);
  });

  it('does not blame what only comes with being new', () => {
    const rows: NeighbourRow[] = [
      { list: 'theme', value: null, age: '0-1', siteDays: 2000, left: 100 },
      { list: 'theme', value: null, age: '90+', siteDays: 88_000, left: 88 },
      { list: 'theme', value: 'starter-theme', age: '0-1', siteDays: 1000, left: 50 },
      { list: 'theme', value: 'starter-theme', age: '90+', siteDays: 8000, left: 8 },
    ];
    assert.deepEqual(neighbours(rows), []);
  });
});
