import { PermanentError, TransientError } from './errors.ts';
import { failureName, type Log } from './log.ts';

export interface EventHandler<T extends { id: string; kind?: string }> {
  /** What the message is about; undefined: not for this function, acked. What it throws is retried. */
  decode(message: unknown): T | undefined;
  work(subject: T): Promise<void>;
  /** Records what can never work; then the message is acked. */
  reject(subject: T, error: PermanentError): Promise<void>;
  log: Log;
}

/**
 * The one place where an outcome becomes ack or retry: a PermanentError is recorded and acked, any other failure is
 * thrown, so that the Functions Framework answers 500 and Pub/Sub tries again and dead-letters in the end.
 */
export function handleEvent<T extends { id: string; kind?: string }>({ decode, work, reject, log }: EventHandler<T>) {
  return async (message: unknown): Promise<void> => {
    const startedAt = performance.now();
    const durationMs = () => Math.round(performance.now() - startedAt);
    let about = {};
    try {
      const subject = decode(message);
      if (subject === undefined) return;
      about = { eventId: subject.id, ...(subject.kind && { kind: subject.kind }) };
      await work(subject).catch(async (error) => {
        if (!(error instanceof PermanentError)) throw error;
        await reject(subject, error);
      });
      log('DEBUG', 'processed', { ...about, durationMs: durationMs() });
    } catch (error) {
      log('ERROR', 'failed, will be retried', { ...about, error: failureName(error), durationMs: durationMs() });
      // the framework prints what is thrown, and a client library's error can quote the payload
      throw error instanceof TransientError ? new Error(error.message) : new Error('unexpected failure');
    }
  };
}
