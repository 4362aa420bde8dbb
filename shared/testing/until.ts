import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks `check` again and again until it gives a truthy value, and resolves with that. Rejects after `deadlineMs` with
 * the last error of `check`, or with `what` was waited for.
 */
export async function until<T>(
  check: () => T | Promise<T>,
  { deadlineMs, what = 'the condition' }: { deadlineMs: number; what?: string },
): Promise<Exclude<T, undefined | null | false>> {
  const deadline = Date.now() + deadlineMs;
  for (let waitMs = 5; ; waitMs = Math.min(waitMs * 1.5, 200)) {
    let failure: unknown;
    try {
      const value = await check();
      if (value) return value as Exclude<T, undefined | null | false>;
    } catch (error) {
      failure = error;
    }
    if (Date.now() >= deadline) throw failure ?? new Error(`${what} did not come within ${deadlineMs} ms`);
    await sleep(waitMs);
  }
}
