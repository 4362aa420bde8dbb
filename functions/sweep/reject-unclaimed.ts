import { rejectionOfUnclaimed } from '../../shared/report/interpret.ts';
import type { Rejections } from '../../shared/stores/history/rejections.ts';
import { onlyOwner } from '../../shared/stores/sites/attribution.ts';
import type { Sites } from '../../shared/stores/sites/sites.ts';
import type { Unclaimed } from '../../shared/stores/sites/unclaimed.ts';

export interface UnclaimedStores {
  unclaimed: Pick<Unclaimed, 'waitingSince' | 'remove'>;
  sites: Pick<Sites, 'withMd5'>;
  rejections: Rejections;
}

/** The first report of a site may be that late: it is retried with a backoff of ten minutes at most. */
export const CLAIM_MS = 3_600_000;

/** Rejects the deactivations that no site claimed within an hour. Gives how many. */
export async function rejectUnclaimed({ unclaimed, sites, rejections }: UnclaimedStores, now: Date): Promise<number> {
  let rejected = 0;
  for await (const deactivation of unclaimed.waitingSince(new Date(now.getTime() - CLAIM_MS))) {
    // whoever made the site known is still at work on it, and takes this along
    if (onlyOwner(await sites.withMd5(deactivation.urlMd5), deactivation.receivedAt)) continue;
    await rejections.append(rejectionOfUnclaimed(deactivation));
    await unclaimed.remove(deactivation.eventId);
    rejected += 1;
  }
  return rejected;
}
