/** Counts of the minute at hand, of which a line is told once it is over. */
export interface MinuteCounts<T> {
  /** Of this minute; an earlier one is told before. */
  turn(): T;
  /** Of the minute that was turned to last, even when it is over. */
  counts(): T;
  /** Tells what was counted so far. */
  flush(): void;
}

const MINUTE_MS = 60_000;

/**
 * A minute is told by whatever comes in a later one, for an instance that serves nobody has no CPU for a timer; the last by
 * `flush`.
 */
export function countByMinute<T>({
  now,
  open,
  tell,
}: {
  now: () => Date;
  open: () => T;
  tell: (counts: T) => void;
}): MinuteCounts<T> {
  const minuteOf = (time: Date) => Math.floor(time.getTime() / MINUTE_MS);
  let [minute, counts] = [minuteOf(now()), open()];
  const flush = () => {
    tell(counts);
    [minute, counts] = [minuteOf(now()), open()];
  };
  return {
    turn: () => {
      if (minuteOf(now()) !== minute) flush();
      return counts;
    },
    counts: () => counts,
    flush,
  };
}

/** How often each key came. */
export interface KeyCounts {
  /** The key's count with this one, or `times` of it; beyond MAX_KEYS keys a new one is not counted, and 0. */
  add(key: string, times?: number): number;
  /** How many keys. */
  size(): number;
  /** The highest count of a key. */
  most(): number;
}

/** Keys that are counted at once: who sends them can make up any number. */
export const MAX_KEYS = 10_000;

export function openKeyCounts(): KeyCounts {
  const counts = new Map<string, number>();
  let most = 0;
  return {
    add: (key, times = 1) => {
      const count = counts.get(key);
      if (count === undefined && counts.size >= MAX_KEYS) return 0;
      const next = (count ?? 0) + times;
      counts.set(key, next);
      most = Math.max(most, next);
      return next;
    },
    size: () => counts.size,
    most: () => most,
  };
}
