import assert from 'node:assert/strict';
import sinon from 'sinon';
import { ApiError, apiHref, getJson } from './api-client.ts';

/** An answer whose body ends so in its middle. */
const cut = (status: number, error: Error) => {
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"days":['));
      controller.error(error);
    },
  });
  return new Response(body, { status });
};

describe('getJson', () => {
  afterEach(() => sinon.restore());
  const answering = (response: Response) => sinon.stub(globalThis, 'fetch').resolves(response);

  it('gives what was answered', async () => {
    answering(Response.json({ days: [] }));
    assert.deepEqual(await getJson('/api/v1/status'), { days: [] });
  });

  it('takes an answer that is given up in its middle for no answer', async () => {
    answering(cut(200, new DOMException('given up', 'AbortError')));
    await assert.rejects(getJson('/api/v1/status'), { name: 'AbortError' });
  });

  it('takes an answer that is cut off for a failure', async () => {
    answering(cut(200, new Error('cut off')));
    await assert.rejects(getJson('/api/v1/status'), (error) => error instanceof ApiError && error.status === 0);
  });

  it('tells the problem and the request of a refusal, also of one without a document', async () => {
    answering(Response.json({ title: 'There is nothing here', status: 404, instance: 'req_1' }, { status: 404 }));
    await assert.rejects(getJson('/x'), { status: 404, requestId: 'req_1', message: 'There is nothing here' });
    sinon.restore();
    answering(new Response('<html>', { status: 502 }));
    await assert.rejects(getJson('/x'), { status: 502, requestId: null, message: 'The request failed (502)' });
  });
});

describe('apiHref', () => {
  it('leaves out what is not given, and escapes the rest', () => {
    assert.equal(apiHref('/a', { q: 'x&y=1', state: null, since: '', limit: 10 }), '/api/v1/a?q=x%26y%3D1&limit=10');
    assert.equal(apiHref('/a', { state: undefined }), '/api/v1/a');
  });
});
