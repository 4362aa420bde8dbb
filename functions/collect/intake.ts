import type { Log } from '../../shared/runtime/log.ts';
import { openQueue } from '../../shared/runtime/queue.ts';
import { OVER_RATE_QUEUE, USUAL_QUEUE } from './limits.ts';
import { openTraffic, type Traffic } from './traffic.ts';

/** What stands between a post and the archive: one queue for most, one for networks that send more than their share. */
export interface Intake {
  /** Runs `work` when it is the post's turn. Rejects with QueueFullError at once when there is no room to wait. */
  admit<T>(post: { senderAddress: string | null; bodyBytes: number }, work: () => Promise<T>): Promise<T>;
  traffic: Pick<Traffic, 'count' | 'countProject'>;
  /** Resolves once all that was admitted is done, and counted in the log. */
  drain(): Promise<void>;
}

export function openIntake({ now, log }: { now: () => Date; log: Log }): Intake {
  const [usual, overRate] = [openQueue(USUAL_QUEUE), openQueue(OVER_RATE_QUEUE)];
  const traffic = openTraffic({ now, log });
  return {
    traffic,
    admit: ({ senderAddress, bodyBytes }, work) =>
      (traffic.isOverRate(senderAddress, bodyBytes) ? overRate : usual).run(bodyBytes, work),
    drain: async () => {
      await Promise.all([usual.idle(), overRate.idle()]);
      traffic.flush();
    },
  };
}
