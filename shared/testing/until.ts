import { setTimeout as sleep } from 'node:timers/promises';

/** Notes how far the awaited has come, a count say: while that changes, waiting goes on. */
export type Progress = (sign: unknown) => void;

export interface Patience {
  /** How long nothing may move; a slow machine is slow, and not stuck. */
  deadlineMs?: number;
  what?: string;
}

/** Most of what is asked works for the answer: whoever waits for long asks less often. */
const MAX_WAIT_MS = 500;

/**
 * Asks `check` again and again until it gives a truthy value, and resolves with that. Rejects with the last error of `check`,
 * or with `what` was waited for, once nothing moved for `deadlineMs`: neither was it first asked in that time, nor did a sign
 * that `check` gave to `progress` change.
 */
export async function until<T>(
  check: (progress: Progress) => T | Promise<T>,
  { deadlineMs = 30_000, what = 'the condition' }: Patience = {},
): Promise<Exclude<T, undefined | null | false>> {
  let deadline = Date.now() + deadlineMs;
  let last: string | undefined;
  const progress: Progress = (sign) => {
    const now = JSON.stringify(sign);
    if (now === last) return;
    last = now;
    deadline = Date.now() + deadlineMs;
  };
  for (let waitMs = 5; ; waitMs = Math.min(waitMs * 1.5, MAX_WAIT_MS)) {
    let failure: unknown;
    try {
      const value = await check(progress);
      if (value) return value as Exclude<T, undefined | null | false>;
    } catch (error) {
      failure = error;
    }
    if (Date.now() >= deadline) throw failure ?? new Error(`${what}: nothing moved for ${deadlineMs} ms`);
    await sleep(waitMs);
  }
}
