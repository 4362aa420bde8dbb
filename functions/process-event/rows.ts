import { stringifyExactJson } from '../../shared/event/exact-json.ts';
import type { Deactivation, OptOut, SiteReport } from '../../shared/report/interpret.ts';
import type { Row } from '../../shared/stores/history/history.ts';

/** When a row was made: of two rows of one event, readers see the later one. ISO 8601. */
type ProcessedAt = string;

/** A report as a row of schemas/bigquery/sites.json; a column that is not here is null. */
export function siteRow(report: SiteReport, processedAt: ProcessedAt): Row {
  const { values, customFields, additional } = report;
  return {
    event_id: report.eventId,
    received_at: report.receivedAt,
    processed_at: processedAt,
    project_hash: report.projectHash,
    sender_network: report.senderNetwork,
    kind: report.kind,
    site: report.site,
    url_md5: report.urlMd5,
    environment: report.environment,
    ...values,
    ...(values.users_by_role !== undefined && { users_by_role: JSON.stringify(values.users_by_role) }),
    custom_fields: stringifyExactJson(customFields),
    additional: additional && stringifyExactJson(additional),
    cast_errors: report.castErrors,
  };
}

/** A deactivation as a row of schemas/bigquery/deactivations.json. */
export function deactivationRow(deactivation: Deactivation, processedAt: ProcessedAt): Row {
  return {
    event_id: deactivation.eventId,
    received_at: deactivation.receivedAt,
    processed_at: processedAt,
    project_hash: deactivation.projectHash,
    sender_network: deactivation.senderNetwork,
    site: deactivation.site,
    url_md5: deactivation.urlMd5,
    environment: deactivation.environment,
    reason_id: deactivation.reasonId,
    reason_sent: deactivation.reasonSent,
    reason_info: deactivation.reasonInfo,
    project_version: deactivation.projectVersion,
  };
}

/** An opt-out as a row of schemas/bigquery/tracking_skips.json. */
export function trackingSkipRow(optOut: OptOut, processedAt: ProcessedAt): Row {
  return {
    event_id: optOut.eventId,
    received_at: optOut.receivedAt,
    processed_at: processedAt,
    project_hash: optOut.projectHash,
    sender_network: optOut.senderNetwork,
    url_md5: optOut.urlMd5,
    previously_skipped: optOut.previouslySkipped,
    client_version: optOut.clientVersion,
  };
}
