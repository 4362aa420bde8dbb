import type { Job } from '@google-cloud/bigquery';
import { KINDS, type Kind } from '../../event/object-name.ts';
import { transient } from '../../runtime/errors.ts';
import { inDataset, openDataset } from './history.ts';
import type { QueryOptions } from './history-reader.ts';

/**
 * What BigQuery has of an event: its rows in the history; `without report`: of a deactivation all but the row in `sites`,
 * which not every one has; `part`: not every row that it must have; or a rejection.
 */
export type RecordedAs = 'history' | 'without report' | 'part' | 'rejection';

/** An event that BigQuery has. */
export interface RecordedEvent {
  kind: Kind;
  id: string;
  record: RecordedAs;
  /** Whom it concerns in MongoDB: `<project hash>:<canonical site>`, of an opt-out `<project hash>:<md5>`; null without one. */
  key: string | null;
  receivedAt: Date;
}

/** The newest event of a site, or of an opt-out. */
export type NewestEvent = Pick<RecordedEvent, 'receivedAt'> & { key: string };

/** What BigQuery has of a stretch of time: from `from` on, before `to`. All is read by the page. */
export interface RecordedEvents {
  /** Each event once, in the order of the kinds and the names of their objects. One query. */
  between(from: Date, to: Date): AsyncIterable<RecordedEvent>;
  /** Each site once, with the time of its newest event. */
  newestOfSites(from: Date, to: Date): AsyncIterable<NewestEvent>;
  /** Every event of these sites. */
  ofSites(keys: string[], from: Date, to: Date): AsyncIterable<RecordedEvent>;
  /** The newest opt-out under each project and md5. */
  newestOptOuts(from: Date, to: Date): AsyncIterable<RecordedEvent>;
}

/** The tables and not their views: what is there twice is grouped here, and each table is read once. */
const OF_SITES = `
  SELECT kind, event_id, received_at, TRUE AS is_report, kind = 'track' AS is_own, CONCAT(project_hash, ':', site) AS key
  FROM \`\${dataset}.sites\` WHERE received_at >= @from AND received_at < @to
  UNION ALL
  SELECT 'deactivate', event_id, received_at, FALSE, TRUE, CONCAT(project_hash, ':', site)
  FROM \`\${dataset}.deactivations\` WHERE received_at >= @from AND received_at < @to`;
const OF_OPT_OUTS = `
  SELECT 'tracking-skipped' AS kind, event_id, received_at, FALSE AS is_report, TRUE AS is_own, CONCAT(project_hash, ':', url_md5) AS key
  FROM \`\${dataset}.tracking_skips\` WHERE received_at >= @from AND received_at < @to`;
const OF_REJECTIONS = `
  SELECT kind, event_id, received_at, FALSE, FALSE, CAST(NULL AS STRING)
  FROM \`\${dataset}.rejections\` WHERE received_at >= @from AND received_at < @to AND kind IN UNNEST(@kinds)`;

const EVENT = `
SELECT
  kind, event_id, LOGICAL_OR(is_report) AS has_report, LOGICAL_OR(is_own) AS has_own, MAX(key) AS key,
  UNIX_MILLIS(MAX(received_at)) AS received_ms`;

const BETWEEN = `${EVENT}
FROM (${OF_SITES} UNION ALL ${OF_OPT_OUTS} UNION ALL ${OF_REJECTIONS})
GROUP BY kind, event_id
ORDER BY kind, CONCAT(event_id, '.json')`;

const NEWEST_OF_SITES = `
SELECT key, UNIX_MILLIS(MAX(received_at)) AS received_ms FROM (${OF_SITES}) GROUP BY key`;

const EVENTS_OF_SITES = `${EVENT}
FROM (${OF_SITES}) WHERE key IN UNNEST(@keys) GROUP BY kind, event_id`;

const NEWEST_OPT_OUTS = `
SELECT kind, event_id, is_report AS has_report, is_own AS has_own, key, UNIX_MILLIS(received_at) AS received_ms
FROM (${OF_OPT_OUTS}) WHERE key IS NOT NULL
QUALIFY ROW_NUMBER() OVER (PARTITION BY key ORDER BY received_at DESC, event_id DESC) = 1`;

/** Some 150 bytes a row. */
const ROWS_PER_PAGE = 10_000;

export function openRecordedEvents(options: QueryOptions): RecordedEvents {
  const { bigQuery, id } = openDataset(options);
  const maximumBytesBilled = String(options.maxBytesBilled);
  async function* rowsOf(sql: string, params: object) {
    const [job] = await transient('the history', () =>
      bigQuery.createQueryJob({ query: inDataset(sql, id as string), params, maximumBytesBilled }),
    );
    yield* pagesOf(job);
  }
  return {
    async *between(from, to) {
      for await (const row of rowsOf(BETWEEN, { from, to, kinds: [...KINDS] })) yield eventOf(row);
    },
    async *newestOfSites(from, to) {
      for await (const { key, received_ms: ms } of rowsOf(NEWEST_OF_SITES, { from, to })) {
        yield { key, receivedAt: new Date(ms) };
      }
    },
    async *ofSites(keys, from, to) {
      for await (const row of rowsOf(EVENTS_OF_SITES, { from, to, keys })) yield eventOf(row);
    },
    async *newestOptOuts(from, to) {
      for await (const row of rowsOf(NEWEST_OPT_OUTS, { from, to })) yield eventOf(row);
    },
  };
}

interface EventRow {
  kind: Kind;
  event_id: string;
  has_report: boolean;
  has_own: boolean;
  key: string | null;
  received_ms: number;
}

async function* pagesOf(job: Job): AsyncIterable<EventRow & { key: string }> {
  for (let page: object | null = { maxResults: ROWS_PER_PAGE, autoPaginate: false }; page !== null; ) {
    const asked: object = page;
    const [rows, next] = await transient('the history', () => job.getQueryResults(asked));
    yield* rows;
    page = next ?? null;
  }
}

function eventOf({ kind, event_id: id, has_report, has_own, key, received_ms: ms }: EventRow): RecordedEvent {
  return { kind, id, record: recordOf(kind, has_report, has_own), key, receivedAt: new Date(ms) };
}

function recordOf(kind: Kind, hasReport: boolean, hasOwn: boolean): RecordedAs {
  if (hasOwn) return kind === 'deactivate' && !hasReport ? 'without report' : 'history';
  return hasReport ? 'part' : 'rejection';
}
