import { createHash, createHmac } from 'node:crypto';
import { addressKey } from '../../shared/report/email-address.ts';
import type { MailRequest } from './mail-api.ts';

/**
 * Names what is wanted, an address on a list, and not the attempt: every retry and every duplicate has the same key, and
 * so has a request for an address that left a site and came back, or that another site has, in whatever case.
 */
export function idempotencyKey({ project, provider, list, email }: MailRequest): string {
  return createHash('sha256')
    .update(JSON.stringify([project, provider, list, addressKey(email)]))
    .digest('hex');
}

/**
 * The headers that let the mail API tell that a body is ours and new: X-Timestamp, in seconds since 1970, and X-Signature,
 * `sha256=` and the HMAC of `<timestamp>.<body>` in hexadecimal.
 */
export function signatureHeaders(body: string, { secret, now }: { secret: string; now: Date }): Record<string, string> {
  const timestamp = String(Math.floor(now.getTime() / 1000));
  const signature = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
  return { 'X-Timestamp': timestamp, 'X-Signature': `sha256=${signature}` };
}
