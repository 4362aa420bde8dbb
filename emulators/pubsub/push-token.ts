import type { PushConfig } from './wire.ts';

const VALID_SECONDS = 3600;

/**
 * The OIDC token of a push: the claims of the service's, but unsigned (`alg: none`), so that no real verifier takes it.
 * `now` in milliseconds.
 */
export function pushToken(
  { serviceAccountEmail = '', audience }: NonNullable<PushConfig['oidcToken']>,
  pushEndpoint: string,
  now: number,
): string {
  const iat = Math.floor(now / 1000);
  const claims = {
    aud: audience || pushEndpoint,
    azp: serviceAccountEmail,
    email: serviceAccountEmail,
    email_verified: true,
    exp: iat + VALID_SECONDS,
    iat,
    iss: 'https://accounts.google.com',
    sub: serviceAccountEmail,
  };
  return `${encode({ alg: 'none', typ: 'JWT' })}.${encode(claims)}.`;
}

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
