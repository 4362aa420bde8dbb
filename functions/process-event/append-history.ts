import type { Meaning } from '../../shared/report/interpret.ts';
import type { History } from '../../shared/stores/history.ts';
import type { Rejections } from '../../shared/stores/rejections.ts';
import { deactivationRow, siteRow, trackingSkipRow } from './rows.ts';

export interface HistoryStores {
  history: History;
  rejections: Rejections;
  now: () => Date;
}

/** Appends what an event means to the history, or records why it is in none. Safe to repeat: readers see the latest row. */
export async function appendHistory(
  { report, deactivation, optOut, rejection }: Meaning,
  { history, rejections, now }: HistoryStores,
): Promise<void> {
  const processedAt = now().toISOString();
  // the row in `sites` comes last: where it is, the whole event is
  if (deactivation) await history.append('deactivations', deactivationRow(deactivation, processedAt));
  if (report) await history.append('sites', siteRow(report, processedAt));
  if (optOut) await history.append('tracking_skips', trackingSkipRow(optOut, processedAt));
  if (rejection) await rejections.append(rejection);
}
