import assert from 'node:assert/strict';
import fc from 'fast-check';
import { capturedEvent } from '../../../shared/testing/events.ts';
import { deliveriesOf } from './deliveries.ts';

const DAY_MS = 86_400_000;
const START = Date.parse('2026-01-01');

function events(gaps: number[]) {
  let at = START;
  const captured = capturedEvent('track');
  return gaps.map((gap, index) => {
    at += gap * 3_600_000;
    return { ...captured, id: `event-${index}`, receivedAt: new Date(at).toISOString() };
  });
}

function delays(past: ReturnType<typeof events>, trouble: Parameters<typeof deliveriesOf>[1]): [string, number][] {
  return [...deliveriesOf(past, trouble)].flatMap(({ day, events: told }) =>
    told.map(({ id, receivedAt }): [string, number] => [
      id,
      (Date.parse(day) - Date.parse(receivedAt.slice(0, 10))) / DAY_MS,
    ]),
  );
}

describe('deliveriesOf', () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 60 });
  const lateDays = [1, 29, 31, 200];

  it('tells of every event, on its day or as many days later as were asked for, days in their order', () =>
    fc.assert(
      fc.property(gaps, fc.nat(), (some, seed) => {
        const past = events(some);
        const trouble = { seed, late: 0.3, lateDays, doubled: 0.3 };
        const told = delays(past, trouble);
        assert.deepEqual(new Set(told.map(([id]) => id)), new Set(past.map(({ id }) => id)));
        for (const [, days] of told) assert.ok([0, ...lateDays].includes(days));
        const days = [...deliveriesOf(past, trouble)].map(({ day }) => day);
        assert.deepEqual([...new Set(days)].sort(), days);
        assert.deepEqual(delays(past, trouble), told);
      }),
      { numRuns: 50 },
    ));

  it('is late and doubles as often as it was told to, and mixes a day', () => {
    const past = events(Array.from({ length: 4000 }, () => 1));
    const told = delays(past, { seed: 3, late: 0.1, lateDays, doubled: 0.05 });
    assert.ok(Math.abs(told.length / 4000 - 1.05) < 0.02);
    for (const days of lateDays) {
      assert.ok(Math.abs(told.filter(([, late]) => late === days).length / told.length - 0.025) < 0.01);
    }
    const [first] = [...deliveriesOf(past, { seed: 3, late: 0, lateDays, doubled: 0 })];
    assert.equal(first?.events.length, 23);
    assert.notDeepEqual(first?.events, past.slice(0, 23));
  });

  it('tells of everything once and on its day when nothing is wrong', () => {
    const past = events([1, 30, 30]);
    assert.deepEqual(
      delays(past, { seed: 1, late: 0, lateDays: [], doubled: 0 }),
      past.map(({ id }) => [id, 0]),
    );
  });
});
