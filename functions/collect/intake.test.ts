import assert from 'node:assert/strict';
import fc from 'fast-check';
import { QueueFullError } from '../../shared/runtime/queue.ts';
import { openIntake } from './intake.ts';
import { MAX_BODY_BYTES, MAX_POSTS_OF_NETWORK } from './limits.ts';

const FLOOD = '203.0.113.9';
const REPORT_BYTES = 4096;

/** Posts to an archive that answers nobody, each of which is told whether it may wait. */
function openStuckIntake() {
  const intake = openIntake({ now: () => new Date('2026-03-09T07:05:06.789Z'), log: () => {} });
  const ends: (() => void)[] = [];
  let isOver = false;
  const work = () => new Promise<void>((resolve) => (isOver ? resolve() : ends.push(resolve)));
  const outcomes: Promise<boolean>[] = [];
  return {
    post: (senderAddress: string, bodyBytes: number) => {
      const outcome = intake.admit({ senderAddress, bodyBytes }, work).then(
        () => true,
        (error) => !(error instanceof QueueFullError),
      );
      outcomes.push(outcome);
      return outcome;
    },
    /** How many of all had a place, once the archive answers. */
    release: async () => {
      isOver = true;
      for (const end of ends) end();
      return (await Promise.all(outcomes)).filter(Boolean).length;
    },
  };
}

describe('openIntake', () => {
  it('keeps large bodies of one network out of the way of the others', async () => {
    const { post, release } = openStuckIntake();
    for (let n = 0; n < 25; n += 1) void post(FLOOD, MAX_BODY_BYTES);
    const others = Array.from({ length: 50 }, (_, n) => post(`198.51.${n}.7`, REPORT_BYTES));
    await release();
    assert.deepEqual(
      await Promise.all(others),
      others.map(() => true),
    );
  });

  it('has a place for the others whatever one network sends', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.nat(REPORT_BYTES), fc.nat(64 * 1024), fc.nat(MAX_BODY_BYTES)), {
          size: 'max',
          maxLength: 2 * MAX_POSTS_OF_NETWORK,
        }),
        async (bodies) => {
          const { post, release } = openStuckIntake();
          for (const bytes of bodies) void post(FLOOD, bytes);
          const other = post('198.51.100.7', REPORT_BYTES);
          await release();
          assert.equal(await other, true);
        },
      ),
      { examples: [[Array(2 * MAX_POSTS_OF_NETWORK).fill(REPORT_BYTES)]], numRuns: 50, endOnFailure: true },
    ));
});
