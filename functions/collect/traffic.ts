import { networkAddress, publicAddress } from '../../shared/report/country.ts';
import type { Log } from '../../shared/runtime/log.ts';
import { MAX_COUNTED, MAX_POSTS_OF_NETWORK } from './limits.ts';

/** What became of a post: in the archive, answered 4xx, out of reach of the archive, no room to wait. */
export type Outcome = 'stored' | 'refused' | 'failed' | 'shed';

/** What comes in, counted by the minute and the instance. Only counts are ever logged, no address and no hash. */
export interface Traffic {
  /** Counts a post, and says whether its network has sent more in this minute than MAX_POSTS_OF_NETWORK. */
  isOverRate(senderAddress: string | null): boolean;
  /** Counts a payload by the project that it names. */
  countProject(hash: unknown): void;
  count(outcome: Outcome): void;
  /** Logs the minute so far, if anything came. */
  flush(): void;
}

const MINUTE_MS = 60_000;
const MAX_KEY_LENGTH = 64;

/**
 * A minute is logged by the first post of a later one, for an instance that serves nobody has no CPU for a timer; the last by `flush`.
 */
export function openTraffic({ now, log }: { now: () => Date; log: Log }): Traffic {
  let minute = openMinute(now());
  const flush = () => {
    const { outcomes, overRate, networks, projects } = minute;
    const isNotable = outcomes.shed > 0 || overRate > 0;
    if (Object.values(outcomes).some((count) => count > 0)) {
      log(isNotable ? 'WARNING' : 'INFO', 'traffic', {
        ...outcomes,
        overRate,
        networks: networks.size,
        mostOfOneNetwork: most(networks),
        projects: projects.size,
        mostOfOneProject: most(projects),
      });
    }
    minute = openMinute(now());
  };
  return {
    isOverRate: (senderAddress) => {
      if (minuteOf(now()) !== minute.number) flush();
      const address = publicAddress(senderAddress);
      if (address === undefined || add(minute.networks, networkAddress(address)) <= MAX_POSTS_OF_NETWORK) return false;
      minute.overRate += 1;
      return true;
    },
    countProject: (hash) => {
      if (typeof hash === 'string') add(minute.projects, hash.trim().toLowerCase().slice(0, MAX_KEY_LENGTH));
    },
    count: (outcome) => {
      minute.outcomes[outcome] += 1;
    },
    flush,
  };
}

function minuteOf(time: Date): number {
  return Math.floor(time.getTime() / MINUTE_MS);
}

function openMinute(time: Date) {
  const outcomes: Record<Outcome, number> = { stored: 0, refused: 0, failed: 0, shed: 0 };
  const [networks, projects] = [new Map<string, number>(), new Map<string, number>()];
  return { number: minuteOf(time), outcomes, overRate: 0, networks, projects };
}

/** The key's count with this one; beyond MAX_COUNTED keys a new one is not counted, and 0. */
function add(counts: Map<string, number>, key: string): number {
  const count = counts.get(key);
  if (count === undefined && counts.size >= MAX_COUNTED) return 0;
  counts.set(key, (count ?? 0) + 1);
  return (count ?? 0) + 1;
}

function most(counts: Map<string, number>): number {
  let highest = 0;
  for (const count of counts.values()) highest = Math.max(highest, count);
  return highest;
}
