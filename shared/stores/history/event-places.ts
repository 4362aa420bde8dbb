import type { Kind } from '../../event/object-name.ts';
import { openHistoryReader, type QueryOptions } from './history-reader.ts';
import type { EventTable } from './site-history.ts';

/** A row that an event has. */
export interface EventRow {
  table: EventTable | 'event_keys';
  kind: Kind;
  /** ISO 8601. */
  receivedAt: string;
  processedAt: string | null;
  projectHash: string | null;
  /** Canonical; null without one. */
  site: string | null;
  urlMd5: string | null;
  /** Of a rejection. */
  reason: string | null;
  field: string | null;
  /** Of event_keys: by what it is found, see keyOf. */
  key: string | null;
}

/** Where an event is in BigQuery. */
export interface EventPlaces {
  /** Its rows, in the order of the tables and of when they were made. One query, of the ids of all that was received since then. */
  rowsOf(eventId: string, since: Date, until: Date): Promise<EventRow[]>;
}

/** A request to a mail list is rejected under an id of its own, and is no event. */
const ROWS = `
SELECT 'sites' AS place, kind, received_at, processed_at, project_hash, site, url_md5, '' AS reason, '' AS field, '' AS key
FROM \`\${dataset}.sites\` WHERE received_at >= @since AND received_at < @until AND event_id = @id
UNION ALL
SELECT 'deactivations', 'deactivate', received_at, processed_at, project_hash, site, url_md5, '', '', ''
FROM \`\${dataset}.deactivations\` WHERE received_at >= @since AND received_at < @until AND event_id = @id
UNION ALL
SELECT 'tracking_skips', 'tracking-skipped', received_at, processed_at, project_hash, '', url_md5, '', '', ''
FROM \`\${dataset}.tracking_skips\` WHERE received_at >= @since AND received_at < @until AND event_id = @id
UNION ALL
SELECT 'rejections', kind, received_at, processed_at, project_hash, '', '', reason, field, ''
FROM \`\${dataset}.rejections\`
WHERE received_at >= @since AND received_at < @until AND event_id = @id AND kind != 'subscriber'
UNION ALL
SELECT 'event_keys', kind, received_at, processed_at, '', '', '', '', '', key
FROM \`\${dataset}.event_keys\` WHERE received_at >= @since AND received_at < @until AND event_id = @id`;

const ORDER: EventRow['table'][] = ['sites', 'deactivations', 'tracking_skips', 'rejections', 'event_keys'];

export function openEventPlaces(options: QueryOptions): EventPlaces {
  const { query } = openHistoryReader(options);
  return {
    rowsOf: async (id, since, until) => {
      const rows = (await query(ROWS, { id, since, until })).map((row) => ({
        table: row.place as EventRow['table'],
        kind: row.kind as Kind,
        receivedAt: new Date(String(row.received_at)).toISOString(),
        processedAt: row.processed_at ? new Date(String(row.processed_at)).toISOString() : null,
        projectHash: textOf(row.project_hash),
        site: textOf(row.site),
        urlMd5: textOf(row.url_md5),
        reason: textOf(row.reason),
        field: textOf(row.field),
        key: textOf(row.key),
      }));
      const place = ({ table, processedAt }: EventRow) => `${ORDER.indexOf(table)} ${processedAt ?? ''}`;
      return rows.sort((one, other) => (place(one) < place(other) ? -1 : 1));
    },
  };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
