import type { Db } from 'mongodb';
import type { StoredEvent } from '../../../shared/event/envelope.ts';
import { objectName } from '../../../shared/event/object-name.ts';
import { concurrently } from '../../../shared/runtime/concurrently.ts';
import type { Archive } from '../../../shared/stores/archive/archive.ts';
import { ASKS_LATER } from '../../../shared/stores/topics/mail-outbox.ts';
import { openStores } from '../../process-event/open-stores.ts';
import { processEvent, type Stores } from '../../process-event/process-event.ts';
import type { Config } from '../config.ts';
import { holdSites } from './hold-sites.ts';

/** Their rows share BigQuery's requests, of at most 500. */
const SITES_AT_ONCE = 500;

interface RecordingStores extends Stores {
  archive: Archive;
}

/**
 * Writes events to the archive and puts each through the pipeline of process-event here, instead of waiting until the function
 * is told of it. `sites`: each with all its events, oldest first; what they make of its document is written once. Mail lists are
 * not asked. Safe to repeat, and while the functions do the same.
 */
export async function recordPast(
  sites: Iterable<StoredEvent[]>,
  { config, db, onRecorded }: { config: Config; db: Db; onRecorded: (events: number) => void },
): Promise<void> {
  const { lateDays, ...opened } = openStores(config, db, () => {});
  const days = new Set<string>();
  const stores = { ...opened, ...ASKS_LATER, lateDays: { mark: async (day: string) => void days.add(day) } };
  try {
    await concurrently(sites, SITES_AT_ONCE, async (events) => {
      await recordSite(events, stores);
      onRecorded(events.length);
    });
  } finally {
    // each of the few once: every event of the past is late
    await Promise.all([...days].map((day) => lateDays.mark(day)));
  }
}

async function recordSite(events: StoredEvent[], stores: RecordingStores): Promise<void> {
  const { archive } = stores;
  const byName = new Map(events.map((event) => [objectName(event.kind, event.receivedAt, event.id), event]));
  const nothing = async () => {};
  const held = holdSites(stores.sites);
  const recording: Stores = {
    ...stores,
    archive: { read: async (name) => byName.get(name) ?? archive.read(name) },
    sites: held.sites,
    erasures: { ...stores.erasures, isErased: askedOnce(stores.erasures.isErased) },
    // what follows from the finished document: below
    deactivations: { ...stores.deactivations, put: nothing },
    optOuts: { ...stores.optOuts, latest: async () => undefined },
  };
  for (const [name, event] of byName) {
    await archive.create(event);
    await processEvent({ name }, recording);
  }
  await held.write();
  const finished = { ...recording, sites: stores.sites, deactivations: stores.deactivations, optOuts: stores.optOuts };
  const unrecorded = { history: { append: nothing }, eventKeys: { append: nothing } };
  for (const name of lastOfEachSite(byName)) await processEvent({ name }, { ...finished, ...unrecorded });
}

/** A copy is a site of its own. */
function lastOfEachSite(byName: Map<string, StoredEvent>): Iterable<string> {
  const last = new Map<unknown, string>();
  for (const [name, { kind, payload }] of byName) if (kind !== 'tracking-skipped') last.set(payload.url, name);
  return last.values();
}

type IsErased = Stores['erasures']['isErased'];

/** What was not erased when it was received is not when it was received later. */
function askedOnce(isErased: IsErased): IsErased {
  const kept = new Set<string>();
  return async (event) => {
    const key = event.keys.join();
    if (kept.has(key)) return false;
    const answer = await isErased(event);
    if (!answer) kept.add(key);
    return answer;
  };
}
