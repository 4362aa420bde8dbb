import assert from 'node:assert/strict';
import type { NeighbourRow } from './figure-rows.ts';
import { windowOf } from './publish-figures.ts';
import { ratesOf } from './rates.ts';

const THROUGH = '2026-11-29';

/** At risk and left in the days of the rates. */
const rowOf = (list: string, value: string, atRisk: number, left: number): NeighbourRow => ({
  ...{ list, value, age: '90+', at_risk: 3 * atRisk, left_sites: 3 * left },
  ...{ recent_at_risk: atRisk, recent_left: left },
});

describe('the rates of leaving', () => {
  for (const { list, of } of [
    { list: 'theme', of: 'byTheme' },
    { list: 'plugin', of: 'byPlugin' },
  ] as const)
    it(`by ${list} are of the 50 that most sites have, each in the days of the rates`, () => {
      const many = Array.from({ length: 60 }, (_, n) => rowOf(list, `one of 60: ${n}`, 1000 + n, 0));
      const neighbours = [rowOf(list, '*', 90_000, 900), ...many, rowOf(list, 'slow', 28_000, 70)];
      const row = { project_hash: 'p', days: [], exposure: [], reports: [], versions: [], neighbours };
      const [slow, ...others] = ratesOf(row, [], windowOf({ days: [THROUGH], through: THROUGH }, false))[of];
      assert.deepEqual([slow?.value, slow?.siteDays, slow?.count, slow?.sites], ['slow', 28_000, 70, 1000]);
      assert.equal(slow?.rate?.toFixed(2), '7.50');
      assert.ok((slow?.low ?? 0) < 7.5 && (slow?.high ?? 0) > 7.5);
      assert.deepEqual([others.length, others[0]?.value, others[0]?.rate], [49, 'one of 60: 59', null]);
    });
});
