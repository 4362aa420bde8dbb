import type { Collection, Document, Filter } from 'mongodb';

/** Where a page ended: the values by which its list is ordered. Whoever hands it out says of which filter it is. */
export type Position = (string | number | Date)[];

export interface ListPage<T> {
  rows: T[];
  /** Where the next page begins; null at the end of the list. */
  next: Position | null;
  /** false: as many documents as a page may were looked at, and there are more. Such a page is short, and not the end. */
  complete: boolean;
  lookedAt: number;
}

export interface PageRequest {
  /** Of the page before. */
  after?: Position | undefined;
  /** From 1 to MAX_LIMIT. */
  limit: number;
  /** The other end of the list first. */
  reverse?: boolean | undefined;
}

/** What a page holds at most; whoever asks for a person asks for 200. */
export const MAX_LIMIT = 1000;
/** So many documents a page looks at, whatever it finds. */
export const MAX_LOOKED_AT = 5000;
const CHUNK = 500;
/** Where few match, the next chunk is so many times what was looked at. */
const GROWTH = 3;
/** Where one in so many matches, it is cheaper to read all of each at once than those that match twice. */
const OFTEN = 4;

/** Throws RangeError. */
export function checkLimit({ limit }: PageRequest): void {
  if (!(limit >= 1 && limit <= MAX_LIMIT)) throw new RangeError(`a page has 1 to ${MAX_LIMIT} rows`);
}

/** One range of an index, or several that are merged: what gives a list its documents, and their order. */
export interface Driver {
  /** What the fields of the index before those of the order are; of each of the ranges. */
  equal: Document[];
  /** The fields of the index that come then, the last one unique. */
  order: [field: string, direction: 1 | -1][];
  /** Bounds of the first field of the order. */
  range?: Bounds;
}

interface Bounds {
  $gt?: unknown;
  $gte?: unknown;
  $lt?: unknown;
}

export interface ListQuery<T> {
  driver: Driver;
  /** Which of the fields a row comes with, those of the order among them. */
  projection: Document;
  /** Those of them that `matches` and the order need; absent: all. Looking at many is as dear as what they come with. */
  checked?: Document;
  /** What the driver says nothing of; with `checked`, all that has to hold. */
  matches: (document: T) => boolean;
}

/**
 * Reads a page. Every query is one range of the driver's index, so that what a list costs is what it looks at. In an order that
 * a document keeps, what matches all along comes once; where several ranges are merged, but for one that changes ranges while
 * its page is read. Throws RangeError for a position that lies outside of the driver's range: nobody was given it, and behind
 * it are the documents of others.
 */
export async function readPage<T extends { _id: string }>(
  collection: Collection<T>,
  query: ListQuery<T>,
  { after, limit, reverse = false }: PageRequest,
): Promise<ListPage<T>> {
  const { driver, matches } = query;
  if (after !== undefined) checkPosition(after, driver);
  const order = driver.order.map(([field, direction]): Driver['order'][0] => [
    field,
    reverse ? flip(direction) : direction,
  ]);
  const found: T[] = [];
  let lookedAt = 0;
  let last: T | undefined;
  const { projection, checked = projection } = query;
  const areAll = () => checked === projection || found.length * OFTEN >= lookedAt;
  const fields: Fields<T> = { projection, checked, areAll, whole: new Set() };
  const streams = driver.equal.map((equal): Stream<T> => {
    const range = { equal, order, range: driver.range ?? {} };
    return { chunks: chunksOf(collection, range, fields, after, limit + 1), chunk: [], at: 0 };
  });
  const pageTo = async (next: Position | null, complete: boolean): Promise<ListPage<T>> => {
    return { rows: await rowsOf(collection, query, found, fields.whole), next, complete, lookedAt };
  };
  await Promise.all(streams.map(readOn));
  for (;;) {
    const stream = firstOf(streams, order);
    const document = stream?.chunk[stream.at];
    if (stream === undefined || document === undefined) return pageTo(null, true);
    // of two states of one document the first counts
    if (document._id !== last?._id) {
      if (last !== undefined && (found.length === limit || lookedAt === MAX_LOOKED_AT)) {
        return pageTo(positionOf(last, order), found.length === limit);
      }
      lookedAt += 1;
      last = document;
      if (matches(document)) found.push(document);
    }
    stream.at += 1;
    if (stream.at === stream.chunk.length) await readOn(stream);
  }
}

/** What was found, with all fields; without what was erased, or has ceased to match, since it was looked at. */
async function rowsOf<T extends { _id: string }>(
  collection: Collection<T>,
  { projection, matches }: ListQuery<T>,
  found: T[],
  whole: Set<T>,
): Promise<T[]> {
  const ids = found.filter((row) => !whole.has(row)).map(({ _id }) => _id);
  if (ids.length === 0) return found;
  const rest = await collection
    .find({ _id: { $in: ids } } as Filter<T>, { projection, batchSize: ids.length })
    .toArray();
  const restOf = new Map((rest as unknown as T[]).filter(matches).map((row) => [row._id, row]));
  return found.flatMap((row) => (whole.has(row) ? row : (restOf.get(row._id) ?? [])));
}

function checkPosition(position: Position, { order, range: { $gt, $gte, $lt } = {} }: Driver): void {
  const [first] = position;
  const isWithin =
    position.length === order.length &&
    ($gt === undefined || compare(first, $gt) > 0) &&
    ($gte === undefined || compare(first, $gte) >= 0) &&
    ($lt === undefined || compare(first, $lt) < 0);
  if (!isWithin) throw new RangeError('the position is not one of this list');
}

function flip(direction: 1 | -1): 1 | -1 {
  return direction === 1 ? -1 : 1;
}

interface Range extends Required<Pick<Driver, 'order' | 'range'>> {
  equal: Document;
}

/** Whether what is read next comes with all fields, and what came so. */
interface Fields<T> extends Required<Pick<ListQuery<T>, 'projection' | 'checked'>> {
  areAll: () => boolean;
  whole: Set<T>;
}

/** The documents of a range in their order. Nothing is awaited for a single one: that costs more than all that is done with it. */
interface Stream<T> {
  chunks: AsyncGenerator<T[]>;
  /** Empty at the end. */
  chunk: T[];
  at: number;
}

async function readOn<T>(stream: Stream<T>): Promise<void> {
  const { value } = await stream.chunks.next();
  stream.chunk = value ?? [];
  stream.at = 0;
}

async function* chunksOf<T extends Document>(
  collection: Collection<T>,
  range: Range,
  { projection, checked, areAll, whole }: Fields<T>,
  after: Position | undefined,
  first: number,
): AsyncGenerator<T[]> {
  for (let [at, size, looked] = [after, first, 0]; ; looked += size) {
    const all = areAll();
    if (looked > 0) size = all ? CHUNK : Math.max(CHUNK, Math.min(GROWTH * looked, MAX_LOOKED_AT + 1 - looked));
    const chunk = await readChunk(collection, range, { projection: all ? projection : checked, after: at, size });
    if (all) for (const document of chunk) whole.add(document);
    yield chunk;
    const last = chunk.at(-1);
    if (last === undefined || chunk.length < size) return;
    at = positionOf(last, range.order);
  }
}

async function readChunk<T extends Document>(
  collection: Collection<T>,
  { equal, order, range }: Range,
  { projection, after, size }: { projection: Document; after: Position | undefined; size: number },
): Promise<T[]> {
  const chunk: T[] = [];
  for (const filter of filtersAfter(order, range, after)) {
    const rest = size - chunk.length;
    if (rest === 0) break;
    const found = collection
      .find({ ...equal, ...filter } as Filter<T>, { projection })
      .sort(Object.fromEntries(order))
      .limit(rest)
      .batchSize(rest);
    chunk.push(...((await found.toArray()) as unknown as T[]));
  }
  return chunk;
}

/** What comes after a position, in the list's order, each a range of the index: the rest of the ties, and then all else. */
export function filtersAfter(order: Driver['order'], range: Bounds, after: Position | undefined): Document[] {
  const [[field, direction], ...others] = order as [Driver['order'][0], ...Driver['order']];
  if (after === undefined) return [Object.keys(range).length === 0 ? {} : { [field]: range }];
  const [value, ...rest] = after;
  const { $gt, $gte, $lt } = range;
  const beyond =
    direction === 1
      ? { ...($lt !== undefined && { $lt }), $gt: value }
      : { ...($gt !== undefined && { $gt }), ...($gte !== undefined && { $gte }), $lt: value };
  if (others.length === 0) return [{ [field]: beyond }];
  const ties = filtersAfter(others, {}, rest).map((filter) => ({ [field]: value, ...filter }));
  return [...ties, { [field]: beyond }];
}

function positionOf(document: Document, order: Driver['order']): Position {
  return order.map(([field]) => document[field]);
}

/** The stream whose next document is the first of all; undefined at the end of all. */
function firstOf<T extends Document>(streams: Stream<T>[], order: Driver['order']): Stream<T> | undefined {
  let first: { stream: Stream<T>; head: T } | undefined;
  for (const stream of streams) {
    const head = stream.chunk[stream.at];
    if (head !== undefined && (first === undefined || isBefore(head, first.head, order))) first = { stream, head };
  }
  return first?.stream;
}

function isBefore(one: Document, other: Document, order: Driver['order']): boolean {
  for (const [field, direction] of order) {
    const difference = compare(one[field], other[field]) * direction;
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/** As MongoDB does: texts by their bytes, which code units do not sort as. NaN for values that are not alike. */
function compare(one: unknown, other: unknown): number {
  if (typeof one === 'string' && typeof other === 'string') return Buffer.compare(Buffer.from(one), Buffer.from(other));
  return Number(one) - Number(other);
}
