import { rejectionOfUnclaimed, type UnclaimedDeactivation } from '../../shared/report/interpret.ts';
import { inBatches } from '../../shared/runtime/batches-of.ts';
import { concurrently } from '../../shared/runtime/concurrently.ts';
import type { Rejections } from '../../shared/stores/history/rejections.ts';
import { onlyOwner } from '../../shared/stores/sites/attribution.ts';
import type { Sites } from '../../shared/stores/sites/sites.ts';
import type { Unclaimed } from '../../shared/stores/sites/unclaimed.ts';

export interface UnclaimedStores {
  unclaimed: Pick<Unclaimed, 'waitingSince' | 'postpone' | 'remove'>;
  sites: Pick<Sites, 'withMd5'>;
  rejections: Rejections;
}

/** The first report of a site may be that late: it is retried with a backoff of ten minutes at most. */
export const CLAIM_MS = 3_600_000;
/** Of one run: a stranger can have as many wait as he likes; the others wait for the next. */
const MAX_UNCLAIMED = 20_000;
/** Their rows are one request. */
const BATCH = 500;
/** Sites that are looked for at once. */
const LOOKS_AT_ONCE = 10;

/** Rejects the deactivations that no site claimed within an hour, the oldest first. Gives how many. What fails keeps none of the others. */
export async function rejectUnclaimed(
  stores: UnclaimedStores,
  now: Date,
  { limit = MAX_UNCLAIMED }: { limit?: number } = {},
): Promise<number> {
  let rejected = 0;
  const failures: unknown[] = [];
  const waiting = stores.unclaimed.waitingSince(new Date(now.getTime() - CLAIM_MS), limit);
  for await (const batch of inBatches(waiting, BATCH)) {
    const outcome = await rejectBatch(batch, stores, now);
    rejected += outcome.rejected;
    failures.push(...outcome.failures);
    // nothing works: neither will it for the next
    if (outcome.rejected === 0 && outcome.failures.length > 0) break;
  }
  if (failures.length > 0) throw failures[0];
  return rejected;
}

async function rejectBatch(batch: UnclaimedDeactivation[], stores: UnclaimedStores, now: Date) {
  const { unclaimed, rejections } = stores;
  const owned = await ownedOf(batch, stores);
  // whoever made the site known is still at work on it, and takes this along; it must not keep the others from their turn
  await unclaimed.postpone([...owned], now);
  const ended = batch.filter(({ eventId }) => !owned.has(eventId));
  const outcomes = await Promise.allSettled(ended.map((one) => rejections.append(rejectionOfUnclaimed(one))));
  const recorded = ended.filter((_, index) => outcomes[index]?.status === 'fulfilled');
  await unclaimed.remove(...recorded.map(({ eventId }) => eventId));
  const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  return { rejected: recorded.length, failures };
}

/** Which of these are, by now, from a site that exactly one project knows. */
async function ownedOf(batch: UnclaimedDeactivation[], { sites }: UnclaimedStores): Promise<Set<string>> {
  const owned = new Set<string>();
  const md5s = new Set(batch.map(({ urlMd5 }) => urlMd5));
  await concurrently(md5s, LOOKS_AT_ONCE, async (md5) => {
    const known = await sites.withMd5(md5);
    for (const { eventId, receivedAt, urlMd5 } of batch) {
      if (urlMd5 === md5 && onlyOwner(known, receivedAt)) owned.add(eventId);
    }
  });
  return owned;
}
