import assert from 'node:assert/strict';
import fc from 'fast-check';
import { openQueue, QueueFullError } from './queue.ts';

const LIMITS = { maxRunning: 2, maxRunningBytes: 10, maxWaiting: 3, maxWaitingBytes: 12 };

/** Works that end when they are told to. */
function openWorks() {
  const queue = openQueue(LIMITS);
  const [started, shed, done]: [number[], number[], number[]] = [[], [], []];
  const ends = new Map<number, () => void>();
  const begin = (id: number, bytes: number, fails = false) =>
    queue
      .run(bytes, async () => {
        started.push(id);
        await new Promise<void>((resolve) => ends.set(id, resolve));
        if (fails) throw new Error('failed');
      })
      .then(
        () => done.push(id),
        (error) => (error instanceof QueueFullError ? shed : done).push(id),
      );
  const end = (id: number) => ends.get(id)?.();
  return { queue, started, shed, done, begin, end };
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('openQueue', () => {
  it('runs so many at once, lets so many wait, and refuses the next at once', async () => {
    const { begin, started, shed } = openWorks();
    for (let id = 0; id < 6; id += 1) void begin(id, 1);
    await settled();
    assert.deepEqual([started, shed], [[0, 1], [5]]);
  });

  it('gives the place of one that is done, or failed, to who has waited longest', async () => {
    const { begin, end, started } = openWorks();
    for (let id = 0; id < 4; id += 1) void begin(id, 1, true);
    await settled();
    end(1);
    await settled();
    assert.deepEqual(started, [0, 1, 2]);
  });

  it('bounds the bytes of what runs and of what waits; one that is larger runs alone', async () => {
    const { begin, end, started, shed } = openWorks();
    for (const [id, bytes] of [11, 1, 12, 1].entries()) void begin(id, bytes);
    await settled();
    assert.deepEqual([started, shed], [[0], [2]]);
    end(0);
    await settled();
    assert.deepEqual(started, [0, 1, 3]);
  });

  it('is idle once nothing runs or waits', async () => {
    const { queue, begin, end, done } = openWorks();
    await queue.idle();
    for (let id = 0; id < 3; id += 1) void begin(id, 6);
    let isIdle = false;
    const idle = queue.idle().then(() => {
      isIdle = true;
    });
    for (let id = 0; id < 3; id += 1) {
      await settled();
      assert.equal(isIdle, false);
      end(id);
    }
    await idle;
    await settled();
    assert.deepEqual(done, [0, 1, 2]);
  });

  it('starts in order, and loses none', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ bytes: fc.nat(15), endFirst: fc.boolean() }), { maxLength: 40 }),
        async (works) => {
          const { begin, end, started, shed, done } = openWorks();
          const ends: Promise<unknown>[] = [];
          for (const [id, { bytes, endFirst }] of works.entries()) {
            ends.push(begin(id, bytes));
            await settled();
            if (endFirst) for (const open of started.filter((one) => !done.includes(one)).slice(0, 1)) end(open);
            await settled();
          }
          for (const _ of works) {
            for (const open of started) end(open);
            await settled();
          }
          await Promise.all(ends);
          assert.deepEqual(
            started,
            started.toSorted((a, b) => a - b),
          );
          assert.deepEqual(
            [...done, ...shed].toSorted((a, b) => a - b),
            [...works.keys()],
          );
        },
      ),
      { numRuns: 50 },
    ));
});
