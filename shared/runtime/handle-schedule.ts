import { BusyError } from './errors.ts';
import { failureName, type Log } from './log.ts';

export interface ScheduledWork {
  /** Gives what was done: counts, for the log and the answer. */
  work(): Promise<Record<string, number>>;
  /** The log lines when it was done, and when it was not. */
  done: string;
  failed: string;
  log: Log;
}

/** Structurally Express's, so that nothing here depends on it. */
interface Response {
  status(code: number): Response;
  json(body: unknown): unknown;
}

/**
 * The one place where a scheduled function's outcome becomes its answer: 200 with the counts, 409 when another one is at it,
 * or 503; the scheduler retries both. */
export function handleSchedule({ work, done, failed, log }: ScheduledWork) {
  return async (_request: unknown, response: Response): Promise<void> => {
    const startedAt = performance.now();
    try {
      const counts = await work();
      log('INFO', done, { ...counts, durationMs: Math.round(performance.now() - startedAt) });
      response.json(counts);
    } catch (error) {
      if (error instanceof BusyError) {
        log('INFO', failed, { error: failureName(error) });
        response.status(409).json({ error: 'busy' });
        return;
      }
      log('ERROR', failed, { error: failureName(error) });
      response.status(503).json({ error: 'unavailable' });
    }
  };
}
