import { decodeAuditRecord } from '../../shared/event/audit.ts';
import { handleEvent } from '../../shared/runtime/handle-event.ts';
import type { Log } from '../../shared/runtime/log.ts';
import { openAuditWriter } from '../../shared/stores/history/audits.ts';
import type { Config } from './config.ts';

/** Takes messages of the topic `audits` and writes each to the audit, in which a row that comes twice counts once. */
export function openRecordAudit(config: Config, log: Log): (message: unknown) => Promise<void> {
  const audits = openAuditWriter(config);
  return handleEvent({
    decode: decodeAuditRecord,
    work: ({ record: { audit, outcome, at, rows } }) => audits.append(audit, outcome, new Date(at), rows ?? undefined),
    // what BigQuery does not take ends in a dead letter, for it is written down nowhere else
    reject: async (_, error) => Promise.reject(error),
    log,
  });
}
