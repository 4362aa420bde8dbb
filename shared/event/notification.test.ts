import assert from 'node:assert/strict';
import { decodeNotification } from './notification.ts';

const ATTRIBUTES = {
  bucketId: 'archive',
  eventType: 'OBJECT_FINALIZE',
  objectId: 'track/2026/03/09/07/0b7a6a0e-1111-4222-8333-444455556666.json',
  payloadFormat: 'JSON_API_V1',
};

describe('decodeNotification', () => {
  const object = {
    name: ATTRIBUTES.objectId,
    kind: 'track',
    id: '0b7a6a0e-1111-4222-8333-444455556666',
    hour: new Date('2026-03-09T07:00:00Z'),
  };

  it('reads a push that the framework made a CloudEvent of', () => {
    assert.deepEqual(
      decodeNotification({ id: '1', data: { message: { data: 'e30=', attributes: ATTRIBUTES } } }, 'archive'),
      object,
    );
  });

  it('reads a push without data, which the framework hands on as it is', () => {
    assert.deepEqual(decodeNotification({ message: { attributes: ATTRIBUTES }, subscription: 's' }, 'archive'), object);
  });

  for (const { title, change } of [
    { title: 'that is deleted', change: { eventType: 'OBJECT_DELETE' } },
    { title: 'of another kind', change: { objectId: 'licence/2026/03/09/07/0b7a6a0e-1111.json' } },
    { title: 'with an impossible hour', change: { objectId: 'track/2026/13/09/07/0b7a6a0e-1111.json' } },
    { title: 'of a year that no store takes', change: { objectId: 'track/0000/03/09/07/0b7a6a0e-1111.json' } },
    { title: 'outside the layout', change: { objectId: 'track/0b7a6a0e-1111.json' } },
  ])
    it(`ignores an object ${title}`, () => {
      assert.equal(decodeNotification({ message: { attributes: { ...ATTRIBUTES, ...change } } }, 'archive'), undefined);
    });

  it('fails for an object of another bucket, so that nothing is acked unread', () => {
    const message = { attributes: { ...ATTRIBUTES, bucketId: 'other' } };
    assert.throws(() => decodeNotification({ message }, 'archive'), /another bucket/);
  });

  for (const odd of [undefined, null, 'text', {}, { data: null }, { message: { attributes: 'x' } }])
    it(`ignores ${JSON.stringify(odd)}`, () => assert.equal(decodeNotification(odd, 'archive'), undefined));
});
