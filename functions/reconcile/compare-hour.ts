import type { Kind } from '../../shared/event/object-name.ts';
import type { RecordedEvent } from '../../shared/stores/recorded-events.ts';

/** An object of the archive. */
export interface ArchivedEvent {
  kind: Kind;
  id: string;
  /** The object's. */
  name: string;
}

/** An object, and what BigQuery has of its event: null is missing. */
export interface Pair {
  object: ArchivedEvent;
  recorded: RecordedEvent | null;
}

/**
 * Pairs the objects of an hour with what is recorded of them. Both come in the order of kind and id, and are read once, side by
 * side, so that an hour of a million objects takes no more memory than a page of each. What is recorded and has no object
 * any more (it was erased meanwhile) is passed over.
 */
export async function* compareHour(
  objects: AsyncIterable<ArchivedEvent>,
  recorded: AsyncIterable<RecordedEvent>,
): AsyncIterable<Pair> {
  const others = recorded[Symbol.asyncIterator]();
  try {
    let other = await others.next();
    for await (const object of objects) {
      while (!other.done && keyOf(other.value) < keyOf(object)) other = await others.next();
      const isRecorded = !other.done && keyOf(other.value) === keyOf(object);
      yield { object, recorded: isRecorded ? other.value : null };
    }
  } finally {
    await others.return?.();
  }
}

/** Sorts as BigQuery sorts kind and id one after the other: no kind holds a NUL. */
function keyOf({ kind, id }: { kind: string; id: string }): string {
  return `${kind}\u0000${id}`;
}
