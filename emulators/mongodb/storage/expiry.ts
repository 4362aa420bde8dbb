import type { Catalog } from './catalog.ts';
import type { Collection, Index } from './collection.ts';
import { readRows } from './query.ts';
import type { Store } from './store.ts';

/** Removes every document whose date in a TTL index is as old as the index allows. */
export function expireDocuments(store: Store, catalog: Catalog, nowMs: number): void {
  for (const collection of catalog.all()) {
    for (const index of collection.indexes) {
      if (index.expireAfterSeconds === undefined) continue;
      const expired = expiredOf(collection, index, nowMs - index.expireAfterSeconds * 1000);
      if (expired.length === 0) continue;
      store.write(() => {
        for (const { id, document } of expired) collection.remove(id, document);
      });
    }
  }
}

function expiredOf(collection: Collection, { fields, document }: Index, limitMs: number) {
  // only dates match, as elsewhere in queries
  const old = { [fields[0]?.field ?? '']: { $lte: new Date(limitMs) } };
  const partial = document.partialFilterExpression;
  return [...readRows(collection, { filter: partial === undefined ? old : { $and: [old, partial] } })];
}
