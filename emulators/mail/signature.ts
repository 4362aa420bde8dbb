import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** How old, or how far ahead, a signature may be. */
const MAX_AGE_SECONDS = 300;

/** Whether X-Signature is the HMAC of `<X-Timestamp>.<body>`, and of now. */
export function isSigned(headers: IncomingHttpHeaders, body: string, secret: string): boolean {
  const timestamp = String(headers['x-timestamp'] ?? '');
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp || Number.NaN)) <= MAX_AGE_SECONDS)) return false;
  const wanted = Buffer.from(`sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`);
  const given = Buffer.from(String(headers['x-signature'] ?? ''));
  return wanted.length === given.length && timingSafeEqual(wanted, given);
}
