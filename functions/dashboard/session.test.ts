import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { IdentityConfig } from './config.ts';
import { RequestProblem } from './problem.ts';
import { checkIsOurPage, createSession } from './session.ts';

const LOCAL: IdentityConfig = { identity: 'local', tokenSha256: createHash('sha256').update('secret').digest('hex') };

function post(body: string, config = LOCAL, method = 'POST') {
  return createSession({ method, rawBody: Buffer.from(body) } as IncomingMessage & { rawBody: Buffer }, config);
}

const isProblem = (kind: string) => (error: unknown) => error instanceof RequestProblem && error.kind === kind;

describe('createSession', () => {
  it('turns the token into a cookie that no script and no other site has', () =>
    assert.deepEqual(post('{"token":"secret"}'), {
      kind: 'empty',
      headers: { 'Set-Cookie': 'sitebeat_session=secret; HttpOnly; SameSite=Strict; Path=/' },
    }));

  for (const body of ['{"token":"other"}', '{"token":7}', '{"token":"secret; Domain=example.org"}', 'secret', ''])
    it(`not ${body || 'nothing'}`, () => assert.throws(() => post(body), isProblem('not-signed-in')));

  it('is not there where others say who asks', () =>
    assert.throws(() => post('{"token":"secret"}', { identity: 'cloud-run' }), isProblem('not-found')));

  it('takes a POST alone', () =>
    assert.throws(() => post('{"token":"secret"}', LOCAL, 'GET'), isProblem('method-not-allowed')));

  it('and one that a form of another site cannot send', () => {
    assert.throws(() => checkIsOurPage({}), isProblem('invalid-parameter'));
    checkIsOurPage({ 'x-sitebeat': '1' });
  });
});
