import assert from 'node:assert/strict';
import { adoptionKnown, adoptionNow, daysToHalf, firstReported, medianDaysToHalf, type ReportRow } from './adoption.ts';
import { addDays } from './days.ts';

const RELEASE = { version: '3.2.0', day: '2026-11-01' };
const row = (since: number, version: string | null, sites: number, ageDays = 60): ReportRow => ({
  day: addDays(RELEASE.day, since),
  version,
  ageDays,
  sites,
});

describe('adoptionNow', () => {
  it('is of the reports on this version or a newer one, by the fewest days that hold 200', () => {
    const rows = [
      row(0, '3.1.0', 150),
      row(0, '3.2.0', 10),
      row(1, '3.2.0', 60),
      row(1, '3.10.0', 40),
      row(1, '3.1.0', 60),
    ];
    const [first, second] = adoptionNow(rows, RELEASE, '2026-11-02');
    assert.deepEqual([first?.since, first?.days, first?.sites, first?.base], [0, 1, 10, 160]);
    assert.deepEqual([second?.since, second?.days, second?.sites, second?.base], [1, 2, 110, 320]);
  });

  it('looks at one day where that is enough, and at seven where none are', () => {
    const few = Array.from({ length: 10 }, (_, since) => row(since, '3.2.0', 5));
    assert.deepEqual(
      adoptionNow(few, RELEASE, '2026-11-10').map(({ days }) => days),
      [1, 2, 3, 4, 5, 6, 7, 7, 7, 7],
    );
    assert.equal(adoptionNow([row(0, '3.1.0', 900), row(1, '3.2.0', 200)], RELEASE, '2026-11-02')[1]?.share, 1);
  });

  it('leaves out sites that came with or after the release, and what was said before it', () => {
    const rows = [row(5, '3.2.0', 9, 5), row(5, '3.2.0', 7, 0), row(5, '3.1.0', 3, 6), row(-1, '3.1.0', 500)];
    assert.deepEqual(adoptionNow(rows, RELEASE, '2026-11-06').at(-1), {
      since: 5,
      days: 6,
      share: 0,
      sites: 0,
      base: 3,
      low: 0,
      high: adoptionNow(rows, RELEASE, '2026-11-06').at(-1)?.high,
    });
  });

  it('takes no version for none of it, and no report for no share', () => {
    assert.equal(adoptionNow([row(0, null, 20), row(0, '3.2.0', 20)], RELEASE, '2026-11-01')[0]?.share, 0.5);
    assert.equal(adoptionNow([], RELEASE, '2026-11-01')[0]?.share, null);
  });

  it('follows a release for 60 days, and one of the future not at all', () => {
    assert.equal(adoptionNow([], RELEASE, '2027-06-01').length, 60);
    assert.equal(adoptionNow([], RELEASE, '2026-10-31').length, 0);
  });
});

describe('adoptionKnown', () => {
  it('is of all active sites, those of unknown version too', () =>
    assert.equal(
      adoptionKnown(
        [
          { value: '3.2.0', sites: 1000 },
          { value: '3.10.1', sites: 200 },
          { value: '3.1.9', sites: 700 },
          { value: null, sites: 100 },
        ],
        '3.2.0',
        2000,
      ).share,
      0.6,
    ));
});

describe('daysToHalf', () => {
  const points = (...shares: (number | null)[]) => shares.map((share, since) => ({ since, share }));

  it('is the first day with half, and none until then', () => {
    assert.equal(daysToHalf(points(0, 0.2, 0.5, 0.4, 0.9)), 2);
    assert.equal(daysToHalf(points(0, 0.2, null, 0.49)), null);
    assert.equal(daysToHalf([]), null);
  });
});

describe('medianDaysToHalf', () => {
  const release = (day: string, days: number | null) => ({ day, daysToHalf: days });

  it('is the median of the releases of a year that are out for 30 days', () =>
    assert.deepEqual(
      medianDaysToHalf(
        [
          release('2025-11-24', 99),
          release('2025-11-25', 9),
          release('2026-03-01', 11),
          release('2026-06-01', 15),
          release('2026-10-25', 8),
          release('2026-10-26', 1),
        ],
        '2026-11-24',
      ),
      { days: 10, releases: 4, reached: true },
    ));

  it('takes a release that did not reach half for the slowest', () => {
    const [a, b, c] = [release('2026-03-01', 11), release('2026-04-01', null), release('2026-05-01', 30)];
    assert.deepEqual(medianDaysToHalf([a, b, c], '2026-11-24'), { days: 30, releases: 3, reached: true });
    assert.deepEqual(medianDaysToHalf([a, b, b], '2026-11-24'), { days: null, releases: 3, reached: false });
    assert.deepEqual(medianDaysToHalf([a, c, b, b], '2026-11-24'), { days: null, releases: 4, reached: false });
  });

  it('is none of fewer than three', () =>
    assert.deepEqual(medianDaysToHalf([release('2026-03-01', 11), release('2026-04-01', 12)], '2026-11-24'), {
      days: null,
      releases: 2,
      reached: false,
    }));
});

describe('firstReported', () => {
  it('is the first day that three sites that had reported before reported the version itself', () => {
    const rows = [
      row(2, '3.2.0', 50, 0),
      row(2, '3.2.0', 2, 1),
      row(3, '3.2.0', 2, 1),
      row(3, '3.2.0', 1, 9),
      row(4, '3.2.0', 9),
      row(1, '3.2.0', 2),
      row(0, '3.2.1', 9),
    ];
    assert.equal(firstReported(rows, '3.2.0'), '2026-11-04');
    assert.equal(firstReported([row(2, '3.2.0', 50, 0)], '3.2.0'), null);
    assert.equal(firstReported(rows, '3.2'), null);
  });
});
