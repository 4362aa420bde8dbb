import { failureName, type Log } from '../../../shared/runtime/log.ts';

/** So many projects that fail one after the other are the fault of none of them. */
const MOST_IN_A_ROW = 10;

/** The work of a run project by project: one that fails is left out of what follows, the others go on. */
export interface Attempts {
  of(project: string, work: () => Promise<void>): Promise<void>;
  readonly failed: string[];
  /** Throws the last failure when all of so many projects failed. */
  requireOne(projects: number): void;
}

export function openAttempts(log: Log): Attempts {
  const failures = new Map<string, unknown>();
  let inARow = 0;
  return {
    async of(project, work) {
      if (failures.has(project)) return;
      try {
        await work();
        inARow = 0;
      } catch (error) {
        failures.set(project, error);
        inARow += 1;
        log('ERROR', 'figures kept', { project, error: failureName(error) });
        if (inARow >= MOST_IN_A_ROW) throw error;
      }
    },
    get failed() {
      return [...failures.keys()];
    },
    requireOne(projects) {
      if (failures.size > 0 && failures.size >= projects) throw [...failures.values()].at(-1);
    },
  };
}
