import assert from 'node:assert/strict';
import { LosslessNumber } from 'lossless-json';
import { isJsonObject, parseStoredEvent, type StoredEvent, stringifyStoredEvent, userAgentMd5 } from './envelope.ts';

const EVENT: StoredEvent = {
  id: '0b7a6a0e-1111-4222-8333-444455556666',
  kind: 'track',
  receivedAt: '2026-03-09T07:05:06.789Z',
  userAgent: 'Appsero/6ea0a65d4dee544e5e0f4ff88b2e1c30;',
  contentType: 'application/json',
  senderAddress: '198.51.100.7',
  payload: { hash: 'abc', wp: { multisite: false }, users: { total: 3 }, extra: null },
};

describe('stringifyStoredEvent', () => {
  it('puts the payload into the envelope as it was sent', () => {
    const sent = '{ "hash":"abc",\n"a":1.10, "a":9007199254740993, "b":[1e400,-0], "c":"\\u00e9\\ud800" }';
    assert.ok(stringifyStoredEvent(EVENT, sent).endsWith(`,"payload":${sent}}`));
    assert.deepEqual(parseStoredEvent(stringifyStoredEvent(EVENT, sent)), {
      ...EVENT,
      payload: {
        hash: 'abc',
        a: new LosslessNumber('9007199254740993'),
        b: [new LosslessNumber('1e400'), new LosslessNumber('-0')],
        c: 'é\ud800',
      },
    });
  });

  it('writes a payload that came as a form as JSON, and the bytes where they are not sure', () => {
    for (const event of [EVENT, { ...EVENT, bodyBase64: 'aGFzaD3D' }]) {
      assert.deepEqual(JSON.parse(stringifyStoredEvent(event)), event);
      assert.deepEqual(parseStoredEvent(stringifyStoredEvent(event)), event);
    }
  });
});

describe('parseStoredEvent', () => {
  it('reads what the first version wrote', () => {
    const old =
      '{"id":"0b7a6a0e-1111-4222-8333-444455556666","kind":"track","receivedAt":"2026-03-09T07:05:06.789Z",' +
      '"userAgent":"Appsero/6ea0a65d4dee544e5e0f4ff88b2e1c30;","contentType":"application/json",' +
      '"senderAddress":"198.51.100.7","payload":{"hash":"abc","wp":{"multisite":false},"users":{"total":3},"extra":null}}';
    assert.deepEqual(parseStoredEvent(old), EVENT);
    assert.equal(stringifyStoredEvent(EVENT), old);
  });

  for (const { title, text } of [
    { title: 'no JSON', text: '{"id":' },
    { title: 'no object', text: '[]' },
    { title: 'another kind', text: JSON.stringify({ ...EVENT, kind: 'licence' }) },
    { title: 'no time', text: JSON.stringify({ ...EVENT, receivedAt: 'today' }) },
    { title: 'a time in other words', text: JSON.stringify({ ...EVENT, receivedAt: 'Mon, 09 Mar 2026 07:05:06 GMT' }) },
    {
      title: 'a year that BigQuery does not have',
      text: JSON.stringify({ ...EVENT, receivedAt: '0000-01-01T00:00:00.000Z' }),
    },
    { title: 'a year of five digits', text: JSON.stringify({ ...EVENT, receivedAt: '+010000-01-01T00:00:00.000Z' }) },
    { title: 'a User-Agent that is no text', text: JSON.stringify({ ...EVENT, userAgent: 5 }) },
    { title: 'no sender', text: JSON.stringify({ ...EVENT, senderAddress: undefined }) },
    {
      title: 'nesting that overflows the stack',
      text: stringifyStoredEvent(EVENT, `{"a":${'['.repeat(9999)}${']'.repeat(9999)}}`),
    },
    { title: 'a payload that is a number', text: stringifyStoredEvent(EVENT, '1.10') },
    { title: 'no payload', text: JSON.stringify({ ...EVENT, payload: undefined }) },
  ])
    it(`refuses ${title} for good`, () => {
      assert.throws(() => parseStoredEvent(text), { name: 'PermanentError', reason: 'invalid_object' });
    });
});

describe('isJsonObject', () => {
  it('is false for a number that keeps its text', () => {
    assert.equal(isJsonObject(new LosslessNumber('1.10')), false);
    assert.equal(isJsonObject({ value: '1.10', isLosslessNumber: true }), true);
  });
});

describe('userAgentMd5', () => {
  for (const { userAgent, md5 } of [
    { userAgent: 'Appsero/6EA0a65d4dee544e5e0f4ff88b2e1c30;', md5: '6ea0a65d4dee544e5e0f4ff88b2e1c30' },
    { userAgent: '6ea0a65d4dee544e5e0f4ff88b2e1c30', md5: '6ea0a65d4dee544e5e0f4ff88b2e1c30' },
    { userAgent: 'Appsero/6ea0a65d4dee544e5e0f4ff88b2e1c30a;', md5: null },
    { userAgent: null, md5: null },
  ])
    it(`${userAgent} names ${md5}`, () => assert.equal(userAgentMd5(userAgent), md5));
});
