/** What an instance works on, in cohorts: those that came at about the same time go on together, and so share their calls. */
export interface Cohorts {
  /** Prepares at once; works once a cohort begins. Where nothing else is under way, that is at once. */
  run<P, R>(prepare: () => Promise<P>, work: (prepared: P) => Promise<R>): Promise<R>;
}

/** Nobody waits longer for the others, those that are stuck say: what is to be fresh within a second has more before it. */
export const MAX_WAIT_MS = 600;
/** After a cohort of several, the next one begins once nobody came for so long. */
const LINGER_MS = 5;
/** An instance at rest for so long has no crowd to wait for. */
const CROWD_MS = 50;

export function openCohorts({ now = () => performance.now() }: { now?: () => number } = {}): Cohorts {
  let waiting: { since: number; go: () => void }[] = [];
  let [preparing, working, lastSize] = [0, 0, 0];
  let [cameAt, endedAt] = [0, 0];
  let timer: NodeJS.Timeout | undefined;
  const isDue = () => {
    const since = waiting[0]?.since ?? 0;
    if (now() - since >= MAX_WAIT_MS) return true;
    if (working > 0) return false;
    if (lastSize <= 1 || since - endedAt >= CROWD_MS) return true;
    // what is done makes room for others, which are yet to come
    return preparing === 0 && now() - Math.max(cameAt, endedAt) >= LINGER_MS;
  };
  const consider = () => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting.length === 0) return;
    if (!isDue()) {
      const patience = Math.max(1, MAX_WAIT_MS - (now() - (waiting[0]?.since ?? 0)));
      timer = setTimeout(consider, working > 0 ? patience : Math.min(patience, LINGER_MS));
      return;
    }
    const cohort = waiting;
    waiting = [];
    working += cohort.length;
    lastSize = cohort.length;
    for (const { go } of cohort) go();
  };
  return {
    run: async (prepare, work) => {
      preparing += 1;
      cameAt = now();
      let prepared: Awaited<ReturnType<typeof prepare>>;
      try {
        prepared = await prepare();
      } catch (error) {
        preparing -= 1;
        consider();
        throw error;
      }
      await new Promise<void>((go) => {
        preparing -= 1;
        waiting.push({ since: now(), go });
        consider();
      });
      try {
        return await work(prepared);
      } finally {
        working -= 1;
        endedAt = now();
        if (working === 0) consider();
      }
    },
  };
}
