/** How much one call takes; one item alone may be larger than `maxSize`. */
export interface GroupLimits<T> {
  maxItems: number;
  maxSize: number;
  sizeOf: (item: T) => number;
}

/** What became of one of a group's items. */
export type Outcome<R> = { value: R } | { error: unknown };

/**
 * Several callers' items in one call: those that come in the same turn of the event loop. While a call is under way the items that
 * arrive wait together, and go in the next one, as many as the limits allow: a lone item waits for nobody, and under load each
 * costs a fraction of a call. `call` gives the outcome of each item; when it fails as a whole, every item of it has failed.
 */
export function groupCalls<T, R>(
  call: (items: T[]) => Promise<Outcome<R>[]>,
  { maxItems, maxSize, sizeOf }: GroupLimits<T>,
): (item: T) => Promise<R> {
  let waiting: { item: T; size: number; resolve: (value: R) => void; reject: (error: unknown) => void }[] = [];
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
    while (waiting.length > 0) {
      const count = fitting();
      const group = waiting.slice(0, count);
      waiting = waiting.slice(count);
      try {
        const outcomes = await call(group.map(({ item }) => item));
        for (const [index, { resolve, reject }] of group.entries()) {
          const outcome = outcomes[index] as Outcome<R>;
          if ('error' in outcome) reject(outcome.error);
          else resolve(outcome.value);
        }
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    running = false;
  };
  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, size: sizeOf(item), resolve, reject });
      if (running) return;
      running = true;
      // those that go on from one answer come one after the other in this turn of the event loop
      process.nextTick(run);
    });
}

/** Several callers' items in one commit. */
export interface GroupCommit<T> {
  /** Resolves once a commit with the item is done; rejects with that commit's failure, or with the item's own. */
  add(item: T): Promise<void>;
}

/** See groupCalls. `commit` gives the items that failed alone, each with its error. */
export function groupCommit<T>(
  commit: (items: T[]) => Promise<ReadonlyMap<T, unknown>>,
  limits: GroupLimits<T>,
): GroupCommit<T> {
  const add = groupCalls<T, void>(async (items) => {
    const failures = await commit(items);
    return items.map((item) => (failures.has(item) ? { error: failures.get(item) } : { value: undefined }));
  }, limits);
  return { add };
}

/** Several callers' questions in one; a question counts for what `sizeOf` says. */
export function groupQuestions<T, R>(
  ask: (questions: T[]) => Promise<R[]>,
  { maxSize, sizeOf }: Pick<GroupLimits<T>, 'maxSize' | 'sizeOf'>,
): (question: T) => Promise<R> {
  const limits = { maxItems: Number.POSITIVE_INFINITY, maxSize, sizeOf };
  return groupCalls<T, R>(async (questions) => (await ask(questions)).map((value) => ({ value })), limits);
}
