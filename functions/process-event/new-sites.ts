import type { EventKey } from '../../shared/report/interpret.ts';
import { countByMinute, openKeyCounts } from '../../shared/runtime/count-by-minute.ts';
import type { Log } from '../../shared/runtime/log.ts';

/** Sites that became known, counted by the minute and the instance. Only counts are ever logged, no address and no site. */
export interface NewSites {
  /** Counts the site that an event made known. */
  count(event: Pick<EventKey, 'receivedAt' | 'projectHash' | 'senderNetwork'>): void;
  /** Logs the minute if it is over, and any site became known. */
  turn(): void;
  /** Logs the minute so far. */
  flush(): void;
}

/** What was received longer ago was replayed, or waited: its site is new to MongoDB alone. */
export const MAX_AGE_MS = 3_600_000;

export function openNewSites({ now, log }: { now: () => Date; log: Log }): NewSites {
  const minutes = countByMinute({ now, open: openCounts, tell: (counts) => tell(counts, log) });
  return {
    count: ({ receivedAt, projectHash, senderNetwork }) => {
      if (now().getTime() - Date.parse(receivedAt) > MAX_AGE_MS) return;
      const counts = minutes.turn();
      counts.sites += 1;
      counts.projects.add(projectHash);
      if (senderNetwork !== null) counts.networks.add(senderNetwork);
    },
    turn: () => {
      minutes.turn();
    },
    flush: minutes.flush,
  };
}

function openCounts() {
  return { sites: 0, projects: openKeyCounts(), networks: openKeyCounts() };
}

function tell({ sites, projects, networks }: ReturnType<typeof openCounts>, log: Log): void {
  if (sites === 0) return;
  log('INFO', 'new sites', {
    sites,
    networks: networks.size(),
    mostOfOneNetwork: networks.most(),
    projects: projects.size(),
    mostOfOneProject: projects.most(),
  });
}
