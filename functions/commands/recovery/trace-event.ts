import { KINDS, type Kind, objectName } from '../../../shared/event/object-name.ts';
import { concurrently } from '../../../shared/runtime/concurrently.ts';
import { PermanentError } from '../../../shared/runtime/errors.ts';
import type { Archive } from '../../../shared/stores/archive/archive.ts';
import type { Erasures } from '../../../shared/stores/erasures.ts';
import type { EventPlaces, EventRow } from '../../../shared/stores/history/event-places.ts';
import type { OptOuts } from '../../../shared/stores/sites/opt-outs.ts';
import { type Sites, siteKey } from '../../../shared/stores/sites/sites.ts';
import type { Unclaimed } from '../../../shared/stores/sites/unclaimed.ts';

export interface TraceStores {
  archive: Pick<Archive, 'read'>;
  places: EventPlaces;
  sites: Pick<Sites, 'lastSeen'>;
  optOuts: Pick<OptOuts, 'stamps'>;
  unclaimed: Pick<Unclaimed, 'find'>;
  erasures: Pick<Erasures, 'isErased' | 'pending'>;
}

/** Where an event is. Names no address, and nothing of the payload. */
export interface EventTrace {
  eventId: string;
  kind: Kind;
  /** ISO 8601; the beginning of its hour where nothing tells more. */
  receivedAt: string;
  object: { name: string; exists: boolean };
  rows: Pick<EventRow, 'table' | 'processedAt' | 'reason' | 'field'>[];
  /** The site that its rows name; `folded`: MongoDB has the event, or a later one of the site. */
  site: { key: string; lastSeenAt: string | null; folded: boolean } | null;
  optOut: { folded: boolean } | null;
  /** The md5 of the site for which it waits. */
  waitsFor: string | null;
  /** `pending`: its object is still to be removed. */
  erasure: 'none' | 'pending' | 'done';
}

const HOUR_MS = 3_600_000;
/** How far back an event is looked for in the archive that is in no other store. */
const SEARCHED_HOURS = 48;
const READS_AT_ONCE = 32;

/** undefined: it is nowhere. */
export async function traceEvent(
  eventId: string,
  around: Date | undefined,
  now: Date,
  stores: TraceStores,
): Promise<EventTrace | undefined> {
  const [first, last] = around ? [around.getTime() - HOUR_MS, around.getTime() + HOUR_MS] : [0, now.getTime()];
  const rows = await stores.places.rowsOf(eventId, hourOf(first), new Date(hourOf(last).getTime() + HOUR_MS));
  const waiting = await stores.unclaimed.find(eventId);
  const earliest = around ? first : now.getTime() - SEARCHED_HOURS * HOUR_MS;
  const place =
    rows[0] ??
    (waiting && { kind: 'deactivate' as const, receivedAt: waiting.receivedAt }) ??
    (await searchArchive(eventId, hourOf(earliest), last, stores));
  if (place === undefined) return undefined;
  const { kind, receivedAt } = place;
  const name = objectName(kind, receivedAt, eventId);
  const exists = await isThere(name, stores);
  return {
    eventId,
    kind,
    receivedAt,
    object: { name, exists },
    rows: shownRows(rows),
    site: await siteOf(rows, receivedAt, stores),
    optOut: await optOutOf(rows, `${receivedAt}/${eventId}`, stores),
    waitsFor: waiting?.urlMd5 ?? null,
    erasure: (await isErased(rows, name, receivedAt, stores)) ? (exists ? 'pending' : 'done') : 'none',
  };
}

function hourOf(ms: number): Date {
  return new Date(Math.floor(ms / HOUR_MS) * HOUR_MS);
}

async function isThere(name: string, { archive }: Pick<TraceStores, 'archive'>): Promise<boolean> {
  try {
    return (await archive.read(name)) !== undefined;
  } catch (error) {
    if (error instanceof PermanentError) return true;
    throw error;
  }
}

/** An event's id does not tell its hour: so its name in each hour is asked for. */
async function searchArchive(eventId: string, from: Date, to: number, stores: TraceStores) {
  const candidates: { kind: Kind; receivedAt: string }[] = [];
  for (let hour = hourOf(to).getTime(); hour >= from.getTime(); hour -= HOUR_MS) {
    for (const kind of KINDS) candidates.push({ kind, receivedAt: new Date(hour).toISOString() });
  }
  let found: { kind: Kind; receivedAt: string } | undefined;
  await concurrently(candidates, READS_AT_ONCE, async (candidate) => {
    if (found !== undefined) return;
    const { kind, receivedAt } = candidate;
    if (await isThere(objectName(kind, receivedAt, eventId), stores)) found = candidate;
  });
  return found;
}

/** Of the index one row for its many keys. */
function shownRows(rows: EventRow[]): EventTrace['rows'] {
  const shown = rows.map(({ table, processedAt, reason, field }) => ({ table, processedAt, reason, field }));
  return [...new Map(shown.map((row) => [JSON.stringify(row), row])).values()];
}

async function siteOf(rows: EventRow[], receivedAt: string, { sites }: TraceStores): Promise<EventTrace['site']> {
  const row = rows.find(({ projectHash, site }) => projectHash !== null && site !== null);
  if (row === undefined) return null;
  const key = siteKey(row.projectHash as string, row.site as string);
  const lastSeenAt = (await sites.lastSeen([key])).get(key)?.toISOString() ?? null;
  return { key, lastSeenAt, folded: lastSeenAt !== null && lastSeenAt >= receivedAt };
}

async function optOutOf(rows: EventRow[], stamp: string, { optOuts }: TraceStores): Promise<EventTrace['optOut']> {
  const row = rows.find(({ table, urlMd5 }) => table === 'tracking_skips' && urlMd5 !== null);
  if (row === undefined) return null;
  const key = siteKey(row.projectHash as string, row.urlMd5 as string);
  return { folded: ((await optOuts.stamps([key])).get(key) ?? '') >= stamp };
}

async function isErased(
  rows: EventRow[],
  name: string,
  receivedAt: string,
  { erasures }: TraceStores,
): Promise<boolean> {
  if (rows.some(({ reason }) => reason === 'erased')) return true;
  const keys = rows.map(({ key }) => key).filter((key) => key !== null);
  if (await erasures.isErased({ keys, receivedAt })) return true;
  return (await erasures.pending()).some(({ pending, late = [] }) =>
    [...(pending?.objects ?? []), ...late].includes(name),
  );
}
