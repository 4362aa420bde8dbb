import type { AuditRow } from '../../../shared/stores/history/audits.ts';
import type { PageRequest } from '../../../shared/stores/sites/list-page.ts';
import type { AuditItem } from '../api.ts';
import type { Answer, ProjectCall } from '../call.ts';
import { ListQuery, pageAnswer } from '../list.ts';

export class AuditQuery extends ListQuery {}

/** Thirteen months. */
const LISTED_MS = 396 * 86_400_000;

export async function getAudit(call: ProjectCall, query: AuditQuery): Promise<Answer> {
  const { project, stores, now } = call;
  const since = new Date(now.getTime() - LISTED_MS);
  const read = async ({ after, limit }: PageRequest) => {
    const position = after && { at: String(after[0]), requestId: String(after[1]) };
    const rows = await stores.audits.page(project.hash, { since, after: position, limit });
    const last = rows.length === limit ? rows.at(-1) : undefined;
    return { rows, next: last === undefined ? null : [last.at, last.requestId], complete: true, lookedAt: rows.length };
  };
  return pageAnswer(call, query, { resource: 'audit', read, item: auditItem });
}

function auditItem({ at, actor, role, action, resource, filters, rows, outcome, requestId }: AuditRow): AuditItem {
  return { at, actor, role, action, resource, filters, rows, outcome, requestId };
}
