import { hourPrefix, KINDS, type Kind, parseObjectName } from '../../../shared/event/object-name.ts';
import { payloadHash } from '../../../shared/report/interpret.ts';
import { inBatches } from '../../../shared/runtime/batches-of.ts';
import { PermanentError, type RejectionReason } from '../../../shared/runtime/errors.ts';
import type { Archive } from '../../../shared/stores/archive/archive.ts';
import type { RecordedEvent, RecordedEvents } from '../../../shared/stores/history/recorded-events.ts';
import type { RejectionsReader } from '../../../shared/stores/history/rejections-reader.ts';
import { attribute, type Sources } from '../../../shared/stores/sites/attribution.ts';
import { type ArchivedEvent, compareHour } from '../../reconcile/compare-hour.ts';

/** `missing`: what BigQuery has nowhere, or not every row of; `rejected`: what is in no history, for a reason that is recorded. */
export const ONLY = ['all', 'missing', 'rejected'] as const;
export type Only = (typeof ONLY)[number];

/** Which objects of the archive are meant. */
export interface Selection {
  /** Beginnings of hours: an object's name tells no more of its time. */
  from: Date;
  to: Date;
  only: Only;
  kind?: Kind | undefined;
  projectHash?: string | undefined;
  /** Of `rejected` alone. */
  reason?: RejectionReason | undefined;
  exceptProjects?: string[] | undefined;
  /** An object's name: only what comes after it. */
  after?: string | undefined;
  /** Beginnings of hours, in milliseconds: just these. */
  hours?: ReadonlySet<number> | undefined;
}

export interface SelectionStores extends Sources {
  archive: Pick<Archive, 'list' | 'read'>;
  recorded: Pick<RecordedEvents, 'between'>;
  rejections: Pick<RejectionsReader, 'hours' | 'ofHour'>;
}

export const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * The names of the selected objects, hour by hour, in an hour in their own order: always the same one, so that whoever is
 * interrupted can go on after a name. Holds a page of a listing and one of a query at a time.
 */
export async function* selectObjects(selection: Selection, stores: SelectionStores): AsyncIterable<string> {
  const names = selectedBy(startedAfter(selection), stores);
  const { projectHash, only } = selection;
  // the rejections have the project in their rows
  yield* projectHash === undefined || only === 'rejected' ? names : ofProject(names, projectHash, stores);
}

function startedAfter(selection: Selection): Selection {
  const hour = parseObjectName(selection.after ?? '')?.hour;
  return hour !== undefined && hour > selection.from ? { ...selection, from: hour } : selection;
}

async function* selectedBy(selection: Selection, stores: SelectionStores): AsyncIterable<string> {
  const { only, after } = selection;
  const afterHour = parseObjectName(after ?? '')?.hour.getTime();
  for await (const { hour, objects } of hoursOf(selection, stores)) {
    for await (const { object, recorded } of compareHour(objects, known(hour, selection, stores))) {
      const isMissing = recorded === null || recorded.record === 'part';
      const isWanted = only === 'all' || isMissing === (only === 'missing');
      const isPast = hour.getTime() === afterHour && object.name <= (after as string);
      if (isWanted && !isPast) yield object.name;
    }
  }
}

async function* known(
  hour: Date,
  selection: Selection,
  { recorded, rejections }: SelectionStores,
): AsyncIterable<RecordedEvent> {
  if (selection.only === 'missing') yield* recorded.between(hour, new Date(hour.getTime() + HOUR_MS));
  if (selection.only === 'rejected') yield* rejections.ofHour(hour, selection);
}

interface Hour {
  hour: Date;
  objects: AsyncIterable<ArchivedEvent>;
}

/** The hours in which there are objects. */
async function* hoursOf(selection: Selection, { archive, rejections }: SelectionStores): AsyncIterable<Hour> {
  const kinds = selection.kind === undefined ? [...KINDS].sort() : [selection.kind];
  const stretches =
    selection.only === 'rejected'
      ? (await rejections.hours(selection)).map((hour) => ({ hours: [hour], prefixOf: prefixOfHour(hour) }))
      : stretchesOf(selection);
  for (const { hours, prefixOf } of stretches) {
    const readers = kinds.map((kind) => openReader(archive.list(prefixOf(kind))));
    for (const hour of hours) {
      if (selection.hours?.has(hour.getTime()) === false) continue;
      const filled = [];
      for (const reader of readers) if (await reader.has(hour)) filled.push(reader);
      if (filled.length > 0) yield { hour, objects: inTurn(filled.map((reader) => reader.take(hour))) };
    }
  }
}

interface Stretch {
  hours: Date[];
  prefixOf: (kind: Kind) => string;
}

const prefixOfHour = (hour: Date) => (kind: Kind) => hourPrefix(kind, hour);
/** `<kind>/YYYY/MM/DD/` */
const prefixOfDay = (day: Date) => (kind: Kind) => hourPrefix(kind, day).slice(0, -'HH/'.length);

/** Whole days are listed as such: most hours of a small system are empty, and each listing is a call. */
function* stretchesOf({ from, to }: Selection): Iterable<Stretch> {
  for (let start = from.getTime(); start < to.getTime(); ) {
    const isDay = start % DAY_MS === 0 && start + DAY_MS <= to.getTime();
    const count = isDay ? 24 : 1;
    const first = new Date(start);
    const hours = Array.from({ length: count }, (_, n) => new Date(start + n * HOUR_MS));
    yield { hours, prefixOf: (isDay ? prefixOfDay : prefixOfHour)(first) };
    start += count * HOUR_MS;
  }
}

/** Reads names that are in the order of their hours, an hour at a time. */
function openReader(names: AsyncIterable<string>) {
  const iterator = names[Symbol.asyncIterator]();
  let head: (ArchivedEvent & { hour: Date }) | null | undefined;
  const advance = async () => {
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      const parsed = parseObjectName(next.value);
      if (parsed === undefined) continue;
      head = { ...parsed, name: next.value };
      return;
    }
    head = null;
  };
  const has = async (hour: Date) => {
    if (head === undefined) await advance();
    while (head && head.hour < hour) await advance();
    return head?.hour.getTime() === hour.getTime();
  };
  return {
    has,
    async *take(hour: Date): AsyncIterable<ArchivedEvent> {
      while (await has(hour)) {
        yield head as ArchivedEvent;
        await advance();
      }
    },
  };
}

async function* inTurn<T>(parts: AsyncIterable<T>[]): AsyncIterable<T> {
  for (const part of parts) yield* part;
}

const READS_AT_ONCE = 32;

/** Reads each object: what names a project, and what names none and is from a site that this project alone knows. */
async function* ofProject(
  names: AsyncIterable<string>,
  projectHash: string,
  stores: SelectionStores,
): AsyncIterable<string> {
  for await (const batch of inBatches(names, READS_AT_ONCE)) {
    const own = await Promise.all(batch.map((name) => isOf(projectHash, name, stores)));
    yield* batch.filter((_, index) => own[index]);
  }
}

async function isOf(projectHash: string, name: string, stores: SelectionStores): Promise<boolean> {
  try {
    const event = await stores.archive.read(name);
    if (event === undefined) return false;
    const hash = payloadHash(event.payload) ?? (await attribute(event, stores)).project?.hash;
    return hash === projectHash;
  } catch (error) {
    if (error instanceof PermanentError) return false;
    throw error;
  }
}
