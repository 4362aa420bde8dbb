import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Dataset } from '@google-cloud/bigquery';
import { openLateDays } from '../../shared/stores/figures/late-days.ts';
import { openLeases } from '../../shared/stores/figures/leases.ts';
import { DERIVED_TABLES, openDerivedTables } from '../../shared/stores/history/derived-tables.ts';
import { openHistoryReader } from '../../shared/stores/history/history-reader.ts';
import type { Latest } from '../../shared/stores/mongodb.ts';
import { openCopies } from '../../shared/stores/sites/copies.ts';
import { type SiteDocument, siteKey } from '../../shared/stores/sites/sites.ts';
import { TEST_PROJECT } from '../../shared/testing/events.ts';
import { inProof } from '../../shared/testing/in-proof.ts';
import { ownDatabase, ownDataset } from '../../shared/testing/stores.ts';
import { rebuild, type Stores } from './rebuild.ts';

const PROJECT = TEST_PROJECT.hash;
const OTHER = 'b4a8da5b-b419-4656-98e9-4a42e9044891';
const NOW = new Date('2026-03-31T12:00:00Z');

type Row = Record<string, unknown>;

describe('rebuild', function () {
  this.timeout(120_000);
  let dataset: Dataset;
  let latest: Latest;
  let stores: Stores;

  before(async () => {
    dataset = await ownDataset();
    latest = ownDatabase();
    const options = { projectId: dataset.projectId, dataset: String(dataset.id), maxBytesBilled: 2 ** 30 };
    stores = {
      history: openHistoryReader(options),
      tables: openDerivedTables(options),
      lateDays: openLateDays(latest.db),
      leases: openLeases(latest.db),
      copies: openCopies(latest.db),
      projects: { customFieldKeys: async () => ['plan', 'a.b', 'no`key'] },
      publish: async () => ({ projects: 0, failed: 0 }),
      log: () => {},
    };
  });
  after(async () => {
    await dataset.delete({ force: true });
    await latest.db.dropDatabase();
    await latest.close();
  });

  const event = (site: string, day: number, hour: number, columns: Row = {}) => ({
    event_id: randomUUID(),
    received_at: `2026-03-${day}T${String(hour).padStart(2, '0')}:00:00.000Z`,
    project_hash: PROJECT,
    site,
    url_md5: `md5-${site}`,
    environment: 'production',
    ...columns,
  });
  const report = (site: string, day: number, columns: Row = {}) =>
    event(site, day, 10, { kind: 'track', project_version: '1.0', ...columns });

  async function rowsOf(table: string, where = 'TRUE'): Promise<Row[]> {
    const isByDay = table !== 'site_lives';
    const sql = `SELECT * FROM \`${dataset.id}.${table}\` WHERE ${isByDay ? "day > '2000-01-01'" : 'TRUE'} AND ${where}`;
    const [rows] = await dataset.query(sql);
    return rows
      .map((row) => JSON.parse(JSON.stringify(row)))
      .sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
  }
  const everything = async () => Promise.all(DERIVED_TABLES.map((table) => rowsOf(table)));
  const figures = async (day: number) =>
    (await rowsOf('project_days', `day = '2026-03-${day}' AND project_hash = '${PROJECT}'`))[0] as Row;
  /** What is not nothing of it. */
  const flows = async (day: number) =>
    Object.fromEntries(
      Object.entries(await figures(day)).filter(([, value]) => typeof value === 'number' && value > 0),
    );

  it('makes every day of the history at first: flows, what does not count, and who said no', async () => {
    const same = { fingerprint: 'same' };
    await dataset
      .table('sites')
      .insert([
        report('a.example', 28),
        report('a.example', 28, { event_id: 'twice' }),
        report('a.example', 28, { event_id: 'twice' }),
        report('a.example', 30, { project_version: '2.0', plugins: [{ slug: 'woo' }, { slug: 'woo' }] }),
        report('original.example', 28, same),
        report('copy.example', 29, same),
        report('day.example', 29),
        report('staging.example', 29, { environment: 'staging' }),
        report('preview.example', 29, { environment: 'ephemeral' }),
        report('a.example', 27, { project_hash: OTHER }),
        event('never.example', 30, 9, { kind: 'deactivate' }),
      ]);
    await dataset.table('deactivations').insert([
      event('day.example', 29, 11, {
        event_id: 'leave-1',
        reason_id: 'other',
        reason_info: 'words',
        project_version: '1.0',
      }),
      event('day.example', 29, 11, {
        event_id: 'leave-2',
        received_at: '2026-03-29T11:00:00.600Z',
        reason_id: 'too-slow',
      }),
      event('never.example', 30, 9, { reason_id: null }),
      event('original.example', 30, 9, { reason_id: 'other' }),
      event('staging.example', 30, 9, { reason_id: 'other', environment: 'staging' }),
    ]);
    const skip = (name: string, previously_skipped: boolean | null) => {
      const { site, environment, ...columns } = event(name, 30, 9, { previously_skipped });
      return columns;
    };
    await dataset
      .table('tracking_skips')
      .insert([
        skip('no.example', false),
        skip('no.example', null),
        skip('no-again.example', true),
        skip('a.example', true),
      ]);
    assert.equal((await rebuild(stores, { now: NOW })).days, 5);
    assert.deepEqual(await flows(28), { active: 2, new_sites: 2 });
    assert.deepEqual(await flows(29), {
      active: 2,
      new_sites: 1,
      left_sites: 1,
      deactivations: 1,
      staging: 1,
      ephemeral: 1,
      copies: 1,
    });
    assert.deepEqual(await flows(30), {
      active: 2,
      left_sites: 1,
      copies_counted_again: 1,
      deactivations: 2,
      deactivations_unreported: 1,
      first_refusals: 1,
      withdrawn: 1,
      staging: 1,
      ephemeral: 1,
    });
  });

  it('spreads the active sites by what they last said, and the leaves by reason', async () => {
    const spread = async (day: number, dimension: string) =>
      ((await figures(day)).spreads as Row[])
        .filter((cell) => cell.dimension === dimension)
        .map(({ value, rest, sites, left_sites: left }) => [value ?? rest, sites, left]);
    assert.deepEqual(await spread(30, 'version'), [
      ['1.0', 1, 1],
      ['2.0', 1, 0],
    ]);
    assert.deepEqual(await spread(30, 'php'), [['unknown', 2, 1]]);
    assert.deepEqual(await spread(30, 'plugin'), [
      ['woo', 1, null],
      ['unknown', 1, null],
    ]);
    assert.deepEqual(await spread(30, 'reason'), [
      ['other', 1, null],
      ['unknown', 1, null],
    ]);
    assert.deepEqual(await spread(30, 'field:plan'), []);
  });

  it('writes the same when it is run again', async () => {
    const before = await everything();
    assert.equal((await rebuild(stores, { now: NOW })).days, 1);
    assert.deepEqual(await everything(), before);
  });

  inProof('has what came late in every figure that it changes, as if it had come in time', async () => {
    await dataset
      .table('sites')
      .insert([
        report('a.example', 27),
        report('never.example', 27, { fingerprint: 'same' }),
        report('late.example', 29, { custom_fields: '{"plan":"pro","a.b":1}', additional: '{"gpu":1}' }),
      ]);
    for (const day of ['2026-03-27', '2026-03-29']) await stores.lateDays.mark(day);
    await rebuild(stores, { now: NOW });
    const healed = await everything();
    assert.deepEqual(await stores.lateDays.waiting('2026-03-31', 9), []);
    await latest.db.collection('leases').deleteMany({});
    for (const table of DERIVED_TABLES) {
      const where = table === 'site_lives' ? 'TRUE' : "day > '2000-01-01'";
      await dataset.query(`DELETE FROM \`${dataset.id}.${table}\` WHERE ${where}`);
    }
    await rebuild(stores, { now: NOW });
    assert.deepEqual(await everything(), healed);
    assert.equal((await flows(28)).new_sites, 0 || undefined, 'both were there the day before');
  });

  it('notes on the sites which are copies, and takes the mark off again', async () => {
    const sites = ['a.example', 'copy.example', 'late.example'];
    const documents = sites.map((site) => ({ _id: siteKey(PROJECT, site), project: PROJECT, site, cloneOf: null }));
    const collection = latest.db.collection<SiteDocument>('sites');
    await latest.db.collection<{ _id: string }>('sites').insertMany(documents);
    await collection.updateOne({ site: 'late.example' }, { $set: { cloneOf: 'a.example' } });
    await dataset
      .table('sites')
      .insert([report('copy.example', 31, { fingerprint: 'x' }), report('a.example', 31, { fingerprint: 'x' })]);
    await rebuild(stores, { now: NOW });
    const noted = await collection.find().sort({ site: 1 }).toArray();
    assert.deepEqual(
      noted.map(({ cloneOf }) => cloneOf),
      [null, 'a.example', null],
    );
  });
});
