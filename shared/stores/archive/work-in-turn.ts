import type { StoredEvent } from '../../event/envelope.ts';
import type { Cohorts } from '../../runtime/cohorts.ts';
import { openQueue, type Queue, type QueueLimits } from '../../runtime/queue.ts';
import { type Archive, MAX_OBJECT_BYTES } from './archive.ts';
import { ObjectTooLargeError } from './object-bytes.ts';

/** A report with a thousand plugins is smaller; of such as many are held as an instance works on at once. */
export const MAX_SMALL_BYTES = 64 * 1024;

/** Read and interpreted they take some twenty times their bytes; those that wait are not read yet. */
const LARGE_OBJECTS: QueueLimits = {
  maxRunning: 8,
  maxRunningBytes: 1024 * 1024,
  maxWaiting: 1000,
  maxWaitingBytes: Number.POSITIVE_INFINITY,
};

export interface InTurnStores {
  archive: Pick<Archive, 'read'>;
  /** Of this instance. */
  largeObjects: LargeObjects;
}

/** Lets those that are not small go on when there is room for their bytes. */
export type LargeObjects = Pick<Queue, 'run'>;

export function openLargeObjects(): LargeObjects {
  return openQueue(LARGE_OBJECTS);
}

type Begin = Cohorts['run'];
const atOnce: Begin = (prepare, work) => prepare().then(work);

/**
 * Reads an object and works on its event: a small one at once, or as `begin` says, a large one when there is room for its bytes,
 * for a stranger chooses how many come at the same moment. `work` must not wait for another object of this queue.
 */
export async function workInTurn<T>(
  name: string,
  { archive, largeObjects }: InTurnStores,
  work: (event: StoredEvent | undefined) => Promise<T>,
  begin: Begin = atOnce,
): Promise<T> {
  try {
    // which it is the answer's head says: a message that was sent again tells no size
    return await begin(() => archive.read(name, MAX_SMALL_BYTES), work);
  } catch (error) {
    if (!(error instanceof ObjectTooLargeError)) throw error;
    return largeObjects.run(error.bytes ?? MAX_OBJECT_BYTES, async () => work(await archive.read(name)));
  }
}
