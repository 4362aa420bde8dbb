import assert from 'node:assert/strict';
import { addDays, daysBetween } from './days.ts';
import { type BelowDay, completeWeeks, dropDate } from './drop.ts';

const THROUGH = '2026-11-24';

/** Of 10,000 sites, 12 % are below at the end, and log odds fall by so much a week. */
function daysOf({ weeks = 26, fall = 0.02, known = 10_000 }): BelowDay[] {
  return Array.from({ length: weeks * 7 }, (_, back) => ({
    day: addDays(THROUGH, -back),
    below: known / (1 + Math.exp(-(Math.log(0.12 / 0.88) + (fall * back) / 7))),
    known,
  }));
}

/** Days until a share of 12 % is at 5 % when its log odds fall by 0.02 a week. */
const DAYS_TO_5 = ((Math.log(0.12 / 0.88) - Math.log(0.05 / 0.95)) / 0.02) * 7;

describe('dropDate', () => {
  it('is a range of days about the one that the trend leads to', () => {
    const answer = dropDate(daysOf({}), 0.05, THROUGH);
    assert.ok(answer.outcome === 'date');
    assert.ok(Math.abs(daysBetween(THROUGH, answer.expected) - DAYS_TO_5) <= 2, answer.expected);
    assert.ok(answer.earliest < answer.expected && answer.expected < (answer.latest ?? ''));
  });

  it('has no end where that is more than three years off', () => {
    const answer = dropDate(daysOf({ fall: 0.0085, known: 6000 }), 0.04, THROUGH);
    assert.deepEqual([answer.outcome, 'latest' in answer && answer.latest], ['date', null]);
  });

  for (const { title, days, threshold, outcome } of [
    { title: 'a share that is there', days: daysOf({}), threshold: 0.13, outcome: 'reached' },
    { title: 'a flat share', days: daysOf({ fall: 0 }), threshold: 0.05, outcome: 'not-falling' },
    { title: 'a rising share', days: daysOf({ fall: -0.02 }), threshold: 0.05, outcome: 'not-falling' },
    { title: 'a threshold far below', days: daysOf({}), threshold: 0.001, outcome: 'not-within' },
    { title: 'seven weeks', days: daysOf({ weeks: 7 }), threshold: 0.05, outcome: 'too-few' },
    { title: 'eight weeks', days: daysOf({ weeks: 8, fall: 0.1 }), threshold: 0.05, outcome: 'date' },
    { title: '499 sites', days: daysOf({ known: 499 }), threshold: 0.05, outcome: 'too-few' },
    { title: '500 sites', days: daysOf({ known: 500, fall: 0 }), threshold: 0.05, outcome: 'not-falling' },
    { title: 'nothing', days: [], threshold: 0.05, outcome: 'too-few' },
  ] as const)
    it(`answers ${outcome} to ${title}`, () => assert.equal(dropDate(days, threshold, THROUGH).outcome, outcome));
});

describe('completeWeeks', () => {
  it('ends with the last complete day, has all seven days of each, and 26 at most', () => {
    const days = daysOf({ weeks: 40, fall: 0 });
    const weeks = completeWeeks(days, THROUGH);
    assert.deepEqual([weeks.length, weeks[0]?.at, weeks.at(-1)?.at], [26, -178, -3]);
    assert.equal(weeks[3]?.share.toFixed(9), '0.120000000');
    const gap = completeWeeks(
      days.filter(({ day }) => day !== addDays(THROUGH, -10)),
      THROUGH,
    );
    assert.deepEqual([gap.length, gap.at(-2)?.at], [25, -17]);
  });
});
