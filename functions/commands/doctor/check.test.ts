import assert from 'node:assert/strict';
import sinon from 'sinon';
import { TransientError } from '../../../shared/runtime/errors.ts';
import { checksOf } from './check.ts';

describe('checksOf', () => {
  it('gives the checks of a store', async () => {
    const check = { what: 'topic objects', expected: 'there', actual: 'missing' };
    assert.deepEqual(await checksOf('Pub/Sub', async () => [check]), [check]);
  });

  for (const { title, error, reason } of [
    { title: "a client's own words, their first line", error: new Error('refused\n  at'), reason: 'refused' },
    {
      title: 'the cause of an error that wraps it',
      error: new TransientError('projects', { cause: new Error('no primary') }),
      reason: 'no primary',
    },
    { title: 'no more than a line can hold', error: new Error('x'.repeat(500)), reason: 'x'.repeat(200) },
    { title: 'its name, of an error without words', error: new TypeError(), reason: 'TypeError' },
  ])
    it(`says of a store that cannot be read ${title}`, async () => {
      const checks = await checksOf('MongoDB', () => Promise.reject(error));
      assert.deepEqual(checks, [{ what: 'MongoDB', expected: 'can be read', actual: `cannot be read: ${reason}` }]);
    });

  it('does not wait for ever for one that says nothing', async () => {
    const clock = sinon.useFakeTimers();
    try {
      const checks = checksOf('BigQuery', () => new Promise(() => {}));
      await clock.tickAsync(10_000);
      assert.equal((await checks)[0]?.actual, 'cannot be read: no answer within 10 s');
    } finally {
      clock.restore();
    }
  });
});
