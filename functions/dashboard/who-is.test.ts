import assert from 'node:assert/strict';
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { readConfig } from './config.ts';
import { iapVerifier, LOCAL_EMAIL, openWhoIs, SESSION_COOKIE } from './who-is.ts';

const AUDIENCE = '/projects/1234/locations/europe-west1/services/dashboard';
const NOW_S = Math.floor(Date.now() / 1000);

function keyPair() {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function assertion(
  key: KeyObject,
  payload: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
): string {
  const parts = [
    { alg: 'ES256', typ: 'JWT', kid: 'k1', ...header },
    {
      ...{ iss: 'https://cloud.google.com/iap', aud: AUDIENCE, email: 'Olga@Example.org', sub: '1' },
      ...{ iat: NOW_S - 10, exp: NOW_S + 590, ...payload },
    },
  ].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  const signature = sign('sha256', Buffer.from(parts.join('.')), { key, dsaEncoding: 'ieee-p1363' });
  return [...parts, signature.toString('base64url')].join('.');
}

/** A token as Cloud Run hands it on. */
function bearer(payload: Record<string, unknown>): string {
  const parts = [{ alg: 'RS256', typ: 'JWT' }, payload].map((part) => Buffer.from(JSON.stringify(part)));
  return `Bearer ${parts.map((part) => part.toString('base64url')).join('.')}.SIGNATURE_REMOVED_BY_GOOGLE`;
}

describe('whoIs', () => {
  describe('behind the proxy', () => {
    const { privateKey, publicKey } = keyPair();
    let fetched = 0;
    let clock = 0;
    let keys: Record<string, string> = { k1: pem(publicKey) };
    const verify = iapVerifier({
      now: () => clock,
      fetchKeys: async () => {
        fetched += 1;
        return keys;
      },
    });
    const whoIs = openWhoIs({ identity: 'iap', audience: AUDIENCE }, verify);
    const ask = (jwt: string) => whoIs({ 'x-goog-iap-jwt-assertion': [jwt] });

    it('knows who has a signed assertion, in lower case', async () =>
      assert.deepEqual(await ask(assertion(privateKey)), { email: 'olga@example.org' }));

    for (const { title, jwt } of [
      { title: 'that is over', jwt: () => assertion(privateKey, { iat: NOW_S - 4000, exp: NOW_S - 3400 }) },
      { title: 'for another service', jwt: () => assertion(privateKey, { aud: `${AUDIENCE}2` }) },
      { title: 'of another issuer', jwt: () => assertion(privateKey, { iss: 'https://accounts.google.com' }) },
      { title: 'of another key', jwt: () => assertion(keyPair().privateKey) },
      { title: 'without a signature', jwt: () => assertion(privateKey, {}, { alg: 'none' }).replace(/[^.]+$/, '') },
      { title: 'without an address', jwt: () => assertion(privateKey, { email: undefined }) },
      { title: 'that is none', jwt: () => 'x' },
    ])
      it(`does not take one ${title}`, async () => assert.equal(await ask(jwt()), undefined));

    it('takes no header that is not signed, and no bearer', async () => {
      const email = ['accounts.google.com:olga@example.org'];
      assert.equal(await whoIs({ 'x-goog-authenticated-user-email': email }), undefined);
      for (const name of ['authorization', 'x-serverless-authorization'])
        assert.equal(await whoIs({ [name]: [`Bearer ${assertion(privateKey)}`] }), undefined);
    });

    it('takes none of two assertions', async () => {
      const two = [assertion(privateKey), assertion(privateKey, { email: 'eve@example.org' })];
      assert.equal(await whoIs({ 'x-goog-iap-jwt-assertion': two }), undefined);
    });

    it('asks for the keys once, and again for one that is new, once a minute at most', async () => {
      const next = keyPair();
      assert.equal(fetched, 1);
      const jwt = assertion(next.privateKey, {}, { kid: 'k2' });
      assert.equal(await ask(jwt), undefined);
      assert.equal(fetched, 1);
      keys = { ...keys, k2: pem(next.publicKey) };
      clock += 61_000;
      assert.deepEqual(await ask(jwt), { email: 'olga@example.org' });
      assert.equal(fetched, 2);
    });
  });

  describe('behind the check of Cloud Run', () => {
    const whoIs = openWhoIs({ identity: 'cloud-run' });
    const OLGA = bearer({ email: 'Olga@Example.org', email_verified: true });
    const ADMIN = bearer({ email: 'admin@example.org', email_verified: true });

    for (const name of ['authorization', 'x-serverless-authorization'])
      it(`knows whose token was checked, from ${name}, in lower case`, async () =>
        assert.deepEqual(await whoIs({ [name]: [OLGA] }), { email: 'olga@example.org' }));

    it('takes the token that was checked, whatever else a caller says to be', async () => {
      const headers = { 'x-serverless-authorization': [OLGA], authorization: [ADMIN] };
      assert.deepEqual(await whoIs(headers), { email: 'olga@example.org' });
    });

    for (const { title, checked } of [
      { title: 'is empty', checked: [''] },
      { title: 'is no bearer', checked: ['Basic b2xnYTpvbGdh'] },
      { title: 'is no token', checked: ['Bearer x'] },
      { title: 'has no address', checked: [bearer({ sub: '1' })] },
      { title: 'comes twice', checked: [OLGA, ADMIN] },
      { title: 'comes twice in one', checked: [`${OLGA}, ${ADMIN}`] },
    ])
      it(`knows nobody where the header that is checked ${title}`, async () =>
        assert.equal(await whoIs({ 'x-serverless-authorization': checked, authorization: [ADMIN] }), undefined));

    for (const { title, headers } of [
      { title: 'an address that nobody verified', headers: { authorization: [bearer({ email: 'a@b.c' })] } },
      { title: 'two tokens', headers: { authorization: [OLGA, ADMIN] } },
      { title: 'an assertion of the proxy', headers: { 'x-goog-iap-jwt-assertion': [OLGA.slice('Bearer '.length)] } },
      {
        title: 'what the proxy does not sign',
        headers: { 'x-goog-authenticated-user-email': ['x:admin@example.org'] },
      },
      { title: 'a cookie', headers: { cookie: [`${SESSION_COOKIE}=${ADMIN.slice('Bearer '.length)}`] } },
    ])
      it(`does not take ${title}`, async () => assert.equal(await whoIs(headers), undefined));
  });

  describe('on this machine', () => {
    const tokenSha256 = createHash('sha256').update('secret').digest('hex');
    const whoIs = openWhoIs({ identity: 'local', tokenSha256 });

    it('knows who has the token, in a header or a cookie', async () => {
      assert.deepEqual(await whoIs({ authorization: ['Bearer secret'] }), { email: LOCAL_EMAIL });
      assert.deepEqual(await whoIs({ cookie: ['a=b; sitebeat_session=secret'] }), { email: LOCAL_EMAIL });
    });

    it('nobody else', async () => {
      for (const headers of [
        {},
        { authorization: ['Bearer other'] },
        { authorization: [bearer({ email: 'a@b', email_verified: true })] },
        { 'x-serverless-authorization': [bearer({ email: 'a@b', email_verified: true })] },
        { cookie: ['sitebeat_session='] },
      ]) {
        assert.equal(await whoIs(headers), undefined);
      }
    });
  });
});

describe('the configuration', () => {
  const ENV = { GOOGLE_CLOUD_PROJECT: 'p', MONGODB_URI: 'mongodb://h/db' };

  for (const { title, env, says } of [
    { title: 'no identity', env: {}, says: /DASHBOARD_IDENTITY/ },
    { title: 'the proxy without an audience', env: { DASHBOARD_IDENTITY: 'iap' }, says: /DASHBOARD_IAP_AUDIENCE/ },
    {
      title: 'an audience that is none',
      env: { DASHBOARD_IDENTITY: 'iap', DASHBOARD_IAP_AUDIENCE: 'dashboard' },
      says: /DASHBOARD_IAP_AUDIENCE/,
    },
    { title: 'a token that is none', env: { DASHBOARD_IDENTITY: 'local' }, says: /DASHBOARD_TOKEN_SHA256/ },
    {
      title: 'operators that are none',
      env: { DASHBOARD_IDENTITY: 'cloud-run', DASHBOARD_ADMINS: 'jane' },
      says: /DASHBOARD_ADMINS/,
    },
  ])
    it(`refuses ${title}`, () => assert.throws(() => readConfig({ ...ENV, ...env }), says));

  it('knows operators in any case', () => {
    const { admins } = readConfig({ ...ENV, DASHBOARD_IDENTITY: 'cloud-run', DASHBOARD_ADMINS: 'A@b.c,d@e.f' });
    assert.deepEqual([...admins], ['a@b.c', 'd@e.f']);
  });
});

function pem(key: KeyObject): string {
  return createPublicKey(key.export({ type: 'spki', format: 'pem' }))
    .export({ type: 'spki', format: 'pem' })
    .toString();
}
