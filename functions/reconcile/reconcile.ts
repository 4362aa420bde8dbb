import { hourPrefix, KINDS, parseObjectName } from '../../shared/event/object-name.ts';
import type { Archive } from '../../shared/stores/archive.ts';
import type { Erasures } from '../../shared/stores/erasures.ts';
import type { Notifications } from '../../shared/stores/notifications.ts';
import type { Reconciliation, Reconciliations } from '../../shared/stores/reconciliations.ts';
import type { RecordedEvent, RecordedEvents } from '../../shared/stores/recorded-events.ts';
import type { Sites } from '../../shared/stores/sites.ts';
import type { Unclaimed } from '../../shared/stores/unclaimed.ts';
import { type ArchivedEvent, compareHour, type Pair } from './compare-hour.ts';

export interface Stores {
  archive: Pick<Archive, 'list'>;
  recorded: RecordedEvents;
  sites: Pick<Sites, 'lastSeen'>;
  unclaimed: Pick<Unclaimed, 'isWaiting'>;
  erasures: Pick<Erasures, 'pending'>;
  notifications: Pick<Notifications, 'publish'>;
  reconciliations: Reconciliations;
}

/** How many are looked up, and sent again, together. */
const BATCH = 1000;

/**
 * Compares one hour of the archive with BigQuery, and the events of the hour with their sites in MongoDB; what is missing or
 * behind goes through the functions again, and nothing else. Safe to repeat: an event that is processed again changes nothing.
 */
export async function reconcileHour(hour: Date, stores: Stores, now: Date): Promise<Reconciliation> {
  const result = { hour, objects: 0, history: 0, rejections: 0, waiting: 0, missing: 0, behind: 0, republished: 0 };
  const end = new Date(hour.getTime() + HOUR_MS);
  const erased = new Set((await stores.erasures.pending()).flatMap(({ pending }) => pending?.objects ?? []));
  const pairs = compareHour(objectsOf(hour, stores), stores.recorded.between(hour, end));
  for await (const batch of batches(pairs, BATCH)) {
    const missing = batch.filter(({ recorded }) => recorded === null).map(({ object }) => object);
    const lost = await withoutWaiting(missing, erased, stores);
    const behind = await behindIn(batch, stores);
    result.objects += batch.length;
    result.history += batch.filter(({ recorded }) => recorded?.inHistory).length;
    result.rejections += batch.filter(({ recorded }) => recorded?.inHistory === false).length;
    result.waiting += missing.length - lost.length;
    result.missing += lost.length;
    result.behind += behind.length;
    for (const { name } of [...lost, ...behind]) await stores.notifications.publish(name);
    result.republished += lost.length + behind.length;
  }
  await stores.reconciliations.append(result, now);
  return result;
}

const HOUR_MS = 3_600_000;

/** In the order of kind and id, as the recorded ones come. */
async function* objectsOf(hour: Date, { archive }: Pick<Stores, 'archive'>): AsyncIterable<ArchivedEvent> {
  for (const kind of [...KINDS].sort()) {
    for await (const name of archive.list(hourPrefix(kind, hour))) {
      const parsed = parseObjectName(name);
      if (parsed) yield { kind, id: parsed.id, name };
    }
  }
}

async function withoutWaiting(
  missing: ArchivedEvent[],
  erased: ReadonlySet<string>,
  { unclaimed }: Pick<Stores, 'unclaimed'>,
): Promise<ArchivedEvent[]> {
  const kept = missing.filter(({ name }) => !erased.has(name));
  if (kept.length === 0) return [];
  const waiting = await unclaimed.isWaiting(kept.map(({ id }) => id));
  return kept.filter(({ id }) => !waiting.has(id));
}

/** The events that are newer than what MongoDB has of their site. */
async function behindIn(batch: Pair[], { sites }: Pick<Stores, 'sites'>): Promise<ArchivedEvent[]> {
  const ofSites = batch.filter(
    (pair): pair is Pair & { recorded: RecordedEvent & { siteKey: string } } =>
      pair.recorded !== null && pair.recorded.inHistory && pair.recorded.siteKey !== null,
  );
  if (ofSites.length === 0) return [];
  const lastSeen = await sites.lastSeen(ofSites.map(({ recorded }) => recorded.siteKey));
  return ofSites
    .filter(({ recorded: { siteKey, receivedAt } }) => !((lastSeen.get(siteKey)?.getTime() ?? 0) >= Date.parse(receivedAt)))
    .map(({ object }) => object);
}

async function* batches<T>(items: AsyncIterable<T>, size: number): AsyncIterable<T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
