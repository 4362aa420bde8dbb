import assert from 'node:assert/strict';
import { untilOver } from './derived-tables.ts';

describe('untilOver', () => {
  it('asks until the job is over, however often it is told that it goes on', async () => {
    const answers = [{ jobComplete: false }, { jobComplete: false }, { jobComplete: true }, { jobComplete: true }];
    await untilOver(async () => answers.shift());
    assert.equal(answers.length, 1);
  });

  it('fails as the job does in the end', () => {
    const answers = [{ jobComplete: false }];
    const ask = async () => {
      if (answers.length === 0) throw new Error('the job failed');
      return answers.shift();
    };
    return assert.rejects(untilOver(ask), /the job failed/);
  });
});
