import { isEmail } from 'class-validator';
import type { MailIntegration } from '../../shared/project/project.ts';
import type { SiteReport } from '../../shared/report/interpret.ts';
import { addressOf, unaskedLists } from '../../shared/stores/sites/site-mail.ts';
import type { PendingMail, SiteDocument } from '../../shared/stores/sites/sites.ts';

/**
 * What is to be asked of a project's mail lists once `after` has taken the place of `before`: the admin's address, when the
 * report speaks with consent, somebody can and may be written to there, and a list was not asked yet to take it. So a list
 * that is added later gets its sites as they report. An address that lost is not asked for any more.
 */
export function pendingMail(
  before: SiteDocument,
  after: SiteDocument,
  report: SiteReport | undefined,
  mailLists: readonly MailIntegration[],
): PendingMail[] {
  const waiting = (before.pendingMail ?? []).map(withoutAddress);
  if (report?.kind !== 'track') return waiting;
  if (after.environment !== 'production' || !isEmail(after.adminEmail)) return [];
  const isSame = waiting.length > 0 && addressOf(after) === addressOf(before);
  if (isSame && waiting.some(({ counted = [] }) => counted.length > 0)) return waiting;
  if (unaskedLists(after, mailLists).length === 0) return [];
  return isSame ? waiting : [{ eventId: report.eventId, receivedAt: report.receivedAt }];
}

/** Earlier versions kept a copy of what the document says. */
function withoutAddress({ eventId, receivedAt, counted }: PendingMail): PendingMail {
  return { eventId, receivedAt, ...(counted && { counted }) };
}
