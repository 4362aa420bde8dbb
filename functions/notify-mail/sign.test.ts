import assert from 'node:assert/strict';
import fc from 'fast-check';
import { addressKey } from '../../shared/report/email-address.ts';
import type { MailRequest } from './mail-api.ts';
import { idempotencyKey, signatureHeaders } from './sign.ts';

const REQUEST: MailRequest = {
  project: 'p',
  provider: 'mailchimp',
  list: 'l',
  email: 'bob@example.org',
  firstName: 'Bob',
  lastName: null,
  site: 'shop.example.org',
  eventId: 'event-1',
  doubleOptIn: true,
};

describe('idempotencyKey', () => {
  it('is the same whatever event and site asks, and under whatever name', () =>
    assert.equal(
      idempotencyKey({ ...REQUEST, site: 'b.example', eventId: 'event-2', firstName: null, lastName: 'X' }),
      idempotencyKey(REQUEST),
    ));

  it('is the same for an address in another case', () => {
    for (const email of ['bob@example.org', 'Bob@EXAMPLE.org'])
      assert.equal(
        idempotencyKey({ ...REQUEST, email }),
        // printf '["p","mailchimp","l","bob@example.org"]' | sha256sum
        'e165919936031c8447375295719f090e169e8619f2c8bd60ffd58107811f9c4f',
      );
  });

  it('differs where project, provider, list or address does', () => {
    const part = fc.record({
      project: fc.string(),
      provider: fc.constantFrom('mailchimp' as const, 'mailjet' as const),
      list: fc.string(),
      email: fc.string(),
    });
    fc.assert(
      fc.property(part, part, (one, other) => {
        const keysOf = (each: typeof one) => JSON.stringify({ ...each, email: addressKey(each.email) });
        const same = keysOf(one) === keysOf(other);
        assert.equal(idempotencyKey({ ...REQUEST, ...one }) === idempotencyKey({ ...REQUEST, ...other }), same);
      }),
    );
  });
});

describe('signatureHeaders', () => {
  it('signs the time and the body', () =>
    assert.deepEqual(signatureHeaders('{"a":1}', { secret: 's', now: new Date('2026-03-09T07:00:00.999Z') }), {
      'X-Timestamp': '1773039600',
      // printf '1773039600.{"a":1}' | openssl dgst -sha256 -hmac s
      'X-Signature': 'sha256=87e944544537fa41b73cad214e7086391bb3db675ead186d0a86452d956f3393',
    }));
});
