import type { Document } from '../values/values.ts';
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

function expiredOf(collection: Collection, { name, fields, partial }: Index, limitMs: number) {
  const field = fields[0]?.field ?? '';
  // only dates match, as elsewhere in queries
  const filter: Document = { [field]: { $lte: new Date(limitMs) } };
  const rows = readRows(collection, partial ? { filter, variables: {} } : { filter, hint: name, variables: {} });
  return [...rows].filter(({ document }) => partial?.(document) ?? true);
}
