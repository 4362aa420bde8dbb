import { networkAddress, publicAddress } from '../../shared/report/country.ts';
import { countByMinute, openKeyCounts } from '../../shared/runtime/count-by-minute.ts';
import type { Log } from '../../shared/runtime/log.ts';
import { BYTES_OF_A_POST, MAX_POSTS_OF_NETWORK } from './limits.ts';

/** What became of a post: in the archive, answered 4xx, out of reach of the archive, no room to wait. */
export type Outcome = 'stored' | 'refused' | 'failed' | 'shed';

/** What comes in, counted by the minute and the instance. Only counts are ever logged, no address and no hash. */
export interface Traffic {
  /** Counts a post, and says whether its network has sent more in this minute than MAX_POSTS_OF_NETWORK, or as much in bytes. */
  isOverRate(senderAddress: string | null, bodyBytes: number): boolean;
  /** Counts a payload by the project that it names. */
  countProject(hash: unknown): void;
  count(outcome: Outcome): void;
  /** Logs the minute so far, if anything came. */
  flush(): void;
}

const MAX_KEY_LENGTH = 64;

export function openTraffic({ now, log }: { now: () => Date; log: Log }): Traffic {
  const minutes = countByMinute({ now, open: openCounts, tell: (counts) => tell(counts, log) });
  return {
    isOverRate: (senderAddress, bodyBytes) => {
      const counts = minutes.turn();
      const address = publicAddress(senderAddress);
      if (address === undefined) return false;
      const network = networkAddress(address);
      counts.networks.add(network);
      const share = counts.shares.add(network, 1 + Math.floor(bodyBytes / BYTES_OF_A_POST));
      if (share <= MAX_POSTS_OF_NETWORK) return false;
      counts.overRate += 1;
      return true;
    },
    countProject: (hash) => {
      if (typeof hash === 'string') minutes.counts().projects.add(hash.trim().toLowerCase().slice(0, MAX_KEY_LENGTH));
    },
    count: (outcome) => {
      minutes.counts().outcomes[outcome] += 1;
    },
    flush: minutes.flush,
  };
}

function openCounts() {
  const outcomes: Record<Outcome, number> = { stored: 0, refused: 0, failed: 0, shed: 0 };
  return { outcomes, overRate: 0, networks: openKeyCounts(), shares: openKeyCounts(), projects: openKeyCounts() };
}

function tell({ outcomes, overRate, networks, projects }: ReturnType<typeof openCounts>, log: Log): void {
  if (Object.values(outcomes).every((count) => count === 0)) return;
  log(outcomes.shed > 0 || overRate > 0 ? 'WARNING' : 'INFO', 'traffic', {
    ...outcomes,
    overRate,
    networks: networks.size(),
    mostOfOneNetwork: networks.most(),
    projects: projects.size(),
    mostOfOneProject: projects.most(),
  });
}
