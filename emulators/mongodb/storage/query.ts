import { compileFilter } from '../filters/filter.ts';
import { sortDocuments } from '../values/sort.ts';
import { type Document, decode, type Value } from '../values/values.ts';
import { clausesOf } from './bounds.ts';
import type { Collection, StoredRecord } from './collection.ts';
import { recordIdOf } from './index-entries.ts';
import { type Plan, planQuery } from './plan.ts';

/** A document that a query found, decoded when first asked for. */
export class Row implements StoredRecord {
  readonly id: number;
  readonly bytes: Buffer;
  #document: Document | undefined;

  constructor({ id, bytes }: StoredRecord) {
    this.id = id;
    this.bytes = bytes;
  }

  get document(): Document {
    this.#document ??= decode(this.bytes);
    return this.#document;
  }

  /** Drops the decoded document, which takes many times the memory of its bytes. */
  forget(): void {
    this.#document = undefined;
  }
}

export interface Query {
  filter: Document;
  sort?: Value;
  skip?: number;
  /** 0: all. */
  limit?: number;
  /** Nothing of a row is looked at once the next is asked for. */
  fleeting?: boolean;
}

/** The rows that match, in the order asked for. Read on after a write, it goes on from where it was. */
export function* readRows(collection: Collection, query: Query): Generator<Row> {
  const plan = planQuery(collection, query.filter, query.sort);
  const { skip = 0, limit = 0 } = query;
  // what the plan finds is just what is wanted: the skipped documents need not be read
  const skipsUnread = plan.exact && plan.sorted;
  const matching = matchingRows(collection, query, plan, skipsUnread ? skip : 0);
  const rows = plan.sorted ? matching : sortRows(matching, query.sort);
  const start = skipsUnread ? 0 : skip;
  const end = limit === 0 ? Number.POSITIVE_INFINITY : start + limit;
  let at = 0;
  for (const row of rows) {
    at += 1;
    if (at > start) yield row;
    if (at >= end) return;
  }
}

function* matchingRows(collection: Collection, query: Query, plan: Plan, skip: number): Generator<Row> {
  const matches = compileFilter(query.filter);
  const all = clausesOf(query.filter).length === 0;
  for (const record of recordsOf(collection, plan, skip, query.fleeting === true && plan.sorted)) {
    const row = new Row(record);
    if (all || plan.exact || matches(row.document)) yield row;
  }
}

/** The records that the plan leads to, each once, without the first `skip`. */
function* recordsOf(collection: Collection, plan: Plan, skip: number, fleeting: boolean): Generator<StoredRecord> {
  let passed = 0;
  const seen = plan.index?.multikey ? new Set<number>() : undefined;
  for (const key of keysOf(collection, plan)) {
    const id = recordIdOf(key);
    if (seen?.has(id)) continue;
    seen?.add(id);
    passed += 1;
    if (passed <= skip) continue;
    const bytes = collection.read(id, fleeting);
    if (bytes) yield { id, bytes };
  }
}

function* keysOf(collection: Collection, { index, ranges, reverse }: Plan): Generator<Buffer> {
  if (!index) yield* collection.scan(collection.rangeOf(0), reverse);
  else for (const range of reverse ? ranges.toReversed() : ranges) yield* collection.scan(range, reverse);
}

function sortRows(rows: Iterable<Row>, sort: Value): Row[] {
  return sortDocuments(rows, sort, (row) => {
    const { document } = row;
    row.forget();
    return document;
  });
}

/** How many documents match; from the index alone where it can tell. */
export function countRows(collection: Collection, query: Query): number {
  const { skip = 0, limit = 0 } = query;
  const plan = planQuery(collection, query.filter, undefined);
  let total = 0;
  if (plan.exact) {
    total = plan.index ? plan.ranges.reduce((sum, range) => sum + collection.countKeys(range), 0) : collection.count;
  } else {
    for (const _ of matchingRows(collection, query, plan, 0)) total += 1;
  }
  const rest = Math.max(0, total - skip);
  return limit === 0 ? rest : Math.min(rest, limit);
}
