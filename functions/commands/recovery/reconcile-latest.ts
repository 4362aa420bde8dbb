import { objectName } from '../../../shared/event/object-name.ts';
import type { NewestEvent, RecordedEvent, RecordedEvents } from '../../../shared/stores/history/recorded-events.ts';
import { type LatestStores, newerThan } from '../../reconcile/find-behind.ts';
import { batches, type Stores } from '../../reconcile/reconcile.ts';

/** What MongoDB lacked of what the history has. */
export interface LatestSums {
  /** Sites in the history. */
  sites: number;
  sitesBehind: number;
  optOuts: number;
  optOutsBehind: number;
  /** Events. */
  republished: number;
}

export interface ReconcileLatestOptions {
  from: Date;
  /** Exclusive. */
  to: Date;
  dryRun?: boolean;
  /** Told how many sites were compared. */
  onSites(count: number): void;
}

interface LatestReconcileStores extends LatestStores {
  recorded: Pick<RecordedEvents, 'newestOfSites' | 'ofSites' | 'newestOptOuts'>;
  notifications: Stores['notifications'];
}

/** A request may be 10 MB long. */
const MAX_SITES_PER_QUERY = 10_000;
/**
 * So long before the last event that MongoDB has of a site its events are sent again too: when a backup was taken, an older one
 * may still have been on its way, for as long as Pub/Sub tries (100 times, ten minutes apart).
 */
const OVERLAP_MS = 24 * 3_600_000;

/**
 * Finds the sites and opt-outs of which the history has newer events than MongoDB, and sends those events through the functions
 * again: what they mean is folded in whatever order they come.
 */
export async function reconcileLatest(
  { from, to, dryRun, onSites }: ReconcileLatestOptions,
  { recorded, sites, optOuts, notifications }: LatestReconcileStores,
): Promise<LatestSums> {
  const sums: LatestSums = { sites: 0, sitesBehind: 0, optOuts: 0, optOutsBehind: 0, republished: 0 };
  const publish = async (events: AsyncIterable<RecordedEvent> | RecordedEvent[]) => {
    for await (const batch of batches(events)) {
      const names = batch.map(({ kind, id, receivedAt }) => objectName(kind, receivedAt.toISOString(), id));
      await Promise.all(names.map((name) => notifications.publish(name)));
      sums.republished += batch.length;
    }
  };
  const fold = async (since: Map<string, Date>) => {
    sums.sitesBehind += since.size;
    if (dryRun || since.size === 0) return;
    const first = new Date([...since.values()].reduce((least, one) => Math.min(least, one.getTime()), to.getTime()));
    await publish(eventsSince(since, recorded.ofSites([...since.keys()], first, to)));
  };
  let since = new Map<string, Date>();
  for await (const batch of batches(recorded.newestOfSites(from, to))) {
    for (const [key, start] of await findBehind(batch, from, sites)) since.set(key, start);
    sums.sites += batch.length;
    onSites(sums.sites);
    if (since.size < MAX_SITES_PER_QUERY) continue;
    await fold(since);
    since = new Map();
  }
  await fold(since);
  for await (const batch of batches(recorded.newestOptOuts(from, to))) {
    const keyed = batch.filter((event): event is RecordedEvent & { key: string } => event.key !== null);
    const behind = keyed.filter(await newerThan(keyed, { sites, optOuts }));
    sums.optOuts += batch.length;
    sums.optOutsBehind += behind.length;
    if (!dryRun) await publish(behind);
  }
  return sums;
}

/** From when on the events of each site that is behind are needed. */
async function findBehind(batch: NewestEvent[], from: Date, sites: LatestStores['sites']): Promise<[string, Date][]> {
  const lastSeen = await sites.lastSeen(batch.map(({ key }) => key));
  return batch.flatMap(({ key, receivedAt }): [string, Date][] => {
    const known = lastSeen.get(key);
    if (known !== undefined && known >= receivedAt) return [];
    const start = known === undefined ? from.getTime() : known.getTime() - OVERLAP_MS;
    return [[key, new Date(Math.max(start, from.getTime()))]];
  });
}

async function* eventsSince(
  since: Map<string, Date>,
  events: AsyncIterable<RecordedEvent>,
): AsyncIterable<RecordedEvent> {
  for await (const event of events) {
    if (event.receivedAt >= (since.get(event.key as string) as Date)) yield event;
  }
}
