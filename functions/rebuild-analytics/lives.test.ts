import assert from 'node:assert/strict';
import type { Dataset } from '@google-cloud/bigquery';
import fc from 'fast-check';
import { addDays, type Day, daysBetween } from '../../shared/figures/days.ts';
import { ACTIVE_DAYS } from '../../shared/figures/definitions.ts';
import { openDerivedTables } from '../../shared/stores/history/derived-tables.ts';
import { openHistoryReader } from '../../shared/stores/history/history-reader.ts';
import { IS_PROOF } from '../../shared/testing/in-proof.ts';
import { ownDataset } from '../../shared/testing/stores.ts';
import { changedDays, siteLives } from './derivations.ts';

const FIRST = '2026-01-01';
const DAYS = 200;
const TODAY = addDays(FIRST, DAYS);

/** What a site said on a day: whether it reported, and whether it left after that. */
interface Said {
  reported: boolean;
  left: boolean;
}
type Site = Map<Day, Said>;

interface Life {
  from: Day;
  last: Day;
  left: Day | null;
  lateLeft: Day | null;
  as: string;
  firstVersion: string | null;
  lastVersion: string | null;
  reason: string | null;
}

/** Some days a site states no version, on others no reason. */
const isMute = (day: Day, every: number) => daysBetween(FIRST, day) % every === 0;
const versionOn = (day: Day) => (isMute(day, 4) ? null : `v${day}`);
const reasonOn = (day: Day) => (isMute(day, 3) ? null : `r${day}`);

/** By the words of the definitions, an event after the other. */
function livesOf(site: Site): Life[] {
  const lives: Life[] = [];
  for (const [day, { reported, left }] of [...site].sort()) {
    const life = lives.at(-1);
    const isOver = !life || life.left !== null || daysBetween(life.last, day) > ACTIVE_DAYS;
    if (reported) {
      if (isOver) {
        const as = !life ? 'new' : (life.left ?? life.lateLeft) === null ? 'resumed' : 'reactivated';
        const version = versionOn(day);
        lives.push({
          from: day,
          last: day,
          left: null,
          lateLeft: null,
          as,
          firstVersion: version,
          lastVersion: version,
          reason: null,
        });
      } else Object.assign(life, { last: day, lastVersion: versionOn(day) });
    }
    const current = lives.at(-1);
    if (!left || !current) continue;
    if (current.left !== null || current.lateLeft !== null) continue;
    const isLate = daysBetween(current.last, day) > ACTIVE_DAYS;
    Object.assign(current, { [isLate ? 'lateLeft' : 'left']: day, reason: reasonOn(day) });
  }
  return lives;
}

const isActive = (lives: Life[], day: Day) =>
  lives.some(({ from, last, left }) => from <= day && day < (left ?? addDays(last, ACTIVE_DAYS)));

const said = fc
  .record({ reported: fc.boolean(), left: fc.boolean() })
  .map(({ reported, left }) => ({ reported, left: left || !reported }));
const gap = fc.constantFrom(1, 7, 14, 14, 25, 29, 30, 31, 40, 90);
const steps = fc.array(
  fc.tuple(gap, fc.oneof({ weight: 3, arbitrary: fc.constant({ reported: true, left: false }) }, said)),
  { maxLength: 14 },
);
const site = fc.tuple(fc.nat(60), steps).map(([start, list]): Site => {
  let at = start;
  return new Map(
    list.flatMap(([days, one]) => {
      at += days;
      return at <= DAYS ? [[addDays(FIRST, at), one]] : [];
    }),
  );
});

const SITES = IS_PROOF ? 300 : 120;
/** Late days, one after the other. */
const ROUNDS = IS_PROOF ? 3 : 1;
const PROJECT = 'p';
const NAMESAKES = 200;
/** On a day, of these sites: what they said instead, or that they said nothing. */
const change = fc.tuple(
  fc.nat(DAYS),
  fc.array(fc.tuple(fc.nat(SITES - 1), fc.option(said)), { minLength: 50, maxLength: 50 }),
);

describe('the lives of sites', function () {
  this.timeout(120_000);
  let dataset: Dataset;
  before(async () => {
    dataset = await ownDataset();
  });
  after(() => dataset.delete({ force: true }));

  const optionsOf = () => ({ projectId: dataset.projectId, dataset: String(dataset.id), maxBytesBilled: 2 ** 30 });

  async function write(sites: Site[]): Promise<void> {
    await dataset.query(`DELETE FROM \`${dataset.id}.site_days\` WHERE day > '2000-01-01'`);
    const rows = sites.flatMap((one, index) =>
      [...one].map(([day, { reported, left }]) => ({
        day,
        project_hash: PROJECT,
        site: `s${index}`,
        environment: 'production',
        reported,
        last_kind: left ? 'left' : 'report',
        first_report_at: reported ? `${day}T10:00:00Z` : null,
        version: reported ? versionOn(day) : null,
        deactivations: left ? [{ reason_id: 'an earlier one' }, { reason_id: reasonOn(day) }] : [],
      })),
    );
    // what is said under the same names elsewhere is nothing to them
    const elsewhere = rows.slice(0, NAMESAKES).flatMap((row) => {
      const left = { ...row, day: addDays(row.day, 1), last_kind: 'left', reported: false };
      return [
        { ...left, environment: 'staging' },
        { ...left, project_hash: 'other' },
      ];
    });
    const all = [...rows, ...elsewhere];
    for (let start = 0; start < all.length; start += 2000)
      await dataset.table('site_days').insert(all.slice(start, start + 2000));
  }

  async function folded(): Promise<Map<string, Life[]>> {
    const lives = new Map<string, Life[]>();
    const [rows] = await dataset.query(
      `SELECT * FROM \`${dataset.id}.site_lives\` WHERE project_hash = '${PROJECT}' ORDER BY site, number`,
    );
    const dayOf = (value: { value: string } | null) => value?.value ?? null;
    for (const row of rows) {
      const list = lives.get(row.site) ?? [];
      lives.set(row.site, list);
      assert.equal(row.number, list.length + 1);
      assert.equal(
        String(row.first_report_at.value).slice(0, 10),
        list[0]?.from ?? dayOf(row.from_day),
        'of the first life',
      );
      list.push({
        from: dayOf(row.from_day) as Day,
        last: dayOf(row.last_day) as Day,
        left: dayOf(row.left_day),
        lateLeft: dayOf(row.late_left_day),
        as: row.began_as,
        firstVersion: row.first_version,
        lastVersion: row.last_version,
        reason: row.reason_id,
      });
    }
    return lives;
  }

  const expected = (sites: Site[]) =>
    new Map(
      sites.map((one, index): [string, Life[]] => [`s${index}`, livesOf(one)]).filter(([, lives]) => lives.length > 0),
    );
  const sorted = (lives: Map<string, Life[]>) => [...lives].sort(([one], [other]) => (one < other ? -1 : 1));

  it('are those of a fold by the definitions, made at once or made good after each late day; and what changes is told', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(site, { minLength: SITES, maxLength: SITES }),
        fc.array(change, { minLength: ROUNDS, maxLength: ROUNDS }),
        async (sites, rounds) => {
          const tables = openDerivedTables(optionsOf());
          const history = openHistoryReader(optionsOf());
          await write(sites);
          await tables.replace({ table: 'site_lives' }, siteLives(FIRST, TODAY));
          assert.deepEqual(sorted(await folded()), sorted(expected(sites)));
          for (const [at, changes] of rounds) {
            const before = sites.map(livesOf);
            const late = addDays(FIRST, at);
            for (const [index, one] of changes) {
              // it says nothing: an erasure, or a report that is taken for another site's
              if (one === null) sites[index]?.delete(late);
              else sites[index]?.set(late, one);
            }
            const after = sites.map(livesOf);
            await write(sites);
            const { sql, params } = changedDays(late, TODAY);
            const told = new Set((await history.query(sql, params)).map(({ day }) => day));
            for (let day = FIRST; day <= TODAY; day = addDays(day, 1)) {
              const isAnother = after.some(
                (lives, index) => isActive(lives, day) !== isActive(before[index] ?? [], day),
              );
              assert.ok(!isAnother || told.has(day), `${day} is not told`);
            }
            await tables.replace({ table: 'site_lives' }, siteLives(late, TODAY));
            assert.deepEqual(sorted(await folded()), sorted(expected(sites)));
          }
        },
      ),
      { numRuns: 1, endOnFailure: true },
    ));
});
