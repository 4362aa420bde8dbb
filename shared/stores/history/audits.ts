import { type Audit, type AuditOutcome, auditId } from '../../event/audit.ts';
import { type DatasetOptions, openDataset, tableAppender } from './history.ts';
import type { HistoryReader } from './history-reader.ts';

/** What is known of an action: its last outcome. */
export interface AuditRow extends Audit {
  /** ISO 8601, when it began. */
  at: string;
  rows: number | null;
  outcome: AuditOutcome;
}

/** After which action a page begins. */
export type AuditPosition = Pick<AuditRow, 'at' | 'requestId'>;

export interface AuditWriter {
  /** Resolves once it is durable. `rows`: how many were given, where that can be told. */
  append(audit: Audit, outcome: AuditOutcome, at: Date, rows?: number): Promise<void>;
}

export interface AuditReader {
  /** A project's, newest first. */
  page(project: string, page: { since: Date; after: AuditPosition | undefined; limit: number }): Promise<AuditRow[]>;
}

export function openAuditWriter(options: DatasetOptions): AuditWriter {
  const append = tableAppender(openDataset(options), 'audits');
  return {
    append: (audit, outcome, at, rows) => {
      const { requestId, actor, role, projectHash, action, resource, filters } = audit;
      return append({
        event_id: auditId({ audit, outcome }),
        received_at: at.toISOString(),
        request_id: requestId,
        ...{ actor, role, action, resource, filters, outcome },
        project_hash: projectHash,
        rows: rows ?? null,
      });
    },
  };
}

const PAGE = `
SELECT request_id, actor, role, project_hash, action, resource, filters, at, given, has_failed, is_done
FROM (
  SELECT
    request_id, actor, role, project_hash, action, resource, filters,
    MIN(received_at) AS at,
    MAX(\`rows\`) AS given,
    LOGICAL_OR(outcome = 'failed') AS has_failed,
    LOGICAL_OR(outcome = 'done') AS is_done
  FROM \`\${dataset}.audits\`
  WHERE received_at >= @since AND project_hash = @project
  GROUP BY request_id, actor, role, project_hash, action, resource, filters
)
WHERE at < @before OR (at = @before AND request_id > @id)
ORDER BY at DESC, request_id
LIMIT @most`;

const END_OF_TIME = '9999-01-01T00:00:00.000Z';

export function openAuditReader(history: HistoryReader): AuditReader {
  return {
    page: async (project, { since, after, limit }) => {
      const { at: before, requestId: id } = after ?? { at: END_OF_TIME, requestId: '' };
      const params = { since, project, before: new Date(before), id, most: limit };
      return ((await history.query(PAGE, params)) as unknown as PageRow[]).map(auditRow);
    },
  };
}

type PageRow = Pick<AuditRow, 'actor' | 'role' | 'action' | 'resource' | 'filters' | 'at'> & {
  request_id: string;
  project_hash: string;
  given: number | null;
  has_failed: boolean;
  is_done: boolean;
};

function auditRow(row: PageRow): AuditRow {
  const { request_id: requestId, project_hash: projectHash, given: rows, has_failed, is_done, ...rest } = row;
  return { ...rest, requestId, projectHash, rows, outcome: is_done ? 'done' : has_failed ? 'failed' : 'begun' };
}
