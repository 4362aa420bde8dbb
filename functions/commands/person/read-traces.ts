import { KINDS, parseObjectName } from '../../../shared/event/object-name.ts';
import { type Traces, tracesOf } from '../../../shared/report/event-keys.ts';
import { concurrently } from '../../../shared/runtime/concurrently.ts';
import { PermanentError } from '../../../shared/runtime/errors.ts';
import type { Archive } from '../../../shared/stores/archive/archive.ts';
import type { Terminal } from '../terminal.ts';

const READS_AT_ONCE = 32;

/** The traces of objects, each of which is read once. */
export interface ReadTraces {
  /** What an object was found to say; null: nothing, for it is gone or cannot be read. */
  of: ReadonlyMap<string, Traces | null>;
  /** Whether an object was there when it was read, and was not removed since. */
  isThere(object: string): boolean;
  read(objects: Iterable<string>): Promise<void>;
  /** Reads every object of these hours, and keeps what `isWanted`. */
  readHours(hours: Date[], isWanted: (traces: Traces) => boolean): Promise<void>;
  noteRemoved(objects: string[]): void;
}

export function openTraces(archive: Pick<Archive, 'list' | 'read'>, terminal: Terminal): ReadTraces {
  const traces = new Map<string, Traces | null>();
  const there = new Set<string>();
  const readOne = async (object: string) => {
    try {
      const event = await archive.read(object);
      return { isThere: event !== undefined, found: event === undefined ? null : tracesOf(event) };
    } catch (error) {
      if (error instanceof PermanentError) return { isThere: true, found: null };
      throw error;
    }
  };
  const note = (object: string, { isThere, found }: Awaited<ReturnType<typeof readOne>>) => {
    traces.set(object, found);
    if (isThere) there.add(object);
  };
  return {
    of: traces,
    isThere: (object) => there.has(object),
    read: async (objects) => {
      const unread = [...new Set(objects)].filter((object) => !traces.has(object));
      await concurrently(unread, READS_AT_ONCE, async (object) => note(object, await readOne(object)));
    },
    readHours: async (hours, isWanted) => {
      if (hours.length === 0) return;
      terminal.note(`reading ${hours.length} hours of the archive as a whole: an earlier version worked on them`);
      const progress = terminal.progress('reading the archive');
      let [listed, read] = [0, 0];
      const counted = countedNames(archive, hours, () => {
        listed += 1;
      });
      await concurrently(counted, READS_AT_ONCE, async (object) => {
        const outcome = await readOne(object);
        if (outcome.found !== null && isWanted(outcome.found)) note(object, outcome);
        read += 1;
        progress.update(read, listed);
      }).finally(() => progress.end());
    },
    noteRemoved: (objects) => {
      for (const object of objects) there.delete(object);
    },
  };
}

/** Listed by the day, for a page of names costs as much as a read. */
async function* countedNames(archive: Pick<Archive, 'list'>, hours: Date[], count: () => void): AsyncIterable<string> {
  const wanted = new Set(hours.map((hour) => hour.getTime()));
  const days = new Set(hours.map((hour) => hour.toISOString().slice(0, 10).replaceAll('-', '/')));
  for (const day of days) {
    for (const kind of KINDS) {
      for await (const name of archive.list(`${kind}/${day}/`)) {
        if (!wanted.has(parseObjectName(name)?.hour.getTime() ?? Number.NaN)) continue;
        count();
        yield name;
      }
    }
  }
}
