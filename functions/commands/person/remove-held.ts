import type { ErasureCounts } from '../../../shared/stores/erasures.ts';
import { EVENT_TABLES, type EventTable } from '../../../shared/stores/site-history.ts';
import { concurrently } from '../concurrently.ts';
import type { Held, HeldStores } from './held-data.ts';

const REMOVALS_AT_ONCE = 32;

/** What was removed, and the tables in which BigQuery still has rows that it refuses to delete. */
export interface Removal {
  removed: ErasureCounts;
  refused: EventTable[];
}

/** Removes what was received until `until`: the raw objects first, then what was made of them. */
export async function removeHeld(
  { objects, latest: documents }: Pick<Held, 'objects' | 'latest'>,
  until: Date,
  { archive, latest, history }: HeldStores,
): Promise<Removal> {
  const removed = noCounts();
  await concurrently(objects, REMOVALS_AT_ONCE, async (name) => {
    if (await archive.remove(name)) removed.archive += 1;
  });
  removed.mongodb = await latest.remove(documents, until);
  const refused: EventTable[] = [];
  for (const table of EVENT_TABLES) {
    const result = await history.remove(table, objects);
    removed.bigquery[table] = result.rows;
    if (result.refused) refused.push(table);
  }
  return { removed, refused };
}

export function noCounts(): ErasureCounts {
  return {
    archive: 0,
    mongodb: { sites: 0, deactivations: 0, optOuts: 0 },
    bigquery: Object.fromEntries(EVENT_TABLES.map((table) => [table, 0])),
  };
}

export function addCounts(one: ErasureCounts, other: ErasureCounts): ErasureCounts {
  return {
    archive: one.archive + other.archive,
    mongodb: addEach(one.mongodb, other.mongodb),
    bigquery: addEach(one.bigquery, other.bigquery),
  };
}

function addEach(one: Record<string, number>, other: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(one).map(([name, count]) => [name, count + (other[name] ?? 0)]));
}
