import assert from 'node:assert/strict';
import { below, daysToHalfFixed, ofProduct } from './below.ts';

const DATABASES = [
  { value: 'MySQL 5.7', sites: 40 },
  { value: 'MySQL 8.0', sites: 60 },
  { value: 'MariaDB 10.3', sites: 25 },
  { value: 'MariaDB 10.11', sites: 75 },
  { value: null, sites: 9 },
];

describe('below', () => {
  it('is of the sites whose version is known, and names the others', () => {
    const { share, sites, base, unknown } = below(
      [
        { value: '7.4', sites: 20 },
        { value: '8.0', sites: 50 },
        { value: '8.10', sites: 30 },
        { value: null, sites: 8 },
      ],
      '8.0',
    );
    assert.deepEqual([share, sites, base, unknown], [0.2, 20, 100, 8]);
  });

  it('compares MySQL and MariaDB each with itself', () => {
    assert.equal(below(ofProduct(DATABASES, 'MySQL'), '8.0').share, 0.4);
    assert.equal(below(ofProduct(DATABASES, 'MariaDB'), '10.4').share, 0.25);
    assert.equal(below(ofProduct(DATABASES, 'MariaDB'), '10.4').unknown, 9);
  });
});

describe('daysToHalfFixed', () => {
  const days = [
    { day: '2026-11-01', affected: 900 },
    { day: '2026-11-02', affected: 100 },
    { day: '2026-11-03', affected: 51 },
    { day: '2026-11-04', affected: 50 },
    { day: '2026-11-05', affected: 60 },
  ];

  it('counts from the publication, and is none until half are fixed', () => {
    assert.equal(daysToHalfFixed(days, '2026-11-02'), 2);
    assert.equal(daysToHalfFixed(days, '2026-11-03'), null);
    assert.equal(daysToHalfFixed(days, '2026-11-06'), null);
    assert.equal(daysToHalfFixed([{ day: '2026-11-01', affected: 0 }], '2026-11-01'), null);
  });
});
