import { COMPLETE_AFTER_MS } from '../../shared/figures/definitions.ts';
import type { Meaning } from '../../shared/report/interpret.ts';
import type { LateDays } from '../../shared/stores/figures/late-days.ts';
import type { History } from '../../shared/stores/history/history.ts';
import type { Rejections } from '../../shared/stores/history/rejections.ts';
import { deactivationRow, siteRow, trackingSkipRow } from './rows.ts';

export interface HistoryStores {
  history: History;
  rejections: Rejections;
  lateDays: Pick<LateDays, 'mark'>;
  now: () => Date;
}

/**
 * Appends what an event means to the history, or records why it is in none. Safe to repeat: readers see the latest row. An
 * event of a day that is over marks the day, once the rows are there. */
export async function appendHistory(
  { report, deactivation, optOut, rejection }: Meaning,
  { history, rejections, lateDays, now }: HistoryStores,
): Promise<void> {
  const processedAt = now().toISOString();
  // the row in `sites` comes last: where it is, the whole event is
  if (deactivation) await history.append('deactivations', deactivationRow(deactivation, processedAt));
  if (report) await history.append('sites', siteRow(report, processedAt));
  if (optOut) await history.append('tracking_skips', trackingSkipRow(optOut, processedAt));
  if (rejection) await rejections.append(rejection);
  const { receivedAt } = report ?? deactivation ?? optOut ?? {};
  if (receivedAt !== undefined && isLate(receivedAt, now())) await lateDays.mark(receivedAt.slice(0, 10));
}

/** The rebuild looks at a day by itself until it has been over for longer than this. */
function isLate(receivedAt: string, now: Date): boolean {
  return receivedAt.slice(0, 10) < new Date(now.getTime() - COMPLETE_AFTER_MS).toISOString().slice(0, 10);
}
