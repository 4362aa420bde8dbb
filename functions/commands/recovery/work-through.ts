import { inBatches } from '../../../shared/runtime/batches-of.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import type { Terminal } from '../terminal.ts';

export interface Work {
  /** For the bar. */
  what: string;
  total: number;
  batchSize: number;
  /** Whoever goes on says after which object; else he begins again, and finds what is left. */
  goesOnAfter: boolean;
  /** Safe to repeat: whoever goes on after an interruption may do a batch twice. */
  work(names: string[]): Promise<void>;
}

/**
 * Works through objects batch by batch; gives how many. Whatever ends it early, Ctrl-C as a failure, leaves a word on where to
 * go on. A second Ctrl-C ends the process at once.
 */
export async function workThrough(
  names: AsyncIterable<string>,
  { what, total, batchSize, goesOnAfter, work }: Work,
  terminal: Terminal,
): Promise<number> {
  let [done, after, interrupted] = [0, '', false];
  const interrupt = () => {
    interrupted = true;
  };
  process.once('SIGINT', interrupt);
  const progress = terminal.progress(what);
  try {
    for await (const batch of inBatches(names, batchSize)) {
      if (interrupted) throw new CommandFailure(EXIT.found, `interrupted after ${done} of ${total} objects`);
      await work(batch);
      done += batch.length;
      after = batch.at(-1) as string;
      progress.update(done, Math.max(total, done));
    }
    return done;
  } catch (error) {
    progress.end();
    if (goesOnAfter && after !== '') terminal.note(`the same command with --after ${after} goes on`);
    throw error;
  } finally {
    progress.end();
    process.off('SIGINT', interrupt);
  }
}
