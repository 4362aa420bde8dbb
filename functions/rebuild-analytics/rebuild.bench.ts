import { randomUUID } from 'node:crypto';
import type { Dataset } from '@google-cloud/bigquery';
import { addDays, type Day } from '../../shared/figures/days.ts';
import type { LeaseDocument } from '../../shared/stores/figures/leases.ts';
import type { Derivation } from '../../shared/stores/history/derived-tables.ts';
import { asDate } from '../../shared/stores/history/derived-tables.ts';
import type { Latest } from '../../shared/stores/mongodb.ts';
import type { Bench, BenchResult, Figures } from '../../shared/testing/bench.ts';
import { ownDatabase, ownDataset } from '../../shared/testing/stores.ts';
import { copies, projectDays, siteDays, siteLives } from './derivations.ts';
import { openStores } from './open-stores.ts';
import { rebuild, type Stores } from './rebuild.ts';

const SITES = 100_000;
/** A site reports so often. */
const EVERY_DAYS = 10;
const SHORT_DAYS = 31;
const LONG_DAYS = 365;
const NOW = new Date('2026-11-30T12:07:00Z');
const TODAY = '2026-11-30';
const PROJECT = 'a4a8da5b-b419-4656-98e9-4a42e9044891';

/** What the sites whose turn it is said on a day, as a rebuild of that day would have made it. */
const dayOfSites = (day: Day, turn: number): Derivation => ({
  sql: `
SELECT
  @day AS day, @project AS project_hash, CONCAT('site-', CAST(n AS STRING), '.example') AS site,
  'production' AS environment, TRUE AS reported, 'report' AS last_kind, TIMESTAMP(@day) AS first_report_at,
  CONCAT('3.', CAST(MOD(n, 7) AS STRING)) AS version, '8.2' AS php, 'MariaDB 10.11' AS database, '6.7' AS wordpress,
  'nginx' AS web_server, 'en_US' AS locale, 'DE' AS country, CONCAT('theme-', CAST(MOD(n, 300) AS STRING)) AS theme,
  FALSE AS multisite, [CONCAT('plugin-', CAST(MOD(n, 900) AS STRING)), 'woocommerce'] AS plugins,
  '{"plan":"pro"}' AS custom_fields, ['gpu'] AS unknown_fields,
  CONCAT('fingerprint-', CAST(n AS STRING)) AS fingerprint, [CONCAT('md5-', CAST(n AS STRING))] AS url_md5s,
  ['198.51.100.0'] AS report_networks, [SUBSTR('', 1)] AS deactivation_networks,
  [STRUCT('other' AS reason_id, FALSE AS has_text, '3.1' AS version)] AS deactivations
FROM UNNEST(GENERATE_ARRAY(0, @last)) AS n
WHERE MOD(n, @every) = @turn`,
  params: { day: asDate(day), project: PROJECT, last: SITES - 1, every: EVERY_DAYS, turn },
});

async function addDaysOfSites(stores: Stores, from: number, to: number): Promise<void> {
  for (let ago = from; ago <= to; ago += 1) {
    const day = addDays(TODAY, -ago);
    await stores.tables.replace({ table: 'site_days', day }, dayOfSites(day, ago % EVERY_DAYS));
  }
}

/** The raw rows of today: as many as of any day. */
async function addReports(dataset: Dataset): Promise<void> {
  const report = (n: number) => ({
    event_id: randomUUID(),
    received_at: `${TODAY}T10:00:00Z`,
    project_hash: PROJECT,
    kind: 'track',
    site: `site-${n * EVERY_DAYS}.example`,
    environment: 'production',
    project_version: '3.1',
    fingerprint: `fingerprint-${n * EVERY_DAYS}`,
    plugins: [{ slug: 'woocommerce', name: 'WooCommerce', version: '9.9' }],
  });
  const rows = Array.from({ length: SITES / EVERY_DAYS }, (_, n) => report(n));
  for (let start = 0; start < rows.length; start += 2000) {
    await dataset.table('sites').insert(rows.slice(start, start + 2000));
  }
}

/** An hourly run: the one before ended an hour ago. */
async function hourly(stores: Stores, { db }: Latest): Promise<Figures> {
  const doneSince = new Date(NOW.getTime() - 3_600_000);
  await db.collection<LeaseDocument>('leases').updateOne({ _id: 'rebuild' }, { $set: { doneSince } });
  const queries = {
    siteDays: siteDays(TODAY),
    siteLives: siteLives(TODAY, TODAY),
    projectDays: projectDays(TODAY, {}),
    copies: copies(TODAY),
  };
  const figures: Figures = {};
  let bytes = 0;
  for (const [name, query] of Object.entries(queries)) {
    const read = await stores.tables.bytesOf(query);
    figures[`${name}Mib`] = read / 2 ** 20;
    bytes += read;
  }
  const startedAt = performance.now();
  await rebuild(stores, { now: NOW });
  return { ...figures, mib: bytes / 2 ** 20, seconds: (performance.now() - startedAt) / 1000 };
}

async function run(): Promise<BenchResult> {
  const [dataset, latest] = [await ownDataset(), ownDatabase()];
  try {
    const options = { projectId: dataset.projectId, dataset: String(dataset.id), maxBytesBilled: 2 ** 40 };
    const stores = openStores(options, latest.db, () => {});
    await latest.db
      .collection<LeaseDocument>('leases')
      .insertOne({ _id: 'rebuild', holder: '', until: new Date(0), generation: 0 });
    await addReports(dataset);
    await addDaysOfSites(stores, 1, SHORT_DAYS);
    await stores.tables.replace({ table: 'site_lives' }, siteLives(addDays(TODAY, -LONG_DAYS), TODAY));
    // the first one plans, and publishes all
    await hourly(stores, latest);
    const short = await hourly(stores, latest);
    await addDaysOfSites(stores, SHORT_DAYS + 1, LONG_DAYS);
    await stores.tables.replace({ table: 'site_lives' }, siteLives(addDays(TODAY, -LONG_DAYS), TODAY));
    const long = await hourly(stores, latest);
    const over = (figure: string) => (long[figure] as number) / (short[figure] as number);
    return {
      figures: { [`${SHORT_DAYS} days`]: short, [`${LONG_DAYS} days`]: long },
      ratios: [
        { what: 'bytes, a history of 365 days / 31', value: over('mib'), atMost: 1.2 },
        { what: 'time, a history of 365 days / 31', value: over('seconds'), atMost: 1.2 },
        { what: 'seconds, 365 days of 100,000 sites', value: long.seconds as number, atMost: 20 },
      ],
    };
  } finally {
    await dataset.delete({ force: true });
    await latest.db.dropDatabase();
    await latest.close();
  }
}

export const bench: Bench = {
  title: 'an hourly rebuild of a project of 100,000 sites, by how long its history is',
  run,
};
