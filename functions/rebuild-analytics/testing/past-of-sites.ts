import { randomUUID } from 'node:crypto';
import type { Dataset } from '@google-cloud/bigquery';
import { addDays, type Day } from '../../../shared/figures/days.ts';
import { asDate, type Derivation } from '../../../shared/stores/history/derived-tables.ts';
import type { Figures } from '../../../shared/testing/bench.ts';
import { changedDays, copies, projectDays, siteDays, siteLives } from '../derivations.ts';
import type { Stores } from '../rebuild.ts';

export const TODAY = '2026-11-30';
export const YESTERDAY = addDays(TODAY, -1);
const OLDER = addDays(TODAY, -2);
export const PROJECT = 'a4a8da5b-b419-4656-98e9-4a42e9044891';
/** A site reports so often. */
const EVERY_DAYS = 10;
const MIB = 2 ** 20;

/** What the sites whose turn it was said on these days, as rebuilds would have made it, day by day: of 100 one is a copy, two leave. */
const daysOfSites = (sites: number, from: Day, to: Day): Derivation => ({
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
    ...{ project: PROJECT, last: sites - 1, every: EVERY_DAYS },
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

/** A past of so many sites, of so many days: a query a table, for a query a day takes minutes. */
export async function addPast({ tables }: Stores, { sites, days }: { sites: number; days: number }): Promise<void> {
  const from = addDays(TODAY, -days);
  await tables.replace({ table: 'site_days' }, daysOfSites(sites, from, OLDER));
  await tables.replace({ table: 'site_lives' }, siteLives(from, TODAY));
  const options = { customFieldKeys: ['plan'], details: true };
  await tables.replace({ table: 'project_days', day: OLDER }, projectDays(OLDER, options));
  await tables.replace({ table: 'project_days' }, daysLike(OLDER, from));
}

/** The raw rows of yesterday and today: as many as of any day. */
export async function addReports(dataset: Dataset, sites: number): Promise<void> {
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
    const rows = Array.from({ length: sites / EVERY_DAYS }, (_, n) => report(n * EVERY_DAYS + turn, day));
    for (let start = 0; start < rows.length; start += 500) {
      await dataset.table('sites').insert(rows.slice(start, start + 500));
    }
  }
}

/** What an hourly run reads, by query. */
export async function bytesOf({ tables }: Stores): Promise<Figures> {
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
