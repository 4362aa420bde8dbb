import assert from 'node:assert/strict';
import fc from 'fast-check';
import { seededRandom } from '../../../shared/simulation/random.ts';
import { type Gate, type Job, runJobs } from './run-jobs.ts';

const refused = (what: string) => new Error(what);

describe('runJobs', () => {
  /** Jobs of three calls each, that note what happened. */
  const jobsThatNote = (count: number, isRetried: boolean) => {
    const happened: string[] = [];
    const ended: string[] = [];
    const jobs = Array.from({ length: count }, (_, index): Job => {
      const name = `job ${index}`;
      const run = async (gate: Gate) => {
        for (const call of ['a', 'b', 'c'])
          await gate(call, async () => void happened.push(`${name}: ${call}`), refused);
        ended.push(name);
      };
      return { name, isRetried, run };
    });
    return { jobs, happened, ended };
  };

  it('runs every retried job until it ended well, and each of its calls happened', () =>
    fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 12 }), async (seed, count) => {
        const { jobs, happened, ended } = jobsThatNote(count, true);
        await runJobs(jobs, seededRandom(seed));
        assert.equal(new Set(ended).size, count);
        assert.equal(new Set(happened).size, count * 3);
      }),
    ));

  it('runs a job once that nobody tries again', () =>
    fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const { jobs, happened, ended } = jobsThatNote(12, false);
        await runJobs(jobs, seededRandom(seed));
        assert.equal(new Set(ended).size, ended.length);
        assert.equal(new Set(happened).size, happened.length);
      }),
    ));

  it('does the same for the same seed, and harm for most', async () => {
    const runs = [];
    for (const seed of [1, 1, 2, 3, 4, 5]) runs.push(await runJobs(jobsThatNote(12, true).jobs, seededRandom(seed)));
    assert.deepEqual(runs[0], runs[1]);
    assert.equal(new Set(runs.map(({ trace }) => trace.join())).size, 5);
    assert.ok(runs.filter(({ faults }) => faults > 0).length > 3);
  });

  it('names a job that waits for what passes no gate', async () => {
    const job: Job = { name: 'lonely', isRetried: true, run: () => new Promise(() => {}) };
    await assert.rejects(runJobs([job], seededRandom(1)), /lonely waits for something that passes no gate/);
  });
});
