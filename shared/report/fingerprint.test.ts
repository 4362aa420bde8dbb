import assert from 'node:assert/strict';
import { capturedEvent, TEST_PROJECT } from '../testing/events.ts';
import { interpret } from './interpret.ts';

describe('fingerprintOf', () => {
  const fingerprint = (payload: Record<string, unknown>, kind: 'track' | 'deactivate' = 'track') =>
    interpret(capturedEvent(kind, { payload }), { project: TEST_PROJECT }).report?.values.fingerprint;
  const original = fingerprint({});

  it('is the same for a copy at another url and address', () => {
    assert.ok(original);
    assert.equal(
      fingerprint({ url: 'https://copy.example.net/shop', ip_address: '198.51.100.20', is_local: '1' }),
      original,
    );
  });

  it('is the same in every language in which a plugin shows the site', () => {
    const wp = capturedEvent('track').payload.wp as Record<string, unknown>;
    assert.equal(fingerprint({ url: 'https://shop.example.org/de', wp: { ...wp, locale: 'de_DE' } }), original);
  });

  for (const payload of [
    { site: 'Another shop' },
    { admin_email: 'other@example.org' },
    { active_plugins: '2' },
    { extra: { plan: 'free' } },
  ])
    it(`differs with ${Object.keys(payload)[0]}`, () => assert.notEqual(fingerprint(payload), original));

  it('is unknown where a report says too little', () => {
    assert.equal(fingerprint({ admin_email: undefined }), undefined);
    assert.equal(fingerprint({}, 'deactivate'), undefined);
  });
});
