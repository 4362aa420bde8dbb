/** Several callers' items in one commit. */
export interface GroupCommit<T> {
  /** Resolves once a commit with the item is done; rejects with that commit's failure, or with the item's own. */
  add(item: T): Promise<void>;
}

/**
 * `commit` gives the items that failed alone, each with its error. While a commit is under way the items that arrive wait together, and go in the next one, at most `maxItems` of them and of `maxSize` together (one alone may be larger): a
 * lone item waits for nobody, and under load each request costs a fraction of a call.
 */
export function groupCommit<T>(
  commit: (items: T[]) => Promise<ReadonlyMap<T, unknown>>,
  { maxItems, maxSize, sizeOf }: { maxItems: number; maxSize: number; sizeOf: (item: T) => number },
): GroupCommit<T> {
  let waiting: { item: T; size: number; resolve: () => void; reject: (error: unknown) => void }[] = [];
  let running = false;
  const fitting = () => {
    let size = 0;
    const over = waiting.findIndex((one, index) => {
      size += one.size;
      return index === maxItems || (index > 0 && size > maxSize);
    });
    return over === -1 ? waiting.length : over;
  };
  const run = async () => {
    running = true;
    while (waiting.length > 0) {
      const count = fitting();
      const group = waiting.slice(0, count);
      waiting = waiting.slice(count);
      try {
        const failures = await commit(group.map(({ item }) => item));
        for (const { item, resolve, reject } of group) failures.has(item) ? reject(failures.get(item)) : resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    running = false;
  };
  return {
    add: (item) =>
      new Promise((resolve, reject) => {
        waiting.push({ item, size: sizeOf(item), resolve, reject });
        if (!running) void run();
      }),
  };
}
