import { randomUUID } from 'node:crypto';
import type { Dataset } from '@google-cloud/bigquery';
import { addDays, type Day } from '../../shared/figures/days.ts';
import type { LeaseDocument } from '../../shared/stores/figures/leases.ts';
import { asDate, type Derivation } from '../../shared/stores/history/derived-tables.ts';
import { applyIndexes } from '../../shared/stores/indexes.ts';
import type { Latest } from '../../shared/stores/mongodb.ts';
import type { SiteDocument } from '../../shared/stores/sites/sites.ts';
import type { Bench, BenchResult, Figures } from '../../shared/testing/bench.ts';
import { ownDatabase, ownDataset } from '../../shared/testing/stores.ts';
import { changedDays, copies, projectDays, siteDays, siteLives } from './derivations.ts';
import { openStores } from './open-stores.ts';
import { rebuild, type Stores } from './rebuild.ts';

const SITES = Number(process.env.SITEBEAT_BENCH_SITES ?? 100_000);
/** A site reports so often. */
const EVERY_DAYS = 10;
const SHORT_DAYS = 31;
const LONG_DAYS = 365;
const TODAY = '2026-11-30';
const YESTERDAY = addDays(TODAY, -1);
const OLDER = addDays(TODAY, -2);
/** Its work is the most of any hour's: both days anew, with all details of the one that is over, and the figures of many days. */
const NOW = new Date(`${TODAY}T02:07:00Z`);
/** When the one before began, for which yesterday was still today. */
const BEFORE = new Date(`${YESTERDAY}T23:07:00Z`);
const PROJECT = 'a4a8da5b-b419-4656-98e9-4a42e9044891';

/** What the sites whose turn it was said on these days, as rebuilds would have made it, day by day: of 100 one is a copy, two leave. */
const daysOfSites = (from: Day, to: Day): Derivation => ({
  sql: `
SELECT
  day, @project AS project_hash, CONCAT('site-', CAST(n AS STRING), '.example') AS site,
  'production' AS environment, TRUE AS reported, IF(MOD(n, 50) = 7, 'left', 'report') AS last_kind,
  TIMESTAMP(day) AS first_report_at,
  CONCAT('3.', CAST(MOD(n, 7) AS STRING)) AS version, '8.2' AS php, 'MariaDB 10.11' AS database, '6.7' AS wordpress,
  'nginx' AS web_server, 'en_US' AS locale, 'DE' AS country, CONCAT('theme-', CAST(MOD(n, 300) AS STRING)) AS theme,
  FALSE AS multisite, [CONCAT('plugin-', CAST(MOD(n, 900) AS STRING)), 'woocommerce'] AS plugins,
  '{"plan":"pro"}' AS custom_fields, ['gpu'] AS unknown_fields,
  CONCAT('fingerprint-', CAST(IF(MOD(n, 100) = 10, n - 10, n) AS STRING)) AS fingerprint,
  [CONCAT('md5-', CAST(n AS STRING))] AS url_md5s, ['198.51.100.0'] AS report_networks,
  IF(MOD(n, 50) = 7, ['198.51.100.0'], NULL) AS deactivation_networks,
  IF(MOD(n, 50) = 7, [STRUCT('other' AS reason_id, FALSE AS has_text, '3.1' AS version)], NULL) AS deactivations
FROM UNNEST(GENERATE_ARRAY(0, @last)) AS n
CROSS JOIN UNNEST(GENERATE_DATE_ARRAY(@from, @to)) AS day
WHERE MOD(n, @every) = MOD(DATE_DIFF(@today, day, DAY), @every)
ORDER BY day`,
  params: {
    ...{ from: asDate(from), to: asDate(to), today: asDate(TODAY) },
    ...{ project: PROJECT, last: SITES - 1, every: EVERY_DAYS },
  },
});

/** The figures of one day for all of these, of which nothing is asked but their size. */
const daysLike = (made: Day, from: Day): Derivation => ({
  sql: `
SELECT past_day AS day, made.* EXCEPT (day)
FROM \`\${dataset}.project_days\` AS made
CROSS JOIN UNNEST(GENERATE_DATE_ARRAY(@from, @made)) AS past_day
WHERE made.day = @made`,
  params: { made: asDate(made), from: asDate(from) },
});

/** A past of so many days: a query a table, for a query a day takes minutes. */
async function addPast({ tables }: Stores, days: number): Promise<void> {
  const from = addDays(TODAY, -days);
  await tables.replace({ table: 'site_days' }, daysOfSites(from, OLDER));
  await tables.replace({ table: 'site_lives' }, siteLives(from, TODAY));
  const options = { customFieldKeys: ['plan'], details: true };
  await tables.replace({ table: 'project_days', day: OLDER }, projectDays(OLDER, options));
  await tables.replace({ table: 'project_days' }, daysLike(OLDER, from));
}

/** The raw rows of yesterday and today: as many as of any day. */
async function addReports(dataset: Dataset): Promise<void> {
  const report = (n: number, day: Day) => ({
    event_id: randomUUID(),
    received_at: `${day}T01:00:00Z`,
    project_hash: PROJECT,
    kind: 'track',
    site: `site-${n}.example`,
    environment: 'production',
    project_version: '3.1',
    fingerprint: `fingerprint-${n}`,
    custom_fields: '{"plan":"pro"}',
    plugins: [{ slug: 'woocommerce', name: 'WooCommerce', version: '9.9' }],
  });
  for (const [turn, day] of [TODAY, YESTERDAY].entries()) {
    const rows = Array.from({ length: SITES / EVERY_DAYS }, (_, n) => report(n * EVERY_DAYS + turn, day));
    for (let start = 0; start < rows.length; start += 500) {
      await dataset.table('sites').insert(rows.slice(start, start + 500));
    }
  }
}

/** The sites as MongoDB has them, as far as a rebuild looks at them. */
async function addSites({ db }: Latest): Promise<void> {
  await applyIndexes(db);
  const site = (n: number) => ({
    _id: `${PROJECT}:site-${n}.example`,
    project: PROJECT,
    site: `site-${n}.example`,
    environment: 'production',
    state: 'active',
    lastSeenAt: NOW,
    cloneOf: null,
  });
  const sites = db.collection<Pick<SiteDocument, keyof ReturnType<typeof site>>>('sites');
  for (let from = 0; from < SITES; from += 1000) {
    await sites.insertMany(Array.from({ length: Math.min(1000, SITES - from) }, (_, n) => site(from + n)) as never, {
      ordered: false,
    });
  }
}

const MIB = 2 ** 20;

/** What an hourly run reads, by query. */
async function bytesOf({ tables }: Stores): Promise<Figures> {
  const details = { customFieldKeys: ['plan'], details: true };
  const days = [YESTERDAY, TODAY];
  const queries = {
    siteDays: days.map((day) => siteDays(day)),
    changedDays: [changedDays(YESTERDAY, TODAY)],
    siteLives: [siteLives(YESTERDAY, TODAY)],
    projectDays: days.map((day) => projectDays(day, details)),
    copies: [copies(TODAY)],
  };
  const figures: Figures = {};
  let total = 0;
  for (const [name, derivations] of Object.entries(queries)) {
    let bytes = 0;
    for (const derivation of derivations) bytes += await tables.bytesOf(derivation);
    figures[`${name}Mib`] = bytes / MIB;
    total += bytes;
  }
  return { ...figures, mib: total / MIB };
}

/** A run at NOW, after one at BEFORE; its seconds by part, for which the parts of a kind that run side by side count one after the other. */
async function hourly(stores: Stores, { db }: Latest): Promise<Figures> {
  const doneSince = new Date(BEFORE.getTime() - 3_600_000);
  await db.collection<LeaseDocument>('leases').updateOne({ _id: 'rebuild' }, { $set: { doneSince } });
  await rebuild(stores, { now: BEFORE });
  const seconds: Figures = {};
  const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const startedAt = performance.now();
    const result = await work();
    seconds[`${name}Seconds`] = (seconds[`${name}Seconds`] ?? 0) + (performance.now() - startedAt) / 1000;
    return result;
  };
  const [startedAt, cpu] = [performance.now(), process.cpuUsage()];
  await rebuild(
    {
      ...stores,
      history: {
        ...stores.history,
        query: (...query) => timed('queries', () => stores.history.query(...query)),
      },
      tables: {
        ...stores.tables,
        replace: (place, derivation) => timed(place.table, () => stores.tables.replace(place, derivation)),
      },
      publish: (published) => timed('publish', () => stores.publish(published)),
    },
    { now: NOW },
  );
  const { user, system } = process.cpuUsage(cpu);
  return {
    ...seconds,
    seconds: (performance.now() - startedAt) / 1000,
    cpuSeconds: (user + system) / 1e6,
    ...(await bytesOf(stores)),
  };
}

async function run(): Promise<BenchResult> {
  const [dataset, latest] = [await ownDataset(), ownDatabase()];
  try {
    const options = { projectId: dataset.projectId, dataset: String(dataset.id), maxBytesBilled: 2 ** 40 };
    const stores = openStores(options, latest.db, () => {});
    stores.projects = { customFieldKeys: async () => ['plan'] };
    await latest.db
      .collection<LeaseDocument>('leases')
      .insertOne({ _id: 'rebuild', holder: '', until: new Date(0), generation: 0 });
    await addSites(latest);
    await addReports(dataset);
    await addPast(stores, SHORT_DAYS);
    const short = await hourly(stores, latest);
    await addPast(stores, LONG_DAYS);
    const long = await hourly(stores, latest);
    const over = (figure: string) => (long[figure] as number) / (short[figure] as number);
    return {
      figures: { [`${SHORT_DAYS} days`]: short, [`${LONG_DAYS} days`]: long },
      ratios: [
        { what: 'bytes, a history of 365 days / 31', value: over('mib'), atMost: 1.2 },
        { what: 'CPU time, a history of 365 days / 31', value: over('cpuSeconds'), atMost: 1.2 },
        { what: `seconds, 365 days of ${SITES} sites`, value: long.seconds as number, atMost: 20 },
      ],
    };
  } finally {
    await dataset.delete({ force: true });
    await latest.db.dropDatabase();
    await latest.close();
  }
}

export const bench: Bench = {
  title: 'the largest rebuild of a day of a project of many sites, by how long its history is',
  run,
};
