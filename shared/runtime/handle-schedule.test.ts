import assert from 'node:assert/strict';
import { BusyError, TransientError } from './errors.ts';
import { handleSchedule } from './handle-schedule.ts';

describe('handleSchedule', () => {
  for (const { title, work, answer } of [
    { title: 'answers with the counts', work: async () => ({ projects: 2 }), answer: [200, { projects: 2 }] },
    {
      title: 'says when another one is at it',
      work: () => Promise.reject(new BusyError('it is')),
      answer: [409, { error: 'busy' }],
    },
    {
      title: 'has it done again when something failed',
      work: () => Promise.reject(new TransientError('it broke', { cause: undefined })),
      answer: [503, { error: 'unavailable' }],
    },
  ])
    it(title, async () => {
      const given: unknown[] = [200];
      const response = {
        status: (code: number) => {
          given[0] = code;
          return response;
        },
        json: (body: unknown) => given.push(body),
      };
      await handleSchedule({ work, done: 'done', failed: 'not done', log: () => {} })(undefined, response);
      assert.deepEqual(given, answer);
    });
});
