import assert from 'node:assert/strict';
import fc from 'fast-check';
import { addressDigest, decodeSubscriberMessage, type SubscriberRequest } from './subscriber.ts';

const REQUEST: SubscriberRequest = {
  project: 'p',
  provider: 'wemail',
  list: 'l',
  site: 'shop.example.org',
  eventId: 'event-1',
  address: addressDigest('p', 'bob@example.org'),
};
const TIMES = { receivedAt: '2026-03-09T07:05:06.789Z', publishTime: '2026-03-09T07:05:08.000Z' };

function pushed(request: unknown, attributes: Record<string, string> = { receivedAt: TIMES.receivedAt }) {
  const data = Buffer.from(JSON.stringify(request)).toString('base64');
  return { message: { data, attributes, messageId: '17', publishTime: TIMES.publishTime } };
}

describe('addressDigest', () => {
  for (const [title, one, other, same] of [
    ['is the same in any case', 'bob@example.org', 'Bob@EXAMPLE.org', true],
    ['is the same for a domain as people and as DNS write it', 'bob@bücher.example', 'bob@xn--bcher-kva.example', true],
    ['differs by address', 'bob@example.org', 'rob@example.org', false],
  ] as const)
    it(title, () => assert.equal(addressDigest('p', one) === addressDigest('p', other), same));

  it('differs by project, and holds nothing of the address', () => {
    assert.notEqual(addressDigest('p', 'bob@example.org'), addressDigest('q', 'bob@example.org'));
    assert.match(addressDigest('p', 'bob@example.org'), /^[0-9a-f]{64}$/);
  });
});

describe('decodeSubscriberMessage', () => {
  const unreadable = { id: '17', kind: 'subscriber', receivedAt: TIMES.publishTime, request: undefined };
  const decoded = { id: 'event-1', kind: 'subscriber', receivedAt: TIMES.receivedAt, request: REQUEST };

  it('reads a request, with the id and the time of its event', () => {
    assert.deepEqual(decodeSubscriberMessage(pushed(REQUEST)), decoded);
    assert.deepEqual(decodeSubscriberMessage({ id: '17', data: pushed(REQUEST) }), decoded);
  });

  it('reads what earlier versions wrote, who named the person, and goes on without the name', () => {
    const { address: _, ...keys } = REQUEST;
    const named = { ...keys, email: 'Bob@example.org', firstName: 'Bob', lastName: null };
    assert.deepEqual(decodeSubscriberMessage(pushed(named)), decoded);
  });

  it('stands in with the id and the time of a message that is no request', () => {
    for (const field of Object.keys(REQUEST)) {
      assert.deepEqual(decodeSubscriberMessage(pushed({ ...REQUEST, [field]: 7 })), unreadable, field);
      assert.deepEqual(decodeSubscriberMessage(pushed({ ...REQUEST, [field]: undefined })), unreadable, field);
    }
    assert.deepEqual(decodeSubscriberMessage(pushed(REQUEST, {})), unreadable);
    assert.deepEqual(decodeSubscriberMessage(pushed(REQUEST, { receivedAt: 'today' })), unreadable);
  });

  it('never throws, whatever was published', () =>
    fc.assert(
      fc.property(fc.string(), (data) => {
        const message = { data, messageId: '17', publishTime: TIMES.publishTime };
        assert.deepEqual(decodeSubscriberMessage({ message }), unreadable);
      }),
    ));

  for (const odd of [undefined, null, {}, { message: {} }])
    it(`ignores ${JSON.stringify(odd)}`, () => assert.equal(decodeSubscriberMessage(odd), undefined));
});
