import type { MailIntegration } from '../../shared/project/project.ts';
import { PermanentError, TransientError } from '../../shared/runtime/errors.ts';
import { idempotencyKey, signatureHeaders } from './sign.ts';

/** The body that the mail API gets, as JSON. */
export interface MailRequest {
  /** The project's hash. */
  project: string;
  provider: MailIntegration['provider'];
  list: string;
  /** As it was sent; not checked by anybody, and anybody's to state. */
  email: string;
  firstName: string | null;
  lastName: string | null;
  /** Canonical. */
  site: string;
  /** The report with consent that led to it. */
  eventId: string;
  /** The list must ask the person first: an address that a stranger made up is nobody's consent. */
  doubleOptIn: true;
}

/** The service that knows the providers and puts addresses on their lists. */
export interface MailApi {
  /**
   * Resolves once the API took the request. Safe to repeat. Throws PermanentError `mail_refused` when it refused it, and
   * TransientError when nobody can tell or it may work later.
   */
  subscribe(request: MailRequest): Promise<void>;
}

export interface MailApiOptions {
  url: string;
  secret: string;
  /** For the whole of one attempt. */
  timeoutMs: number;
  now?: () => Date;
}

/**
 * Bad Request, Conflict, Gone, Unprocessable: they speak of the request itself. Whatever else is refused (401, 403, 404, 405,
 * a redirect) speaks of a service that is wrongly set up, or of the moment: the request is not at fault, and must not be lost.
 */
const REFUSALS = [400, 409, 410, 422];

/** Opens the mail API: a POST with the headers Idempotency-Key, X-Timestamp and X-Signature (see sign.ts); any 2xx is a yes. */
export function openMailApi({ url, secret, timeoutMs, now = () => new Date() }: MailApiOptions): MailApi {
  const post = async (request: MailRequest): Promise<number> => {
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
      if (REFUSALS.includes(status)) throw new PermanentError('mail_refused', 'email', problem);
      throw new TransientError(problem, { cause: Object.assign(new Error(problem), { code: status }) });
    },
  };
}
