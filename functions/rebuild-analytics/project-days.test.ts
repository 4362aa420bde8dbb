import assert from 'node:assert/strict';
import type { Dataset } from '@google-cloud/bigquery';
import fc from 'fast-check';
import { addDays, type Day, daysBetween } from '../../shared/figures/days.ts';
import { ACTIVE_DAYS } from '../../shared/figures/definitions.ts';
import { openDerivedTables } from '../../shared/stores/history/derived-tables.ts';
import { IS_PROOF } from '../../shared/testing/in-proof.ts';
import { ownDataset } from '../../shared/testing/stores.ts';
import { projectDays, siteLives } from './derivations.ts';

const FIRST = '2026-01-01';
const DAYS = 80;
const SITES = 8;
const PROJECTS = IS_PROOF ? 60 : 20;
/** Days that are made, one after the other. */
const MADE = IS_PROOF ? 4 : 3;

interface Said {
  day: Day;
  reported: boolean;
  left: boolean;
  fingerprint: string | null;
}
interface Site {
  name: string;
  rows: Said[];
}

const step = fc.record({
  gap: fc.constantFrom(1, 1, 3, 7, 14, 14, 29, 30, 31),
  reported: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
  left: fc.integer({ min: 0, max: 9 }).map((n) => n > 7),
  fingerprint: fc.constantFrom('one', 'one', 'other', null),
});
const site = fc.tuple(fc.nat(50), fc.array(step, { minLength: 1, maxLength: 12 })).map(([start, steps]): Said[] => {
  let at = start;
  return steps.flatMap(({ gap, reported, left, fingerprint }) => {
    at += gap;
    return at > DAYS ? [] : [{ day: addDays(FIRST, at), reported, left: left || !reported, fingerprint }];
  });
});
const project = fc.array(site, { minLength: SITES, maxLength: SITES });

/** One day of a project, counted by the words of the definitions. */
function recount(sites: Site[], day: Day) {
  const before = addDays(day, -1);
  const lastReport = ({ rows }: Site, at: Day) => rows.filter((row) => row.reported && row.day <= at).at(-1);
  const leftSince = ({ rows }: Site, since: Day, at: Day) =>
    rows.some((row) => row.left && row.day >= since && row.day <= at);
  const isActive = (one: Site, at: Day) => {
    const last = lastReport(one, at);
    return last !== undefined && daysBetween(last.day, at) < ACTIVE_DAYS && !leftSince(one, last.day, at);
  };
  const firstOf = ({ name, rows }: Site) => `${rows.find((row) => row.reported)?.day} ${name}`;
  const isCopy = (one: Site, at: Day) => {
    const fingerprint = lastReport(one, at)?.fingerprint;
    return sites.some(
      (other) =>
        other !== one &&
        isActive(other, at) &&
        fingerprint &&
        lastReport(other, at)?.fingerprint === fingerprint &&
        firstOf(other) < firstOf(one),
    );
  };
  const counts = {
    ...{ active: 0, new_sites: 0, reactivated: 0, resumed: 0, left_sites: 0, went_silent: 0 },
    ...{ copies_counted_again: 0, copies_set_aside: 0, copies: 0, deactivations: 0, deactivations_unreported: 0 },
  };
  for (const one of sites) {
    const said = one.rows.find((row) => row.day === day);
    const former = lastReport(one, before);
    const was = isActive(one, before);
    // who says something on that day has not fallen silent on it
    const wentSilent =
      was && said === undefined && former !== undefined && daysBetween(former.day, day) === ACTIVE_DAYS;
    const begins = said?.reported === true && !was;
    const leaves = said?.left === true && (begins || was);
    const isCounted = !isCopy(one, day);
    const wasCounted = !isCopy(one, before);
    if (isActive(one, day)) counts[isCounted ? 'active' : 'copies'] += 1;
    if (begins && isCounted) {
      if (former === undefined) counts.new_sites += 1;
      else if (leftSince(one, former.day, before)) counts.reactivated += 1;
      else counts.resumed += 1;
    }
    if (wentSilent && wasCounted) counts.went_silent += 1;
    if (leaves && (begins ? isCounted : wasCounted)) counts.left_sites += 1;
    if (was && !begins && isActive(one, day) && isCounted !== wasCounted) {
      counts[isCounted ? 'copies_counted_again' : 'copies_set_aside'] += 1;
    }
    const isOfCopy = begins ? !isCounted : was && !wasCounted;
    if (said?.left && !isOfCopy) {
      counts.deactivations += 1;
      if (lastReport(one, day) === undefined) counts.deactivations_unreported += 1;
    }
  }
  return counts;
}

describe('the figures of a day', function () {
  this.timeout(120_000);
  let dataset: Dataset;
  before(async () => {
    dataset = await ownDataset();
  });
  after(() => dataset.delete({ force: true }));

  const rowsOf = (project_hash: string, { name, rows }: Site) =>
    rows.flatMap(({ day, reported, left, fingerprint }) => {
      const row = {
        day,
        project_hash,
        site: name,
        environment: 'production',
        reported,
        last_kind: left ? 'left' : 'report',
        first_report_at: reported ? `${day}T10:00:00Z` : null,
        version: reported ? `v${day}` : null,
        fingerprint: reported ? fingerprint : null,
        deactivations: left ? [{ reason_id: 'other' }] : [],
      };
      // what its staging site says of itself is nothing to it
      return [row, { ...row, day: addDays(day, 1), environment: 'staging', reported: true, fingerprint: 'staging' }];
    });

  it('are those of a count by the definitions; the flows, the spreads and who is at risk add up to it', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(project, { minLength: PROJECTS, maxLength: PROJECTS }),
        fc.integer({ min: 35, max: DAYS - MADE }),
        async (projects, start) => {
          const named = projects.map((sites) => sites.map((rows, index): Site => ({ name: `s${index}`, rows })));
          const rows = named.flatMap((sites, index) => sites.flatMap((one) => rowsOf(`p${index}`, one)));
          await dataset.table('site_days').insert(rows);
          const options = { projectId: dataset.projectId, dataset: String(dataset.id), maxBytesBilled: 2 ** 30 };
          const tables = openDerivedTables(options);
          await tables.replace({ table: 'site_lives' }, siteLives(FIRST, addDays(FIRST, DAYS)));
          const days = Array.from({ length: MADE }, (_, further) => addDays(FIRST, start + further));
          for (const day of days) await tables.replace({ table: 'project_days', day }, projectDays(day, {}));
          const query = `SELECT * FROM \`${dataset.id}.project_days\` WHERE day > '2000-01-01' ORDER BY day`;
          const activeBefore = new Map<string, number>();
          let compared = 0;
          for (const row of (await dataset.query(query))[0]) {
            const expected = recount(named[Number(row.project_hash.slice(1))] ?? [], row.day.value);
            const names = Object.keys(expected) as (keyof typeof expected)[];
            assert.deepEqual(Object.fromEntries(names.map((name) => [name, row[name]])), expected);
            const arrived = row.new_sites + row.reactivated + row.resumed;
            const gone = row.left_sites + row.went_silent;
            const net = arrived - gone + row.copies_counted_again - row.copies_set_aside;
            const was = activeBefore.get(row.project_hash);
            if (was !== undefined) {
              assert.equal(row.active - was, net);
              assert.equal(sum(row.exposure, 'at_risk'), was + arrived);
              compared += 1;
            }
            assert.equal(sum(row.exposure, 'left_sites'), row.left_sites);
            const versions = row.spreads.filter(({ dimension }: { dimension: string }) => dimension === 'version');
            assert.deepEqual([sum(versions, 'sites'), sum(versions, 'left_sites')], [row.active, row.left_sites]);
            activeBefore.set(row.project_hash, row.active);
          }
          assert.ok(compared > PROJECTS);
        },
      ),
      { numRuns: 1, endOnFailure: true },
    ));
});

function sum<K extends string>(rows: Record<K, number>[], column: K): number {
  return rows.reduce((total, row) => total + row[column], 0);
}
