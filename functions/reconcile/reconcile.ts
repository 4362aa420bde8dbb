import { hourPrefix, KINDS, parseObjectName } from '../../shared/event/object-name.ts';
import { inBatches } from '../../shared/runtime/batches-of.ts';
import type { Archive } from '../../shared/stores/archive/archive.ts';
import type { Erasures } from '../../shared/stores/erasures.ts';
import type { Reconciliation, Reconciliations } from '../../shared/stores/history/reconciliations.ts';
import type { RecordedEvents } from '../../shared/stores/history/recorded-events.ts';
import type { Unclaimed } from '../../shared/stores/sites/unclaimed.ts';
import type { Notifications } from '../../shared/stores/topics/notifications.ts';
import { type ArchivedEvent, compareHour } from './compare-hour.ts';
import { findBehind, type LatestStores } from './find-behind.ts';
import { findPartial } from './find-partial.ts';

export interface Stores extends LatestStores {
  archive: Pick<Archive, 'list' | 'read'>;
  recorded: Pick<RecordedEvents, 'between'>;
  unclaimed: Pick<Unclaimed, 'isWaiting'>;
  erasures: Pick<Erasures, 'pending'>;
  notifications: Pick<Notifications, 'publish'>;
  reconciliations: Reconciliations;
}

export const HOUR_MS = 3_600_000;
/** By then every event of an hour that went well was processed, some after a retry or two. */
const CLOSED_AFTER_MS = 30 * 60_000;
/**
 * How many closed hours the schedule looks at: what an outage delays for longer is retried by Pub/Sub anyway, and each look
 * would send it once more.
 */
export const CLOSED_HOURS = 3;
const BATCH = 1000;

/** The beginnings of the last `count` hours that are closed, oldest first. */
export function closedHours(now: Date, count: number = CLOSED_HOURS): Date[] {
  const end = Math.floor((now.getTime() - CLOSED_AFTER_MS) / HOUR_MS) * HOUR_MS;
  return Array.from({ length: count }, (_, index) => new Date(end - (count - index) * HOUR_MS));
}

/** The results of some hours in one. */
export type Sums = Omit<Reconciliation, 'hour'>;

export interface ReconcileOptions {
  now: () => Date;
  /** Changes nothing, and writes down nothing. */
  dryRun?: boolean;
  /** Told of each hour once it is done. */
  onHour(reconciliation: Reconciliation): void;
}

/** Reconciles hours, one after the other. */
export async function reconcile(hours: Date[], stores: Stores, options: ReconcileOptions): Promise<Sums> {
  const sums = noCounts();
  for (const hour of hours) {
    const reconciliation = await reconcileHour(hour, stores, options);
    for (const name of Object.keys(sums) as (keyof Sums)[]) sums[name] += reconciliation[name];
    if (!options.dryRun) await stores.reconciliations.append(reconciliation, options.now());
    options.onHour(reconciliation);
  }
  return sums;
}

function noCounts(): Sums {
  return { objects: 0, history: 0, rejections: 0, waiting: 0, missing: 0, behind: 0, republished: 0 };
}

/**
 * Compares one hour of the archive with BigQuery, and the events of the hour with their sites in MongoDB; what is missing or
 * behind goes through the functions again, and nothing else. Safe to repeat: an event that is processed again changes nothing.
 */
async function reconcileHour(hour: Date, stores: Stores, { dryRun }: ReconcileOptions): Promise<Reconciliation> {
  const result = { hour, ...noCounts() };
  const pairs = compareHour(objectsOf(hour, stores), stores.recorded.between(hour, new Date(hour.getTime() + HOUR_MS)));
  for await (const batch of batches(pairs)) {
    const unrecorded = [
      ...batch.filter(({ recorded }) => recorded === null || recorded.record === 'part'),
      ...(await findPartial(batch, stores)),
    ].map(({ object }) => object);
    const behind = await findBehind(batch, stores);
    const { missing, waiting } = await sortOut(unrecorded, stores);
    const lost = new Set([...missing, ...(await sortOut(behind, stores)).missing]);
    result.objects += batch.length;
    result.rejections += batch.filter(({ recorded }) => recorded?.record === 'rejection').length;
    result.missing += missing.length;
    result.waiting += waiting;
    result.behind += lost.size - missing.length;
    if (dryRun) continue;
    await Promise.all([...lost].map(({ name }) => stores.notifications.publish(name)));
    result.republished += lost.size;
  }
  result.history = result.objects - result.rejections - result.missing - result.waiting;
  return result;
}

/** In the order of kinds and names, as what is recorded comes. */
async function* objectsOf(hour: Date, { archive }: Pick<Stores, 'archive'>): AsyncIterable<ArchivedEvent> {
  for (const kind of [...KINDS].sort()) {
    for await (const name of archive.list(hourPrefix(kind, hour))) {
      const parsed = parseObjectName(name);
      if (parsed) yield { kind, id: parsed.id, name };
    }
  }
}

/** What is missing, and how many only wait: for their site to appear, or for the erasure that is to remove them. */
async function sortOut(
  objects: ArchivedEvent[],
  { erasures, unclaimed }: Pick<Stores, 'erasures' | 'unclaimed'>,
): Promise<{ missing: ArchivedEvent[]; waiting: number }> {
  if (objects.length === 0) return { missing: [], waiting: 0 };
  const receipts = await erasures.pending();
  const erased = new Set(receipts.flatMap(({ pending, late = [] }) => [...(pending?.objects ?? []), ...late]));
  const waiting = await unclaimed.isWaiting(objects.map(({ id }) => id));
  const missing = objects.filter(({ name, id }) => !erased.has(name) && !waiting.has(id));
  return { missing, waiting: objects.length - missing.length };
}

/** What is looked up, or sent again, together. */
export function batches<T>(items: AsyncIterable<T> | T[]): AsyncIterable<T[]> {
  return inBatches(items, BATCH);
}
