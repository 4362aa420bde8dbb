/** Every reason for which an input is refused for good. */
export const REJECTION_REASONS = [
  'unparseable',
  'not_an_object',
  'unattributable',
  'invalid_object',
  'no_project',
  'unknown_project',
  'archived_project',
  'no_site',
  'invalid_url',
  'mail_refused',
  'erased',
] as const;
export type RejectionReason = (typeof REJECTION_REASONS)[number];

/** The input is at fault and always will be: answered 4xx or recorded as a rejection, never retried. */
export class PermanentError extends Error {
  readonly reason: RejectionReason;
  /** The field at fault, dotted; null when it is the whole. */
  readonly field: string | null;

  constructor(reason: RejectionReason, field: string | null, message: string) {
    super(message);
    this.name = 'PermanentError';
    this.reason = reason;
    this.field = field;
  }
}

/** Something around us failed and may work later: answered 503 or not acked. */
export class TransientError extends Error {
  constructor(message: string, options: { cause: unknown }) {
    super(message, options);
    this.name = 'TransientError';
  }
}

/** Another one is at it: answered 409, and nothing is wrong. */
export class BusyError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'BusyError';
  }
}

/** Runs a store's call; whatever fails there is transient. */
export async function transient<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    if (cause instanceof PermanentError || cause instanceof TransientError) throw cause;
    throw new TransientError(`${what} failed`, { cause });
  }
}

/** Gives up waiting for a call whose client has no timeout of its own. Rejects with TransientError after `timeoutMs`. */
export function within<T>(timeoutMs: number, call: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new TransientError(`no answer within ${timeoutMs} ms`, { cause: undefined }));
    const timer = setTimeout(giveUp, timeoutMs);
    const settled =
      <Value>(settle: (value: Value) => void) =>
      (value: Value) => {
        clearTimeout(timer);
        settle(value);
      };
    call.then(settled(resolve), settled(reject));
  });
}
