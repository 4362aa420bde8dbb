import { KINDS, type Kind } from '../event/object-name.ts';
import { transient } from '../runtime/errors.ts';
import { type DatasetOptions, inDataset, openDataset } from './history.ts';

/** An event that BigQuery has, in the history or among the rejections. */
export interface RecordedEvent {
  kind: Kind;
  id: string;
  inHistory: boolean;
  /** `<project hash>:<canonical site>`; null where it concerns none. */
  siteKey: string | null;
  /** ISO 8601. */
  receivedAt: string;
}

/** What BigQuery has of a stretch of time. */
export interface RecordedEvents {
  /** Each event once, in the order of kind and object's name; from `from` on, before `to`. Read by the page. */
  between(from: Date, to: Date): AsyncIterable<RecordedEvent>;
}

/** The tables and not their views: what is there twice is grouped here, and each is read once. */
const RECORDED = `
SELECT
  kind, event_id, LOGICAL_OR(in_history) AS in_history, MAX(site_key) AS site_key,
  FORMAT_TIMESTAMP('%FT%H:%M:%E3SZ', MAX(received_at)) AS received_at
FROM (
  SELECT kind, event_id, received_at, TRUE AS in_history, CONCAT(project_hash, ':', site) AS site_key
  FROM \`\${dataset}.sites\` WHERE received_at >= @from AND received_at < @to
  UNION ALL
  SELECT 'deactivate', event_id, received_at, TRUE, CONCAT(project_hash, ':', site)
  FROM \`\${dataset}.deactivations\` WHERE received_at >= @from AND received_at < @to
  UNION ALL
  SELECT 'tracking-skipped', event_id, received_at, TRUE, NULL
  FROM \`\${dataset}.tracking_skips\` WHERE received_at >= @from AND received_at < @to
  UNION ALL
  SELECT kind, event_id, received_at, FALSE, NULL
  FROM \`\${dataset}.rejections\` WHERE received_at >= @from AND received_at < @to AND kind IN UNNEST(@kinds)
)
GROUP BY kind, event_id
ORDER BY kind, CONCAT(event_id, '.json')`;

/** Some 100 bytes a row. */
const ROWS_PER_PAGE = 20_000;

export function openRecordedEvents(options: DatasetOptions): RecordedEvents {
  const { bigQuery, id } = openDataset(options);
  return {
    async *between(from, to) {
      const query = inDataset(RECORDED, id as string);
      const [job] = await transient('the history', () =>
        bigQuery.createQueryJob({ query, params: { from, to, kinds: [...KINDS] } }),
      );
      for (let page: object | null = { maxResults: ROWS_PER_PAGE, autoPaginate: false }; page !== null; ) {
        const asked: object = page;
        const [rows, next] = await transient('the history', () => job.getQueryResults(asked));
        for (const row of rows) {
          const { kind, event_id, in_history, site_key, received_at } = row;
          yield { kind, id: event_id, inHistory: in_history, siteKey: site_key, receivedAt: received_at };
        }
        page = next ?? null;
      }
    },
  };
}
