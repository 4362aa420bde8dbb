import { type AuditRecord, auditId } from '../../event/audit.ts';
import type { AuditWriter } from '../history/audits.ts';
import { openTopic, type TopicOptions } from './topics.ts';

/** The topic of what is to be written to the audit. */
export const AUDITS_TOPIC = 'audits';

/** For who may not write to the table itself, since whoever also asks queries could write over it. */
export function openAuditsTopic({ projectId }: Pick<TopicOptions, 'projectId'>): AuditWriter & {
  /** Sends what is waiting and lets go of the connection. */
  close(): Promise<void>;
} {
  const topic = openTopic<AuditRecord>({ projectId, topic: AUDITS_TOPIC });
  return {
    append: (audit, outcome, at, rows) => {
      const record = { audit, outcome, at: at.toISOString(), rows: rows ?? null };
      return topic.publish(record, { eventId: auditId(record) });
    },
    close: topic.close,
  };
}
