import assert from 'node:assert/strict';
import { alertLooks, type ExposureRow } from './alert.ts';
import { addDays } from './days.ts';

const FORMER = { version: '3.1.0', day: '2026-09-01' };
const RELEASE = { version: '3.2.0', day: '2026-11-01' };
const releases = { release: RELEASE, former: FORMER, activeSites: 5000 };

/** So many leaves a day of 500 sites in the first days after each release. */
function rowsOf(leftADay: number, formerLeftADay: number): ExposureRow[] {
  return [RELEASE, FORMER].flatMap(({ version, day }, index) =>
    Array.from({ length: 20 }, (_, since) => ({
      day: addDays(day, since),
      version,
      age: '14-89' as const,
      atRisk: 500,
      left: index === 0 ? leftADay : formerLeftADay,
    })),
  );
}

describe('alertLooks', () => {
  it('looks on the days that are over, and on no other', () => {
    const daysBy = (through: string) => alertLooks(rowsOf(5, 5), releases, through).map(({ days }) => days);
    assert.deepEqual(daysBy('2026-11-01'), []);
    assert.deepEqual(daysBy('2026-11-02'), [2]);
    assert.deepEqual(daysBy('2026-11-13'), [2, 4, 7]);
    assert.deepEqual(daysBy('2027-06-01'), [2, 4, 7, 14]);
  });

  it('holds the first days of one against the first days of the other', () => {
    const [look] = alertLooks(rowsOf(6, 3), releases, '2026-11-02');
    assert.deepEqual([look?.left, look?.othersLeft], [12, 6]);
  });

  it('keeps the looks that it had, whatever comes later', () =>
    assert.deepEqual(
      alertLooks(rowsOf(9, 3), releases, '2026-11-30').slice(0, 2),
      alertLooks(
        rowsOf(9, 3).filter(({ day }) => day <= '2026-11-04'),
        releases,
        '2026-11-04',
      ),
    ));

  for (const { title, left, formerLeft, alarms } of [
    { title: 'a tripled rate, once chance is ruled out', left: 9, formerLeft: 3, alarms: [false, true, true, true] },
    { title: 'the same rate', left: 3, formerLeft: 3, alarms: [false, false, false, false] },
    { title: 'a sure but small difference', left: 120, formerLeft: 100, alarms: [false, false, false, false] },
    {
      title: 'leaves where there were none, once they are 10',
      left: 3,
      formerLeft: 0,
      alarms: [false, true, true, true],
    },
  ])
    it(`${title}: ${alarms.filter(Boolean).length} alarms`, () =>
      assert.deepEqual(
        alertLooks(rowsOf(left, formerLeft), releases, '2026-12-01').map(({ alarm }) => alarm),
        alarms,
      ));

  it('says that it is weak below 1,000 active sites', () => {
    const weak = (activeSites: number) => alertLooks(rowsOf(1, 1), { ...releases, activeSites }, '2026-11-02')[0]?.weak;
    assert.deepEqual([weak(999), weak(1000)], [true, false]);
  });
});
