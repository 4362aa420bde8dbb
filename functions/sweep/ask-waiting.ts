import type { Project } from '../../shared/project/project.ts';
import type { Projects } from '../../shared/stores/projects.ts';
import type { Sites } from '../../shared/stores/sites/sites.ts';
import { type OutboxStores, publishPendingMail } from '../../shared/stores/topics/mail-outbox.ts';

export interface WaitingStores extends OutboxStores {
  projects: Pick<Projects, 'all'>;
  sites: Pick<Sites, 'change' | 'mailDue' | 'countMailDue'>;
}

/** Sites of one run, so that it ends before the next begins; a cap that lets more through is asked for by reports as well. */
const MAX_SITES = 2000;
/** How often it runs. */
const RUN_MS = 600_000;

/**
 * Publishes the requests to mail lists that waited for a week, or for their project's cap, the oldest of each project first.
 * Gives how many sites' went out, how many sites still wait for a cap, and of how many projects.
 */
export async function askWaiting(stores: WaitingStores, now: Date) {
  const total = { asked: 0, waiting: 0, projects: 0 };
  let left = MAX_SITES;
  for (const project of beginningWith(Math.floor(now.getTime() / RUN_MS), await stores.projects.all())) {
    const { asked, visited, isOverCap } = await askOfProject(project, left, stores, now);
    left -= visited;
    total.asked += asked;
    if (isOverCap) {
      total.waiting += await stores.sites.countMailDue(project.hash, now);
      total.projects += 1;
    }
  }
  return total;
}

async function askOfProject(project: Project, limit: number, stores: WaitingStores, now: Date) {
  const outcome = { asked: 0, visited: 0, isOverCap: false };
  // to MongoDB no limit is 0
  if (limit === 0) return outcome;
  for await (const site of stores.sites.mailDue(project.hash, now, limit)) {
    outcome.visited += 1;
    const became = await publishPendingMail(site, project, now, stores);
    outcome.isOverCap = became === 'over-cap';
    if (outcome.isOverCap) break;
    if (became === 'sent') outcome.asked += 1;
  }
  return outcome;
}

/** Another one first each time, so that none with much to ask keeps the others from their turn. */
function beginningWith<T>(turn: number, list: T[]): T[] {
  const first = list.length === 0 ? 0 : turn % list.length;
  return [...list.slice(first), ...list.slice(0, first)];
}
