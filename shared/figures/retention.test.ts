import assert from 'node:assert/strict';
import fc from 'fast-check';
import { addDays, daysBetween } from './days.ts';
import { ACTIVE_DAYS, COHORT_DAYS } from './definitions.ts';
import { cohortOf, readableAges, retention } from './retention.ts';

describe('cohortOf', () => {
  it('is of 14 days, from a Monday on', () => {
    assert.equal(cohortOf('2024-01-01'), '2024-01-01');
    assert.equal(cohortOf('2024-01-14'), '2024-01-01');
    assert.equal(cohortOf('2024-01-15'), '2024-01-15');
    assert.equal(cohortOf('2023-12-31'), '2023-12-18');
    assert.equal(cohortOf('2026-11-24'), '2026-11-16');
  });
});

describe('readableAges', () => {
  it('has an age once the last site of the cohort was silent for 30 days, or was not', () => {
    assert.deepEqual(readableAges('2026-01-05', '2026-03-02'), []);
    assert.deepEqual(readableAges('2026-01-05', '2026-03-03'), [14]);
    assert.deepEqual(readableAges('2026-01-05', '2027-02-15'), [14, 28, 56, 84, 168, 252]);
    assert.deepEqual(readableAges('2026-01-05', '2027-02-16'), [14, 28, 56, 84, 168, 252, 364]);
  });
});

describe('retention', () => {
  it('keeps at the ages that can be read who was seen then or later, or is still active', () =>
    fc.assert(
      fc.property(
        fc.nat(COHORT_DAYS - 1),
        fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 12 }),
        fc.nat(450),
        (offset, gaps, observed) => {
          const cohort = '2026-01-05';
          const [first, through] = [addDays(cohort, offset), addDays(cohort, offset + observed)];
          const reports = [first];
          for (const gap of gaps) reports.push(addDays(reports.at(-1) as string, gap));
          const seen = reports.filter((day) => day <= through);
          const last = seen.at(-1) as string;
          const isActive = daysBetween(last, through) < ACTIVE_DAYS;
          const site = { cohort, keptDays: daysBetween(first, last), sites: 1 };
          for (const { ageDays, sites } of retention([site], cohort, through))
            assert.equal(sites, isActive || last >= addDays(first, ageDays) ? 1 : 0);
        },
      ),
    ));

  it('has the share of the cohort that was kept, at each age that can be read', () => {
    const rows = [
      { cohort: '2026-01-05', keptDays: 0, sites: 100 },
      { cohort: '2026-01-05', keptDays: 14, sites: 300 },
      { cohort: '2026-01-05', keptDays: 90, sites: 600 },
      { cohort: '2026-01-19', keptDays: 90, sites: 7 },
    ];
    assert.deepEqual(
      retention(rows, '2026-01-05', '2026-04-30').map(({ ageDays, share, base }) => [ageDays, share, base]),
      [
        [14, 0.9, 1000],
        [28, 0.6, 1000],
        [56, 0.6, 1000],
      ],
    );
  });
});
