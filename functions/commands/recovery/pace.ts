import { setTimeout as sleepMs } from 'node:timers/promises';

export interface Clock {
  now(): number;
  sleep(ms: number): Promise<unknown>;
}

const CLOCK: Clock = { now: Date.now, sleep: (ms) => sleepMs(ms) };

/** Waits until `count` more may go, `perSecond` at most in the long run; time in which nothing went is not made up for. */
export function openPace(perSecond: number, { now, sleep }: Clock = CLOCK): (count: number) => Promise<void> {
  let free = now();
  return async (count) => {
    const start = Math.max(free, now());
    free = start + (count / perSecond) * 1000;
    if (start > now()) await sleep(start - now());
  };
}
