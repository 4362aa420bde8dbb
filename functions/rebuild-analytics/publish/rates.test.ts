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
      const [slow, ...others] = ratesOf(
        row,
        { leaves: [], releases: [] },
        windowOf({ days: [THROUGH], through: THROUGH }, false),
      )[of];
      assert.deepEqual([slow?.value, slow?.siteDays, slow?.count, slow?.sites], ['slow', 28_000, 70, 1000]);
      assert.equal(slow?.rate?.toFixed(2), '7.50');
      assert.ok((slow?.low ?? 0) < 7.5 && (slow?.high ?? 0) > 7.5);
      assert.deepEqual([others.length, others[0]?.value, others[0]?.rate], [49, 'one of 60: 59', null]);
    });

  it('by version are of the releases, newest first, and then of what most sites run, whatever is posted', () => {
    const exposureOf = (version: string, at_risk: number) => ({
      day: THROUGH,
      version,
      age: '90+' as const,
      at_risk,
      left_sites: 0,
    });
    const forged = Array.from({ length: 60 }, (_, n) => exposureOf(`99.0.${n}`, 3));
    const exposure = [
      ...forged,
      exposureOf('3.1.0', 20),
      exposureOf('2.0.0', 5),
      exposureOf('3.2.0', 90),
      exposureOf('1.9.0', 8),
    ];
    const row = { project_hash: 'p', days: [], exposure, reports: [], versions: [], neighbours: [] };
    const releases = [{ version: '3.3.0' }, { version: '3.2.0' }, { version: '3.1.0' }];
    const { byVersion } = ratesOf(
      row,
      { leaves: [], releases },
      windowOf({ days: [THROUGH], through: THROUGH }, false),
    );
    assert.deepEqual(
      byVersion.slice(0, 4).map(({ value }) => value),
      ['3.2.0', '3.1.0', '1.9.0', '2.0.0'],
    );
    assert.equal(byVersion.length, 20);
  });
});
