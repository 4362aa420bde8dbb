import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { OAuth2Client } from 'google-auth-library';
import { transient } from '../../shared/runtime/errors.ts';
import type { IdentityConfig } from './config.ts';

/** Who asks. No identity, no data. */
export interface Identity {
  /** In lower case. */
  email: string;
}

/** A request's headers, by name in lower case; of one that is sent twice both, which `headers` does not tell of every header. */
type Headers = IncomingMessage['headersDistinct'];

/** undefined: nobody that this can be sure of. Rejects when the keys to check it with are out of reach. */
export type WhoIs = (headers: Headers) => Promise<Identity | undefined>;

/** Checks a signed JWT of the Identity-Aware Proxy, and gives its e-mail; throws when it is not valid. */
export type VerifyAssertion = (jwt: string, audience: string) => Promise<string | undefined>;

export const SESSION_COOKIE = 'sitebeat_session';
/** Who holds the local token is the operator of this machine's mesh. */
export const LOCAL_EMAIL = 'you@localhost';

/** The one place that says who asks, by what DASHBOARD_IDENTITY trusts. */
export function openWhoIs(config: IdentityConfig, verify: VerifyAssertion = iapVerifier()): WhoIs {
  if (config.identity === 'iap') return (headers) => byAssertion(headers, config.audience, verify);
  if (config.identity === 'cloud-run') return async (headers) => byCloudRun(headers);
  return async (headers) => byToken(headers, config.tokenSha256);
}

const ASSERTION_HEADER = 'x-goog-iap-jwt-assertion';

/** Never by x-goog-authenticated-user-email, which is not signed: https://cloud.google.com/iap/docs/signed-headers-howto */
async function byAssertion(headers: Headers, audience: string, verify: VerifyAssertion): Promise<Identity | undefined> {
  const jwt = onlyOne(headers[ASSERTION_HEADER]);
  if (jwt === undefined) return undefined;
  const email = await verify(jwt, audience);
  return email === undefined ? undefined : { email: email.toLowerCase() };
}

/**
 * Cloud Run has checked a token before it calls, where nobody may call without one, and takes the signature off. It checks that of
 * X-Serverless-Authorization alone where there is one, as `gcloud run services proxy` sends it, and lets Authorization through as
 * it came: https://cloud.google.com/run/docs/authenticating/service-to-service
 */
function byCloudRun({ 'x-serverless-authorization': checked, authorization }: Headers): Identity | undefined {
  const header = onlyOne(checked ?? authorization);
  const payload = /^Bearer [\w-]+\.([\w-]+)\.[\w-]*$/i.exec(header ?? '')?.[1];
  if (payload === undefined) return undefined;
  try {
    const { email, email_verified: isVerified } = JSON.parse(Buffer.from(payload, 'base64url').toString());
    return typeof email === 'string' && isVerified === true ? { email: email.toLowerCase() } : undefined;
  } catch {
    return undefined;
  }
}

function byToken({ authorization, cookie }: Headers, tokenSha256: string): Identity | undefined {
  const bearer = /^Bearer (\S{1,200})$/i.exec(onlyOne(authorization) ?? '')?.[1];
  const session = new RegExp(`(?:^|; *)${SESSION_COOKIE}=([^;\\s]{1,200})`).exec(cookie?.join('; ') ?? '')?.[1];
  return isToken(bearer ?? session ?? '', tokenSha256) ? { email: LOCAL_EMAIL } : undefined;
}

/** Of two nobody knows which one was checked. */
function onlyOne(values: string[] = []): string | undefined {
  return values.length === 1 ? values[0] : undefined;
}

/** In a time that does not tell how much of it was right. */
export function isToken(token: string, tokenSha256: string): boolean {
  const digest = createHash('sha256').update(token).digest();
  return timingSafeEqual(digest, Buffer.from(tokenSha256, 'hex'));
}

const ISSUER = 'https://cloud.google.com/iap';
const KEYS_KEPT_MS = 3_600_000;
const NEW_KEYS_AFTER_MS = 60_000;

/** Public keys of ES256, PEM, by their id. */
type Keys = Record<string, string>;

/** The proxy's keys change now and then: one that is not known makes them be asked for again, once a minute at most. */
export function iapVerifier({
  now = Date.now,
  fetchKeys = fetchIapKeys,
}: {
  now?: () => number;
  fetchKeys?: () => Promise<Keys>;
} = {}): VerifyAssertion {
  const client = new OAuth2Client();
  const fetchNow = () => transient("the proxy's keys", async () => ({ keys: await fetchKeys(), at: now() }));
  let kept: ReturnType<typeof fetchNow> | undefined;
  const keysOfLast = async (mostMs: number) => {
    if (kept === undefined || now() - (await kept).at > mostMs) {
      kept = fetchNow();
      kept.catch(() => {
        kept = undefined;
      });
    }
    return (await kept).keys;
  };
  return async (jwt, audience) => {
    const known = await keysOfLast(KEYS_KEPT_MS);
    const keys = known[keyIdOf(jwt)] === undefined ? await keysOfLast(NEW_KEYS_AFTER_MS) : known;
    const ticket = await client.verifySignedJwtWithCertsAsync(jwt, keys, audience, [ISSUER]).catch(() => undefined);
    return ticket?.getPayload()?.email;
  };
}

async function fetchIapKeys(): Promise<Keys> {
  return (await new OAuth2Client().getIapPublicKeysAsync()).pubkeys;
}

function keyIdOf(jwt: string): string {
  try {
    return String(JSON.parse(Buffer.from(jwt.split('.', 1)[0] ?? '', 'base64url').toString()).kid);
  } catch {
    return '';
  }
}
