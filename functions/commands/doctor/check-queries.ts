import { BigQuery } from '@google-cloud/bigquery';
import type { Db } from 'mongodb';
import { addDays, type Day } from '../../../shared/figures/days.ts';
import { openFigures } from '../../../shared/stores/figures/figures.ts';
import { type Derivation, openDerivedTables } from '../../../shared/stores/history/derived-tables.ts';
import { inDataset } from '../../../shared/stores/history/history.ts';
import type { QueryOptions } from '../../../shared/stores/history/history-reader.ts';
import { readViews } from '../../../shared/stores/history/tables.ts';
import { openLatest } from '../../../shared/stores/mongodb.ts';
import { openProjects } from '../../../shared/stores/projects.ts';
import {
  changedDays,
  copies,
  firstDay,
  projectDays,
  siteDays,
  siteLives,
} from '../../rebuild-analytics/derivations.ts';
import * as figureQueries from '../../rebuild-analytics/publish/figure-queries.ts';
import { windowOf } from '../../rebuild-analytics/publish/publish-figures.ts';
import { type Check, reasonOf } from './check.ts';

const GIB = 2 ** 30;
const HOUR_MS = 3_600_000;
/** They are rebuilt every hour. */
const MAX_CHARTS_AGE_MS = 2 * HOUR_MS;
/** Of what a view would read without it, a range in which there is nothing may read so much: rows not yet in a partition. */
const MAX_SHARE = 0.1;

/** What each view and each chart would read, by dry runs: they cost nothing and give no rows. */
export async function checkQueries(options: QueryOptions & Parameters<typeof openLatest>[0]): Promise<Check[]> {
  const { db, close } = openLatest(options);
  try {
    const keys = await openProjects(db).customFieldKeys();
    return [
      ...(await checkViews(options)),
      ...(await checkRebuild(options, keys)),
      await checkSchedule(db, new Date()),
    ];
  } finally {
    await close();
  }
}

/** Whether a range of days reaches the table through the view's window: without it each query would read the whole history. */
async function checkViews(options: QueryOptions): Promise<Check[]> {
  const bytesOf = dryRuns(options);
  const checks = Object.keys(readViews(options.dataset)).map(async (view) => {
    const read = (range: string) => bytesOf(`SELECT * FROM \`\${dataset}.${view}\` WHERE received_at >= ${range}`);
    const expected = 'reads the days that are asked for alone';
    try {
      const all = await read("TIMESTAMP '2000-01-01'");
      const none = await read("TIMESTAMP '2100-01-01'");
      const actual = none <= all * MAX_SHARE ? expected : `of days without a row ${inGib(none)}, of all ${inGib(all)}`;
      return { what: `view ${view}, a query of some days`, expected, actual };
    } catch (error) {
      return { what: `view ${view}, a query of some days`, expected, actual: reasonOf(error) };
    }
  });
  return Promise.all(checks);
}

/** Every query of a rebuild, by name: what each hour asks, and what is asked once a day. */
export function rebuildQueries(today: Day, customFieldKeys: string[]): Record<string, Derivation> {
  return {
    'first day': firstDay(),
    site_days: siteDays(today),
    site_lives: siteLives(today, today),
    'changed days': changedDays(today, today),
    project_days: projectDays(today, {}),
    'project_days with details': projectDays(today, { customFieldKeys, details: true }),
    copies: copies(today),
    'a month of series': figureQueries.months(today.slice(0, 7)),
    'first days': figureQueries.firstDays(today),
    'what figures are made of': figureQueries.basis([addDays(today, -1)]),
    figures: figureQueries.figures(['-'], windowOf({ days: [today], through: addDays(today, -1) }, false)),
    lives: figureQueries.lives(['-'], addDays(today, -1)),
    support: figureQueries.support(['-'], addDays(today, -1)),
  };
}

/** What each of them would read. */
async function checkRebuild(options: QueryOptions, customFieldKeys: string[]): Promise<Check[]> {
  const { bytesOf } = openDerivedTables(options);
  const queries = rebuildQueries(new Date().toISOString().slice(0, 10), customFieldKeys);
  const expected = `reads no more than ${inGib(options.maxBytesBilled)}`;
  return Promise.all(
    Object.entries(queries).map(async ([name, derivation]) => {
      const what = `query of ${name}`;
      try {
        const bytes = await bytesOf(derivation);
        return { what, expected, actual: bytes <= options.maxBytesBilled ? expected : `reads ${inGib(bytes)}` };
      } catch (error) {
        return { what, expected, actual: reasonOf(error) };
      }
    }),
  );
}

/** What the scheduled call leaves behind: charts of not long ago, where there are any. */
async function checkSchedule(db: Db, now: Date): Promise<Check> {
  const latest = await openFigures(db).newest();
  const ageMs = latest === undefined ? 0 : now.getTime() - latest.rebuiltAt.getTime();
  const expected = 'rebuilt within two hours';
  const actual = ageMs <= MAX_CHARTS_AGE_MS ? expected : `rebuilt ${Math.round(ageMs / HOUR_MS)} hours ago`;
  return { what: 'charts', expected, actual };
}

/** How many bytes a query would read. */
function dryRuns({ projectId, dataset }: QueryOptions) {
  const bigQuery = new BigQuery({ projectId, autoRetry: false });
  return async (
    sql: string,
    params: Record<string, unknown> = {},
    types: Record<string, string | string[]> = {},
  ): Promise<number> => {
    const query = inDataset(sql, dataset);
    const [job] = await bigQuery.createQueryJob({ query, params, types, dryRun: true });
    return Number(job.metadata.statistics.totalBytesProcessed);
  };
}

function inGib(bytes: number): string {
  return `${(bytes / GIB).toFixed(3)} GiB`;
}
