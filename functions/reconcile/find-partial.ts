import { batchesOf } from '../../shared/runtime/batches-of.ts';
import { PermanentError } from '../../shared/runtime/errors.ts';
import { type InTurnStores, openLargeObjects, workInTurn } from '../../shared/stores/archive/work-in-turn.ts';
import type { Pair } from './compare-hour.ts';

/** How many objects are read at once. */
const READS_AT_ONCE = 32;

/**
 * The deactivations that lack the row in `sites` that they must have. Which of them must is only in the objects: client 1.2.3
 * sent no report along. Its deactivations are few, and so are these reads.
 */
export async function findPartial(pairs: Pair[], { archive }: Pick<InTurnStores, 'archive'>): Promise<Pair[]> {
  const doubtful = pairs.filter(({ recorded }) => recorded?.record === 'without report');
  const partial: Pair[] = [];
  const stores = { archive, largeObjects: openLargeObjects() };
  for (const some of batchesOf(doubtful, READS_AT_ONCE)) {
    const reports = await Promise.all(some.map(({ object }) => hasReport(object.name, stores)));
    partial.push(...some.filter((_, index) => reports[index]));
  }
  return partial;
}

async function hasReport(object: string, stores: InTurnStores): Promise<boolean> {
  try {
    return await workInTurn(object, stores, async (event) => event?.payload.url !== undefined);
  } catch (error) {
    if (error instanceof PermanentError) return false;
    throw error;
  }
}
