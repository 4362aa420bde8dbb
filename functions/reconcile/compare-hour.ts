import type { Kind } from '../../shared/event/object-name.ts';

/** An object of the archive. */
export interface ArchivedEvent {
  kind: Kind;
  id: string;
  /** The object's. */
  name: string;
}

/** An object, and what is recorded of its event: null is missing. */
export interface Pair<Recorded> {
  object: ArchivedEvent;
  recorded: Recorded | null;
}

/**
 * Pairs the objects of an hour with what is recorded of them. Both come in the order of kind and object's name, and are read once,
 * side by side, so that an hour of a million objects takes no more memory than a page of each. What is recorded and has no object
 * any more (it was erased meanwhile) is passed over.
 */
export async function* compareHour<Recorded extends { kind: Kind; id: string }>(
  objects: AsyncIterable<ArchivedEvent>,
  recorded: AsyncIterable<Recorded>,
): AsyncIterable<Pair<Recorded>> {
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

/** Cloud Storage sorts whole names: `a-b.json` stands before `a.json`, though `a` stands before `a-b`. */
function keyOf({ kind, id }: { kind: string; id: string }): string {
  return `${kind}/${id}.json`;
}
