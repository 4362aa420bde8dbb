import assert from 'node:assert/strict';
import { groupCommit } from './group-commit.ts';

describe('groupCommit', () => {
  function setUp(failures = (_items: number[]) => new Map<number, unknown>()) {
    const commits: number[][] = [];
    const group = groupCommit<number>(
      async (items) => {
        commits.push(items);
        await Promise.resolve();
        return failures(items);
      },
      { maxItems: 3, maxSize: 100, sizeOf: (item) => item },
    );
    return { commits, group };
  }

  it('lets a lone item wait for nobody, and those that come meanwhile share commits of at most the limit', async () => {
    const { commits, group } = setUp();
    const first = group.add(1);
    await new Promise(process.nextTick);
    assert.deepEqual(commits, [[1]]);
    await Promise.all([first, ...[2, 3, 4, 5, 6].map((item) => group.add(item))]);
    assert.deepEqual(commits, [[1], [2, 3, 4], [5, 6]]);
    await group.add(7);
    assert.deepEqual(commits.at(-1), [7]);
  });

  it('takes those together that go on from one answer', async () => {
    const { commits, group } = setUp();
    const answer = Promise.resolve();
    await Promise.all([1, 2, 3].map((item) => answer.then(() => group.add(item))));
    assert.deepEqual(commits, [[1, 2, 3]]);
  });

  it('keeps a commit below the size, but for an item that is larger alone', async () => {
    const { commits, group } = setUp();
    await Promise.all([1, 60, 40, 30, 500, 2].map((item) => group.add(item)));
    assert.deepEqual(commits, [[1, 60], [40, 30], [500], [2]]);
  });

  it('fails an item that was refused, and not its neighbours', async () => {
    const { group } = setUp(
      (items) => new Map(items.filter((item) => item === 3).map((item) => [item, new Error('refused')])),
    );
    const outcomes = await Promise.allSettled([1, 2, 3, 4].map((item) => group.add(item)));
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
    );
  });

  it('fails the items of a failed commit, and goes on', async () => {
    const { group } = setUp((items) => {
      if (items.includes(2)) throw new Error('out of reach');
      return new Map();
    });
    const outcomes = await Promise.allSettled([1, 2, 3, 4].map((item) => group.add(item)));
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['rejected', 'rejected', 'rejected', 'fulfilled'],
    );
    await group.add(5);
  });
});
