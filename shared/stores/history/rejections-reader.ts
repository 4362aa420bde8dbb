import { KINDS, type Kind } from '../../event/object-name.ts';
import type { RejectionReason } from '../../runtime/errors.ts';
import { openHistoryReader, type QueryOptions } from './history-reader.ts';
import type { RecordedEvent } from './recorded-events.ts';

/** Which rejections are meant. */
export interface RejectionFilter {
  from: Date;
  /** Exclusive. */
  to: Date;
  reason?: RejectionReason | undefined;
  /** The hash as it was sent, lower-case. */
  projectHash?: string | undefined;
  /** Not of these. */
  exceptProjects?: string[] | undefined;
}

/** A row of `rejections_unique`. */
export interface RejectedEvent {
  eventId: string;
  /** ISO 8601. */
  receivedAt: string;
  kind: string;
  projectHash: string | null;
  reason: string;
  field: string | null;
  message: string | null;
  objectName: string | null;
}

/** Rejections of one reason and one project. */
export interface RejectionCount {
  reason: string;
  projectHash: string | null;
  rejections: number;
  /** ISO 8601, of the first and of the last. */
  first: string;
  last: string;
}

/** Reads the rejections as they count: one an event, and none that is in the history after all. */
export interface RejectionsReader {
  /** The newest ones, `limit` at most. */
  list(filter: RejectionFilter, limit: number): Promise<RejectedEvent[]>;
  /** Most first. */
  summary(filter: RejectionFilter): Promise<RejectionCount[]>;
  /** The hours in which there are any whose objects can be sent again, by their beginnings, oldest first. */
  hours(filter: RejectionFilter): Promise<Date[]>;
  /** Those of one hour that can be sent again, in the order of kind and object's name; `receivedAt` is the hour. */
  ofHour(hour: Date, filter: RejectionFilter): AsyncIterable<RecordedEvent>;
}

const FILTER = `received_at >= @from AND received_at < @to
  AND (@reason IS NULL OR reason = @reason) AND (@project IS NULL OR project_hash = @project)
  AND IFNULL(project_hash, '') NOT IN UNNEST(@others)`;

const LIST = `
SELECT event_id, received_at, kind, project_hash, reason, field, message, object_name
FROM \`\${dataset}.rejections_unique\` WHERE ${FILTER}
ORDER BY received_at DESC, event_id LIMIT @most`;

const SUMMARY = `
SELECT reason, project_hash, COUNT(*) AS rejections, MIN(received_at) AS first_at, MAX(received_at) AS last_at
FROM \`\${dataset}.rejections_unique\` WHERE ${FILTER}
GROUP BY reason, project_hash ORDER BY rejections DESC, reason, project_hash`;

/** A request to a mail list is not in the archive; what was erased is not to come again. */
const AGAIN = `kind IN UNNEST(@kinds) AND reason != 'erased'`;

const HOURS = `
SELECT DISTINCT TIMESTAMP_TRUNC(received_at, HOUR) AS hour
FROM \`\${dataset}.rejections_unique\` WHERE ${FILTER} AND ${AGAIN} ORDER BY hour`;

const OF_HOUR = `
SELECT kind, event_id FROM \`\${dataset}.rejections_unique\`
WHERE ${FILTER} AND ${AGAIN} AND (@after IS NULL OR CONCAT(kind, '/', event_id, '.json') > @after)
ORDER BY CONCAT(kind, '/', event_id, '.json') LIMIT @most`;

const TYPES = { reason: 'STRING', project: 'STRING', after: 'STRING', others: ['STRING'] };
const ROWS_PER_PAGE = 10_000;
const HOUR_MS = 3_600_000;

export function openRejectionsReader(
  options: QueryOptions,
  { rowsPerPage = ROWS_PER_PAGE }: { rowsPerPage?: number } = {},
): RejectionsReader {
  const { query } = openHistoryReader(options);
  const paramsOf = ({ from, to, reason, projectHash, exceptProjects = [] }: RejectionFilter) => ({
    from,
    to,
    reason: reason ?? null,
    project: projectHash ?? null,
    others: exceptProjects,
  });
  return {
    list: async (filter, limit) =>
      (await query(LIST, { ...paramsOf(filter), most: limit }, TYPES)).map((row) => ({
        eventId: String(row.event_id),
        receivedAt: String(row.received_at),
        kind: String(row.kind),
        projectHash: row.project_hash as string | null,
        reason: String(row.reason),
        field: row.field as string | null,
        message: row.message as string | null,
        objectName: row.object_name as string | null,
      })),
    summary: async (filter) =>
      (await query(SUMMARY, paramsOf(filter), TYPES)).map((row) => ({
        reason: String(row.reason),
        projectHash: row.project_hash as string | null,
        rejections: Number(row.rejections),
        first: String(row.first_at),
        last: String(row.last_at),
      })),
    hours: async (filter) =>
      (await query(HOURS, { ...paramsOf(filter), kinds: [...KINDS] }, TYPES)).map(({ hour }) => new Date(String(hour))),
    async *ofHour(hour, filter) {
      const within = { ...filter, from: hour, to: new Date(hour.getTime() + HOUR_MS) };
      for (let after: string | null = null; ; ) {
        const params: object = { ...paramsOf(within), kinds: [...KINDS], after, most: rowsPerPage };
        const rows = await query(OF_HOUR, params as Record<string, unknown>, TYPES);
        for (const { kind, event_id: id } of rows) {
          yield { kind: kind as Kind, id: String(id), record: 'rejection', key: null, receivedAt: hour };
        }
        const last = rows.at(-1);
        if (last === undefined || rows.length < rowsPerPage) return;
        after = `${last.kind}/${last.event_id}.json`;
      }
    },
  };
}
