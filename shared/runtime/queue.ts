/** The queue is full: nothing was done. */
export class QueueFullError extends Error {}

export interface QueueLimits {
  /** Works under way at once, and the bytes of their bodies together; one alone may be larger. */
  maxRunning: number;
  maxRunningBytes: number;
  /** Those that wait, in the order in which they came. */
  maxWaiting: number;
  maxWaitingBytes: number;
}

/** Bounds how much is worked on at once, and how much waits for that. */
export interface Queue {
  /** Runs `work` when there is room for a body of `bytes`. Rejects with QueueFullError at once when it may not even wait. */
  run<T>(bytes: number, work: () => Promise<T>): Promise<T>;
  /** Resolves once nothing runs or waits. */
  idle(): Promise<void>;
}

export function openQueue({ maxRunning, maxRunningBytes, maxWaiting, maxWaitingBytes }: QueueLimits): Queue {
  const running = { count: 0, bytes: 0 };
  const waiting: { bytes: number; start: () => void }[] = [];
  let waitingBytes = 0;
  let onIdle: (() => void)[] = [];

  const hasRoom = (bytes: number) =>
    running.count === 0 || (running.count < maxRunning && running.bytes + bytes <= maxRunningBytes);
  const begin = (bytes: number) => {
    running.count += 1;
    running.bytes += bytes;
  };
  const end = (bytes: number) => {
    running.count -= 1;
    running.bytes -= bytes;
    for (let next = waiting[0]; next !== undefined && hasRoom(next.bytes); next = waiting[0]) {
      waiting.shift();
      waitingBytes -= next.bytes;
      begin(next.bytes);
      next.start();
    }
    if (running.count > 0) return;
    for (const resolve of onIdle) resolve();
    onIdle = [];
  };
  const turn = (bytes: number): Promise<void> | undefined => {
    if (waiting.length === 0 && hasRoom(bytes)) {
      begin(bytes);
      return undefined;
    }
    if (waiting.length >= maxWaiting || waitingBytes + bytes > maxWaitingBytes) throw new QueueFullError();
    waitingBytes += bytes;
    return new Promise((start) => waiting.push({ bytes, start }));
  };
  return {
    run: async (bytes, work) => {
      const turns = turn(bytes);
      if (turns !== undefined) await turns;
      try {
        return await work();
      } finally {
        end(bytes);
      }
    },
    idle: async () => {
      if (running.count > 0) await new Promise<void>((resolve) => onIdle.push(resolve));
    },
  };
}
