import { IsIn, IsOptional, MaxLength } from 'class-validator';
import type { Environment } from '../../../shared/report/environment.ts';
import type { DeactivationFilter, DeactivationRow } from '../../../shared/stores/sites/deactivation-lists.ts';
import type { DeactivationItem } from '../api.ts';
import type { Answer, ProjectCall } from '../call.ts';
import { type Column, EXPORT_FORMATS, type ExportFormat, exportFile } from '../export.ts';
import { ListQuery, pageAnswer, pagesOf } from '../list.ts';
import { refusal } from '../problem.ts';
import { IsMoment, momentOf } from '../read-query.ts';
import { siteId } from '../site-id.ts';

export class DeactivationsQuery extends ListQuery {
  @IsOptional() @MaxLength(128) reason?: string;
  /** No value of `reason` says that there is none: an id is any text, and `none` is one of the client's own. */
  @IsOptional() @IsIn(['true', 'false']) hasReason?: 'true' | 'false';
  @IsOptional() @MaxLength(256) version?: string;
  @IsOptional() @IsIn(['true', 'false']) hasText?: 'true' | 'false';
  @IsOptional() @IsMoment() since?: string;
  @IsOptional() @IsMoment() until?: string;
  @IsIn(['production', 'staging', 'local', 'ephemeral', 'any']) environment: Environment | 'any' = 'production';
  @IsIn(['-at', 'at']) sort: '-at' | 'at' = '-at';
  @IsOptional() @IsIn(EXPORT_FORMATS) format?: ExportFormat;
}

const RESOURCE = 'deactivations';

export async function getDeactivations(call: ProjectCall, query: DeactivationsQuery): Promise<Answer> {
  const { project, stores } = call;
  const { format, cursor } = query;
  const filter = filterOf(query);
  const listing = {
    resource: RESOURCE,
    read: (request: Parameters<typeof stores.deactivationLists.page>[2]) =>
      stores.deactivationLists.page(project.hash, filter, request),
    reverse: query.sort === 'at',
  };
  if (format === undefined) return pageAnswer(call, query, { ...listing, item: deactivationItem });
  if (cursor !== undefined) throw refusal('cursor', 'is of pages: a file is of the whole list');
  return exportFile(call, { resource: RESOURCE, format, columns: COLUMNS, pages: pagesOf(listing) });
}

function filterOf(query: DeactivationsQuery): DeactivationFilter {
  const { reason, hasReason, version, hasText, since, until, environment } = query;
  if (reason !== undefined && hasReason === 'false') throw refusal('hasReason', 'must not be false beside a reason');
  return {
    reasonId: hasReason === 'false' ? null : reason,
    hasReason: isTrue(hasReason),
    projectVersion: version,
    hasText: isTrue(hasText),
    ...{ since: momentOf(since), until: momentOf(until), environment },
  };
}

function isTrue(value: 'true' | 'false' | undefined): boolean | undefined {
  return value === undefined ? undefined : value === 'true';
}

function deactivationItem(row: DeactivationRow): DeactivationItem {
  return {
    at: row.deactivatedAt.toISOString(),
    site: row.site,
    siteId: siteId(row.site),
    reason: row.reasonId,
    text: row.reasonInfo,
    version: row.projectVersion,
    ageDays: row.ageDays,
    returned: row.reactivatedAt !== null,
  };
}

const EXPORTED = ['at', 'site', 'reason', 'text', 'version', 'ageDays', 'returned'] as const;
const COLUMNS: Column<DeactivationRow>[] = EXPORTED.map((name) => ({
  name,
  value: (row) => deactivationItem(row)[name],
}));
