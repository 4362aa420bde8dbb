import assert from 'node:assert/strict';
import { type NeighbourRow, neighbours } from './neighbours.ts';

/** Of 1,000 sites over 90 days 90 left: 0.1 % a day. */
const ALL: NeighbourRow = { dimension: 'plugin', value: null, age: '90+', siteDays: 90_000, left: 90 };
const beside = (value: string, siteDays: number, left: number): NeighbourRow => ({
  dimension: 'plugin',
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

  it('holds a value against the sites that state the same dimension, and tries all dimensions as one', () => {
    const plan: NeighbourRow[] = [
      { dimension: 'field:plan', value: null, age: '90+', siteDays: 9000, left: 18 },
      { dimension: 'field:plan', value: 'free', age: '90+', siteDays: 4500, left: 16 },
      { dimension: 'field:plan', value: 'slow-cache', age: '90+', siteDays: 4500, left: 2 },
    ];
    const [found, ...more] = neighbours([ALL, ...plan]);
    assert.deepEqual([found?.dimension, found?.value, found?.othersLeft], ['field:plan', 'free', 2]);
    assert.deepEqual(more, []);
    const alone = found?.falseFindings ?? 0;
    assert.ok(
      Math.abs((neighbours([ALL, beside('forms', 18_000, 18), ...plan])[0]?.falseFindings ?? 0) - 2 * alone) < 1e-12,
    );
  });

  it('ranks by what is sure, not by what is high', () => {
    const found = neighbours([ALL, beside('rare', 2700, 12), beside('common', 30_000, 75)]);
    assert.deepEqual(
      found.map(({ value }) => value),
      ['common', 'rare'],
    );
  });

  it('tries nothing with fewer than 5 leaves or 30 sites', () =>
    assert.deepEqual(neighbours([ALL, beside('four', 9000, 4), beside('few-sites', 29 * 90, 60)]), []));

  it('is as careful as it tries much', () => {
    const weak = beside('weak', 9000, 17);
    assert.equal(neighbours([ALL, weak]).length, 1);
    const tried = Array.from({ length: 30 }, (_, index) => beside(`as-usual-${index}`, 9000, 9));
    assert.deepEqual(neighbours([ALL, weak, ...tried]), []);
  });

  it('does not blame what only comes with being new', () => {
    const rows: NeighbourRow[] = [
      { dimension: 'theme', value: null, age: '0-1', siteDays: 2000, left: 100 },
      { dimension: 'theme', value: null, age: '90+', siteDays: 88_000, left: 88 },
      { dimension: 'theme', value: 'starter-theme', age: '0-1', siteDays: 1000, left: 50 },
      { dimension: 'theme', value: 'starter-theme', age: '90+', siteDays: 8000, left: 8 },
    ];
    assert.deepEqual(neighbours(rows), []);
  });
});
