import assert from 'node:assert/strict';
import { describeInProof, IS_PROOF } from '../../../shared/testing/in-proof.ts';
import { BROKEN_HANDLERS } from './broken-handlers.ts';
import { type ChaosSystem, openChaosSystem } from './chaos-system.ts';
import type { Handler } from './faultless.ts';
import { runSeed, runSeeds, type SeedRun } from './run-seed.ts';

/** A mistake shows in one of so many; `npm run chaos` takes as many as one wants. */
const SEEDS = 10;
const SOUND_SEEDS = IS_PROOF ? SEEDS : 3;

const CAUGHT_AS: Record<keyof typeof BROKEN_HANDLERS, RegExp> = {
  'answers before it has written': /^answered, and neither in the history nor rejected: /,
  'replaces a site that another one wrote meanwhile': /^document (?:missing|too many): sites/,
  'gives each row an id of its own': /^row too many: (?:sites|deactivations|tracking_skips) /,
  'rejects what only failed for now': /^row too many: rejections /,
};

const SOONEST_CAUGHT = 'answers before it has written';

describe('runSeed', function () {
  this.timeout(300_000);
  let system: ChaosSystem;
  beforeEach(async () => {
    system = await openChaosSystem();
  });
  afterEach(() => system.close());

  const catching = async (handler: Handler): Promise<SeedRun> => {
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const run = await runSeed(system, seed, handler);
      if (run.violations.length > 0) return run;
    }
    throw new assert.AssertionError({ message: `not caught in ${SEEDS} seeds` });
  };

  it(`finds nothing lost, doubled or out of order in ${SOUND_SEEDS} seeds`, async () => {
    const runs = await runSeeds(
      system,
      Array.from({ length: SOUND_SEEDS }, (_, index) => index + 1),
    );
    const wrong = runs.filter(({ violations }) => violations.length > 0);
    assert.deepEqual(
      wrong.map(({ seed, violations }) => ({ seed, violations })),
      [],
    );
    const faults = runs.reduce((sum, run) => sum + run.faults, 0);
    assert.ok(faults > SOUND_SEEDS * 5, `only ${faults} faults`);
  });

  const catches = (title: keyof typeof BROKEN_HANDLERS) =>
    it(`catches a handler that ${title}`, async () => {
      const { violations } = await catching(BROKEN_HANDLERS[title]);
      assert.ok(
        violations.some((violation) => CAUGHT_AS[title].test(violation)),
        violations.join('\n'),
      );
    });

  catches(SOONEST_CAUGHT);

  describeInProof('with each other mistake', () => {
    for (const title of Object.keys(CAUGHT_AS) as (keyof typeof BROKEN_HANDLERS)[])
      if (title !== SOONEST_CAUGHT) catches(title);
  });

  it('runs a seed again, alone and elsewhere, call for call and with the same violations', async () => {
    const handler = BROKEN_HANDLERS[IS_PROOF ? 'rejects what only failed for now' : SOONEST_CAUGHT];
    const first = await catching(handler);
    const other = await openChaosSystem();
    try {
      assert.deepEqual(await runSeed(other, first.seed, handler), first);
    } finally {
      await other.close();
    }
  });
});
