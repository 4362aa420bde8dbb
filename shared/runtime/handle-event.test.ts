import assert from 'node:assert/strict';
import { PermanentError, TransientError } from './errors.ts';
import { handleEvent } from './handle-event.ts';
import type { LogFields } from './log.ts';

describe('handleEvent', () => {
  const SECRET = 'bob@example.org';

  function setUp(work: () => Promise<void>, reject = async () => {}) {
    const lines: string[] = [];
    const log = (severity: string, message: string, fields?: LogFields) =>
      lines.push(JSON.stringify({ severity, message, ...fields }));
    const decode = (message: unknown) => {
      if (message === 'misled') throw new TransientError('a notification of another bucket', { cause: undefined });
      return message === 'ours' ? { id: 'event-1' } : undefined;
    };
    return { lines, handle: handleEvent({ decode, work, reject, log }) };
  }

  it('acks what is not for this function, without working', async () => {
    const { handle, lines } = setUp(() => assert.fail('worked'));
    await handle('theirs');
    assert.deepEqual(lines, []);
  });

  it('does not ack what it cannot decode, and logs it as an error', async () => {
    const { handle, lines } = setUp(() => assert.fail('worked'));
    await assert.rejects(handle('misled'), /another bucket/);
    assert.match(lines.join(), /"severity":"ERROR"/);
  });

  it('records a permanent failure and acks', async () => {
    const rejected: unknown[] = [];
    const failure = new PermanentError('invalid_object', null, 'not JSON');
    const { handle } = setUp(
      () => Promise.reject(failure),
      async (...args: unknown[]) => void rejected.push(args),
    );
    await handle('ours');
    assert.deepEqual(rejected, [[{ id: 'event-1' }, failure]]);
  });

  for (const { title, failure } of [
    { title: 'a transient failure', failure: new TransientError('sites failed', { cause: new Error(SECRET) }) },
    { title: 'a failure that nobody foresaw', failure: new TypeError(`cannot read ${SECRET}`) },
  ])
    it(`does not ack ${title}, and says nothing of what was worked on`, async () => {
      const { handle, lines } = setUp(() => Promise.reject(failure));
      await assert.rejects(handle('ours'), (error: Error) => !String(error.stack).includes(SECRET));
      assert.equal(lines.length, 1);
      assert.doesNotMatch(lines.join(), new RegExp(SECRET));
      assert.match(lines.join(), /event-1/);
    });

  it('does not ack when the rejection cannot be recorded', async () => {
    const { handle } = setUp(
      () => Promise.reject(new PermanentError('invalid_object', null, 'not JSON')),
      () => Promise.reject(new TransientError('table rejections failed', { cause: undefined })),
    );
    await assert.rejects(handle('ours'), /table rejections failed/);
  });
});
