import type { SubscriberRequest } from '../../shared/event/subscriber.ts';
import { PermanentError, TransientError } from '../../shared/runtime/errors.ts';
import { idempotencyKey, signatureHeaders } from './sign.ts';

/** The service that knows the providers and puts addresses on their lists. */
export interface MailApi {
  /**
   * Resolves once the API took the request. Safe to repeat. Throws PermanentError `mail_refused` when it refused it, and
   * TransientError when nobody can tell or it may work later.
   */
  subscribe(request: SubscriberRequest): Promise<void>;
}

export interface MailApiOptions {
  url: string;
  secret: string;
  /** For the whole of one attempt. */
  timeoutMs: number;
  now?: () => Date;
}

/** Refusals that speak of the moment and not of the request: Request Timeout, Too Many Requests. */
const PASSING_REFUSALS = [408, 429];

export function openMailApi({ url, secret, timeoutMs, now = () => new Date() }: MailApiOptions): MailApi {
  const post = async (request: SubscriberRequest): Promise<number> => {
    const body = JSON.stringify(request);
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'Idempotency-Key': idempotencyKey(request),
        ...signatureHeaders(body, { secret, now: now() }),
      },
      body,
      // an address goes to the configured host only
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.body?.cancel();
    return response.status;
  };
  return {
    subscribe: async (request) => {
      const status = await post(request).catch((cause) => {
        throw new TransientError('the mail API did not answer', { cause });
      });
      if (status >= 200 && status < 300) return;
      const problem = `the mail API answered ${status}`;
      // a redirect is a mistake in the configuration, and no fault of the request's
      if (status >= 400 && status < 500 && !PASSING_REFUSALS.includes(status)) {
        throw new PermanentError('mail_refused', 'email', problem);
      }
      throw new TransientError(problem, { cause: undefined });
    },
  };
}
