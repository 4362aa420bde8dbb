import { TransientError } from '../runtime/errors.ts';
import { isJsonObject, type JsonObject } from './envelope.ts';
import { pubsubMessage } from './notification.ts';

export const AUDIT_ACTIONS = ['export', 'contact', 'grant'] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];
/** An action has a row before it is done, and one after. */
export const AUDIT_OUTCOMES = ['begun', 'done', 'failed'] as const;
export type AuditOutcome = (typeof AUDIT_OUTCOMES)[number];

/** Who took or changed what. */
export interface Audit {
  requestId: string;
  /** An e-mail address; a name on the machine, of who gave a command. */
  actor: string;
  role: string;
  projectHash: string;
  action: AuditAction;
  /** What it was done with. */
  resource: string;
  /** null: it takes none. */
  filters: string | null;
}

/** What became of an action; a message of the topic `audits` is one as JSON. */
export interface AuditRecord {
  audit: Audit;
  outcome: AuditOutcome;
  /** ISO 8601. */
  at: string;
  /** How many were given; null where that cannot be told. */
  rows: number | null;
}

/** Tells a record from every other one, also when it comes twice. */
export function auditId({ audit: { requestId }, outcome }: Pick<AuditRecord, 'audit' | 'outcome'>): string {
  return `${requestId}/${outcome}`;
}

/**
 * Reads a push. undefined when it is no Pub/Sub message. Throws TransientError when what it says is no record: only our own code
 * publishes there, and the dead letter keeps what is lost nowhere else.
 */
export function decodeAuditRecord(event: unknown): { id: string; record: AuditRecord } | undefined {
  const { data, messageId } = pubsubMessage(event);
  if (messageId === '') return undefined;
  const record = parseRecord(Buffer.from(data, 'base64').toString('utf8'));
  if (record === undefined) throw new TransientError('a message that is no record of the audit', { cause: undefined });
  return { id: auditId(record), record };
}

function parseRecord(text: string): AuditRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isJsonObject(value) || !isJsonObject(value.audit)) return undefined;
  const { at, rows } = value;
  const outcome = AUDIT_OUTCOMES.find((name) => name === value.outcome);
  const audit = auditOf(value.audit);
  const isTime = typeof at === 'string' && !Number.isNaN(Date.parse(at));
  return audit && outcome && isTime && (rows === null || typeof rows === 'number')
    ? { audit, outcome, at, rows }
    : undefined;
}

function auditOf({ requestId, actor, role, projectHash, resource, filters, ...rest }: JsonObject): Audit | undefined {
  const action = AUDIT_ACTIONS.find((name) => name === rest.action);
  const isWhole = [requestId, actor, role, projectHash, resource].every((text) => typeof text === 'string');
  return action && isWhole && (filters === null || typeof filters === 'string')
    ? ({ requestId, actor, role, projectHash, action, resource, filters } as Audit)
    : undefined;
}
