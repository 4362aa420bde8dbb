import assert from 'node:assert/strict';
import fc from 'fast-check';
import { addDays } from '../../../shared/figures/days.ts';
import { simulatePast } from '../../../shared/simulation/past.ts';
import { TEST_PROJECT } from '../../../shared/testing/events.ts';
import { IS_PROOF } from '../../../shared/testing/in-proof.ts';
import type { DayCounts } from './count-day.ts';
import { NUMBERS } from './count-lines.ts';
import { recount } from './recount.ts';
import { roughHistory } from './rough-history.ts';

function assertAddsUp(days: DayCounts[]): void {
  for (const [index, day] of days.entries()) {
    const before = days[index - 1]?.active ?? 0;
    const starts = day.new_sites + day.reactivated + day.resumed;
    const changes = day.copies_counted_again - day.copies_set_aside;
    assert.equal(day.active - before, starts - day.left_sites - day.went_silent + changes, `net of ${day.day}`);
    const exposed = Object.values(day.exposure).reduce((sum, row) => sum + (row.at_risk ?? 0), 0);
    assert.equal(exposed, before + starts, `at risk on ${day.day}`);
    const leaving = Object.values(day.exposure).reduce((sum, row) => sum + (row.left_sites ?? 0), 0);
    assert.equal(leaving, day.left_sites, `left on ${day.day}`);
    for (const dimension of ['version', 'php', 'multisite', 'field:plan']) {
      const rows = Object.entries(day.spreads).filter(([name]) => name.startsWith(dimension));
      assert.equal(
        rows.reduce((sum, [, { sites = 0 }]) => sum + sites, 0),
        day.active,
        `${dimension} of ${day.day}`,
      );
    }
  }
}

describe('recount', () => {
  it('flows add up to net, risks and spreads to the active sites, on every day of any history', () =>
    fc.assert(
      fc.property(fc.nat(1e9), fc.integer({ min: 1, max: 8 }), (seed, sites) => {
        const events = roughHistory(seed, { sites, days: 150 });
        assertAddsUp(recount(events, { project: TEST_PROJECT, until: '2026-07-01' }).days);
      }),
      { numRuns: IS_PROOF ? 25 : 8 },
    ));

  it('they do in a simulated past, and sites of every kind of flow are in it', () => {
    const size = IS_PROOF ? { sites: 120, days: 130, seed: 5 } : { sites: 60, days: 80, seed: 1 };
    const last = addDays('2026-01-01', size.days - 1);
    const until = new Date(`${addDays(last, 1)}T00:00:00.000Z`);
    const events = [...simulatePast({ projectHash: TEST_PROJECT.hash, ...size, until })];
    const { days } = recount(events, { project: TEST_PROJECT, until: last });
    assertAddsUp(days);
    for (const name of NUMBERS)
      assert.ok(
        days.some((day) => day[name] > 0),
        name,
      );
  });
});
