import assert from 'node:assert/strict';
import { setImmediate as nextLoop } from 'node:timers/promises';
import { type SinonFakeTimers, useFakeTimers } from 'sinon';
import { type Cohorts, MAX_WAIT_MS, openCohorts } from './cohorts.ts';

describe('openCohorts', () => {
  let clock: SinonFakeTimers;
  let cohorts: Cohorts;
  let log: string[];
  let ends: Map<string, () => void>;
  beforeEach(() => {
    clock = useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    // past the moment of its start, which is no end of a cohort
    clock.tick(1000);
    [cohorts, log, ends] = [openCohorts(), [], new Map()];
  });
  afterEach(() => clock.restore());

  /** Works until `end` is called. */
  const start = (name: string, prepare: () => Promise<unknown> = async () => {}) =>
    cohorts.run(prepare, () => {
      log.push(name);
      return new Promise<void>((resolve) => ends.set(name, resolve));
    });
  const end = async (...names: string[]) => {
    for (const name of names) ends.get(name)?.();
    await nextLoop();
  };

  it('keeps nobody waiting where nothing is under way, again and again', async () => {
    for (const name of ['a', 'b', 'c']) {
      const done = start(name);
      await nextLoop();
      assert.equal(log.at(-1), name);
      await end(name);
      await done;
    }
  });

  it('lets those that come while others are worked on go on together, once these are done and nobody comes', async () => {
    void start('a');
    await nextLoop();
    for (const name of ['b', 'c']) void start(name);
    await nextLoop();
    assert.deepEqual(log, ['a']);
    await end('a');
    assert.deepEqual(log, ['a', 'b', 'c']);
    // after a cohort of several, those that are about to come are waited for
    void start('d');
    let isRead = () => {};
    void start('e', () => new Promise<void>((resolve) => (isRead = resolve)));
    await end('b', 'c');
    await clock.tickAsync(100);
    assert.deepEqual(log, ['a', 'b', 'c']);
    isRead();
    await nextLoop();
    assert.deepEqual(log, ['a', 'b', 'c', 'd', 'e']);
  });

  it('waits for those that take the place of a cohort that has ended', async () => {
    void start('a');
    await nextLoop();
    for (const name of ['b', 'c']) void start(name);
    await end('a');
    void start('d');
    await clock.tickAsync(100);
    await end('b', 'c');
    assert.deepEqual(log, ['a', 'b', 'c']);
    void start('e');
    await clock.tickAsync(100);
    assert.deepEqual(log, ['a', 'b', 'c', 'd', 'e']);
  });

  it('does not wait for a crowd that has long gone', async () => {
    for (const name of ['a', 'b', 'c']) void start(name);
    await nextLoop();
    await end('a');
    await end('b', 'c');
    await clock.tickAsync(1000);
    void start('d');
    await nextLoop();
    assert.equal(log.at(-1), 'd');
  });

  it('goes on without those that are stuck', async () => {
    void start('stuck');
    await nextLoop();
    void start('a');
    await nextLoop();
    await clock.tickAsync(MAX_WAIT_MS - 1);
    assert.deepEqual(log, ['stuck']);
    await clock.tickAsync(1);
    assert.deepEqual(log, ['stuck', 'a']);
  });

  it('fails what failed, before or in its work, and nobody else', async () => {
    const failing = async () => {
      throw new Error('failed');
    };
    void start('a');
    await nextLoop();
    const outcomes = [start('unread', failing), cohorts.run(async () => {}, failing), start('b')];
    const settled = Promise.allSettled(outcomes);
    await nextLoop();
    await end('a');
    await end('b');
    assert.deepEqual(
      (await settled).map(({ status }) => status),
      ['rejected', 'rejected', 'fulfilled'],
    );
    const done = start('c');
    await clock.tickAsync(100);
    await end('c');
    await done;
  });
});
