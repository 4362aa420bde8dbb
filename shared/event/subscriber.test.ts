import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodeSubscriberMessage, type SubscriberRequest } from './subscriber.ts';

const REQUEST: SubscriberRequest = {
  project: 'p',
  provider: 'wemail',
  list: 'l',
  email: 'bob@example.org',
  firstName: 'Bob',
  lastName: null,
  site: 'shop.example.org',
  eventId: 'event-1',
};
const TIMES = { receivedAt: '2026-03-09T07:05:06.789Z', publishTime: '2026-03-09T07:05:08.000Z' };

function pushed(request: unknown, attributes: Record<string, string> = { receivedAt: TIMES.receivedAt }) {
  const data = Buffer.from(JSON.stringify(request)).toString('base64');
  return { message: { data, attributes, messageId: '17', publishTime: TIMES.publishTime } };
}

describe('decodeSubscriberMessage', () => {
  const unreadable = { id: '17', kind: 'subscriber', receivedAt: TIMES.publishTime, request: undefined };

  it('reads a request, with the id and the time of its event', () => {
    const decoded = { id: 'event-1', kind: 'subscriber', receivedAt: TIMES.receivedAt, request: REQUEST };
    assert.deepEqual(decodeSubscriberMessage(pushed(REQUEST)), decoded);
    assert.deepEqual(decodeSubscriberMessage({ id: '17', data: pushed(REQUEST) }), decoded);
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
