import assert from 'node:assert/strict';
import { useFakeTimers } from 'sinon';
import { inProof } from '../../shared/testing/in-proof.ts';
import { until } from '../../shared/testing/until.ts';
import { type OwnCollect, openOwnCollect } from '../testing/own-collect.ts';
import { openIntake } from './intake.ts';
import { MAX_POSTS_OF_NETWORK, OVER_RATE_QUEUE, STORE_MS, USUAL_QUEUE } from './limits.ts';
import type { Dependencies } from './routes.ts';

const NOW = new Date('2026-03-09T07:05:06.789Z');
const HASH = 'a4a8da5b-b419-4656-98e9-4a42e9044891';

describe('collect under load', () => {
  let own: OwnCollect;
  let archive: Dependencies['archive'];

  before(async () => {
    own = await openOwnCollect(NOW);
    ({ archive } = own.dependencies);
  });
  beforeEach(() => {
    const { now, log } = own.dependencies;
    Object.assign(own.dependencies, { archive, intake: openIntake({ now, log }), forwardedHops: 1 });
  });
  after(() => own.close());

  /** Holds each write until `release`. */
  function holdWrites() {
    const held: (() => void)[] = [];
    own.dependencies.archive = {
      create: async (event, text) => {
        await new Promise<void>((resolve) => held.push(resolve));
        await archive.create(event, text);
      },
    };
    const release = () => {
      own.dependencies.archive = archive;
      for (const resolve of held) resolve();
    };
    return { held, release };
  }
  const from = (address: string) => own.postForm(`hash=${HASH}`, { 'x-forwarded-for': address });

  inProof('lets a post wait for its turn, and answers 503 at once only when it may not even wait', async () => {
    // no wait ends meanwhile, however slow the machine is
    const clock = useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { held, release } = holdWrites();
      const { maxRunning, maxWaiting } = USUAL_QUEUE;
      const answers = Array.from({ length: maxRunning + maxWaiting + 1 }, () => own.postForm(`hash=${HASH}`));
      const first = await Promise.race(answers);
      assert.deepEqual([first.status, first.body.error, first.headers['retry-after']], [503, 'overloaded', '5']);
      assert.equal(held.length, maxRunning);
      release();
      const statuses = (await Promise.all(answers)).map(({ status }) => status);
      assert.equal(statuses.filter((status) => status === 200).length, maxRunning + maxWaiting);
    } finally {
      clock.restore();
    }
  });

  it('stores what a network sends beyond its share, apart, so that it is in nobody’s way', async () => {
    const flood = '203.0.113.9';
    // its share alone is used up by these
    own.dependencies.archive = { create: async () => {} };
    for (let n = 0; n < MAX_POSTS_OF_NETWORK; n += 50) {
      await Promise.all(Array.from({ length: 50 }, () => from(flood)));
    }
    const { held, release } = holdWrites();
    const beyond = Array.from({ length: USUAL_QUEUE.maxRunning }, () => from(flood));
    await until(() => held.length === OVER_RATE_QUEUE.maxRunning, { what: 'writes of the flood' });
    const others = Array.from({ length: USUAL_QUEUE.maxRunning }, () => from('198.51.100.7'));
    await until(() => held.length === OVER_RATE_QUEUE.maxRunning + USUAL_QUEUE.maxRunning, { what: 'the others' });
    release();
    for (const answer of await Promise.all([...beyond, ...others])) await own.storedText(answer);
  });

  it('gives up a write that hangs, and its place', async () => {
    const clock = useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const writes = new Promise<void>((resolve) => {
        own.dependencies.archive = {
          create: () => {
            resolve();
            return new Promise(() => {});
          },
        };
      });
      const answer = own.postForm(`hash=${HASH}`);
      await writes;
      clock.tick(STORE_MS);
      assert.equal((await answer).status, 503);
    } finally {
      clock.restore();
    }
    await own.dependencies.intake.admit(
      { senderAddress: null, bodyBytes: USUAL_QUEUE.maxRunningBytes },
      async () => {},
    );
  });
});
