import assert from 'node:assert/strict';
import fc from 'fast-check';
import { addDays } from '../../../shared/figures/days.ts';
import { DROP } from '../../../shared/figures/definitions.ts';
import { dropDate } from '../../../shared/figures/drop.ts';
import { countForecast } from './count-forecast.ts';

const THROUGH = '2026-06-30';
const KINDS = {
  reached: 'below-now',
  'not-falling': 'not-falling',
  'not-within': 'not-within-years',
  'too-few': 'too-few',
  date: 'dates',
};

describe('countForecast', () => {
  it('says of a share that falls, rises or wavers what the charts say, to a day', () => {
    const seen = new Set<string>();
    const pasts = fc.record({
      days: fc.integer({ min: 40, max: 190 }),
      sites: fc.integer({ min: 450, max: 3000 }),
      first: fc.double({ min: 0.03, max: 0.3, noNaN: true }),
      perDay: fc.oneof(fc.constant(-0.0007), fc.double({ min: -0.01, max: 0.001, noNaN: true })),
      wave: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 0.02, noNaN: true })),
    });
    fc.assert(
      fc.property(pasts, ({ days, sites, first, perDay, wave }) => {
        const counted = Array.from({ length: days }, (_, index) => {
          const share = first * Math.exp(perDay * index) + wave * Math.sin(index / 9) ** 2;
          return { day: addDays(THROUGH, 1 - days + index), below: Math.round(sites * share), known: sites };
        });
        const told = countForecast(
          counted.map(({ day, below, known }) => ({
            day,
            spreads: { 'php=7.4': { sites: below }, 'php=8.2': { sites: known - below }, 'php unknown': { sites: 3 } },
          })),
          { below: '8.0', through: THROUGH },
        );
        const drop = dropDate(counted, DROP.threshold.usual, THROUGH);
        assert.equal(told.kind, KINDS[drop.outcome]);
        if (told.kind === 'dates' && drop.outcome === 'date') {
          assert.deepEqual([told.from, told.isOpen ? null : told.to], [drop.earliest, drop.latest]);
        }
        seen.add(told.kind);
      }),
      { seed: 1, numRuns: 150 },
    );
    assert.deepEqual([...seen].sort(), Object.values(KINDS).sort());
  });
});
