import type { RecordedEvent } from '../../shared/stores/history/recorded-events.ts';
import type { OptOuts } from '../../shared/stores/sites/opt-outs.ts';
import type { Sites } from '../../shared/stores/sites/sites.ts';
import type { ArchivedEvent, Pair } from './compare-hour.ts';

export interface LatestStores {
  sites: Pick<Sites, 'lastSeen'>;
  optOuts: Pick<OptOuts, 'stamps'>;
}

type Keyed = RecordedEvent & { key: string };

/** The events that are newer than what MongoDB has of their site, or of their opt-out. */
export async function findBehind(pairs: Pair[], stores: LatestStores): Promise<ArchivedEvent[]> {
  const folded = pairs.filter(
    (pair): pair is Pair & { recorded: Keyed } => pair.recorded !== null && pair.recorded.key !== null,
  );
  const isNewer = await newerThan(
    folded.map(({ recorded }) => recorded),
    stores,
  );
  return folded.filter(({ recorded }) => isNewer(recorded)).map(({ object }) => object);
}

/** Tells of these events whether MongoDB has nothing as new of what they concern. */
export async function newerThan(events: Keyed[], { sites, optOuts }: LatestStores): Promise<(event: Keyed) => boolean> {
  const isOptOut = ({ kind }: Keyed) => kind === 'tracking-skipped';
  const keysOf = (some: Keyed[]) => [...new Set(some.map(({ key }) => key))];
  const [siteKeys, optOutKeys] = [keysOf(events.filter((one) => !isOptOut(one))), keysOf(events.filter(isOptOut))];
  const [lastSeen, stamps] = await Promise.all([
    siteKeys.length === 0 ? new Map<string, Date>() : sites.lastSeen(siteKeys),
    optOutKeys.length === 0 ? new Map<string, string>() : optOuts.stamps(optOutKeys),
  ]);
  return (event) => {
    const { key, id, receivedAt } = event;
    if (isOptOut(event)) return (stamps.get(key) ?? '') < `${receivedAt.toISOString()}/${id}`;
    const known = lastSeen.get(key);
    return known === undefined || known < receivedAt;
  };
}
