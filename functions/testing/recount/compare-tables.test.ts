import assert from 'node:assert/strict';
import { TEST_PROJECT } from '../../../shared/testing/events.ts';
import { compareDays, compareLives, type TableRow } from './compare-tables.ts';
import type { Counts } from './count-values.ts';
import { historyEvents } from './history-events.ts';
import { recount } from './recount.ts';

describe('compare-tables', () => {
  const { days, lives } = recount(
    historyEvents([
      ['01-01', 'track', 'a', { extra: { plan: 'pro' } }],
      ['01-02', 'track', 'b', { extra: undefined }],
      ['01-03', 'deactivate', 'a'],
    ]),
    { project: TEST_PROJECT, until: '2026-01-03' },
  );
  const split = (counts: Counts<string>, pattern: RegExp): TableRow[] =>
    Object.entries(counts).map(([name, row]) => ({ ...pattern.exec(name)?.groups, ...row }));
  /** As BigQuery's client would give them, had the rebuild counted the same. */
  const dayRows = (): TableRow[] =>
    days.map((day) => ({
      ...day,
      day: { value: day.day },
      spreads: [
        ...split(day.spreads, /^(?<dimension>.*?)(?:=(?<value>.*)| (?<rest>unknown))$/).map((row) => ({
          value: null,
          ...row,
          rest: row.rest ?? null,
          left_sites: row.left_sites ?? 0,
        })),
        { dimension: 'php', value: null, rest: 'other', sites: 0, left_sites: 0 },
      ],
      exposure: split(day.exposure, /^(?<version>.*) at (?<age>.*)$/),
      reports: split(day.reports, /^(?<version>.*) at (?<age_days>.*)$/),
      neighbours: split(day.neighbours, /^(?<kind>\w+) (?<key>.*?)=(?<value>.*) at (?<age>.*)$/),
    }));
  const lifeRows = (): TableRow[] =>
    lives.map((life) => ({
      ...life,
      from_day: { value: life.from_day },
      first_report_at: { value: life.first_report_at.replace('.000Z', 'Z') },
    }));

  it('finds nothing where both counted the same', () => {
    assert.deepEqual(compareDays(days, dayRows()), []);
    assert.deepEqual(compareLives(lives, lifeRows()), []);
  });

  it('says where they differ: in a number, in one of many, in a day or life that one of them has not', () => {
    const [first, second] = dayRows() as [TableRow, TableRow];
    const wrong = {
      ...second,
      active: 3,
      spreads: (second.spreads as TableRow[]).filter(({ dimension }) => dimension !== 'field:plan'),
    };
    assert.deepEqual(compareDays(days, [first, wrong]), [
      { what: '2026-01-02 active', recounted: 2, rebuilt: 3 },
      { what: '2026-01-02 spreads: field:plan=pro', recounted: { sites: 1 }, rebuilt: undefined },
      { what: '2026-01-02 spreads: field:plan unknown', recounted: { sites: 1 }, rebuilt: undefined },
      { what: '2026-01-03', recounted: 1, rebuilt: null },
    ]);
    const [one] = lifeRows() as [TableRow];
    const differences = compareLives(lives, [{ ...one, left_day: null }]);
    assert.deepEqual(
      differences.map(({ what }) => what),
      ['life 1 of a.example left_day', 'life 1 of b.example'],
    );
  });
});
