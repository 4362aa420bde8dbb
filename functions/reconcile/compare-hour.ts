import type { Kind } from '../../shared/event/object-name.ts';
import type { RecordedEvent } from '../../shared/stores/history/recorded-events.ts';

/** An object of the archive. */
export interface ArchivedEvent {
  kind: Kind;
  id: string;
  /** The object's. */
  name: string;
}

/** An object, and what BigQuery has of its event; null: nothing. */
export interface Pair {
  object: ArchivedEvent;
  recorded: RecordedEvent | null;
}

/**
 * Pairs the objects of an hour with what is recorded of them. Both come in the order of kinds and objects' names, and are read
 * once, side by side, so that an hour of a million objects takes no more memory than a page of each. What is recorded and has
 * no object any more (it was erased meanwhile) is passed over.
 */
export async function* compareHour(
  objects: AsyncIterable<ArchivedEvent>,
  recorded: AsyncIterable<RecordedEvent>,
): AsyncIterable<Pair> {
  const others = recorded[Symbol.asyncIterator]();
  try {
    let other = await others.next();
    for await (const object of objects) {
      while (!other.done && orderOf(other.value) < orderOf(object)) other = await others.next();
      const isRecorded = !other.done && orderOf(other.value) === orderOf(object);
      yield { object, recorded: isRecorded ? other.value : null };
    }
  } finally {
    await others.return?.();
  }
}

/** Of two ids one can begin the other: then the ending of the names decides. A kind holds no slash. */
function orderOf({ kind, id }: Pick<ArchivedEvent, 'kind' | 'id'>): string {
  return `${kind}/${id}.json`;
}
