import assert from 'node:assert/strict';
import { BigQuery } from '@google-cloud/bigquery';
import { addDays } from '../../../shared/figures/days.ts';
import { openLateDays } from '../../../shared/stores/figures/late-days.ts';
import { openLeases } from '../../../shared/stores/figures/leases.ts';
import { capturedEvent, TEST_PROJECT } from '../../../shared/testing/events.ts';
import { capturedRun } from '../../testing/captured-run.ts';
import { type OwnSystem, openOwnSystem } from '../../testing/own-system.ts';

const OTHER = { ...TEST_PROJECT, hash: 'b4a8da5b-b419-4656-98e9-4a42e9044892', name: 'Other', slug: 'other' };

describe('sitebeat rebuild', function () {
  this.timeout(60_000);
  const today = new Date().toISOString().slice(0, 10);
  let system: OwnSystem;
  before(async () => {
    system = await openOwnSystem([TEST_PROJECT, OTHER]);
  });
  after(() => system.close());

  const run = (...args: string[]) => capturedRun(['rebuild', ...args], system.env);
  const daysMade = async () => {
    const query = `SELECT day, active FROM \`${system.env.BIGQUERY_DATASET}.project_days\` WHERE day > '2000-01-01' ORDER BY day`;
    const [rows] = await new BigQuery({ projectId: process.env.GOOGLE_CLOUD_PROJECT ?? '' }).query(query);
    return rows.map(({ day, active }) => [day.value, active]);
  };
  const receive = (id: string, day: string) =>
    system.process(
      capturedEvent('track', {
        id,
        receivedAt: `${day}T00:00:01.000Z`,
        payload: { url: `https://${id}.example`, site: id },
      }),
    );

  it('says what the days of the history would cost, and does nothing, with --dry-run', async () => {
    await receive('first-1', addDays(today, -2));
    const { exitCode, stdout, stderr } = await run('--dry-run', '--json');
    assert.equal(exitCode, 0, stderr);
    const { days, gib, usd } = JSON.parse(stdout);
    assert.deepEqual([days, gib > 0, usd > 0], [3, true, true]);
    assert.deepEqual(await daysMade(), []);
  });

  it('makes every day at first, and says before what it costs', async () => {
    const { exitCode, stdout, stderr } = await run();
    assert.equal(exitCode, 0, stderr);
    assert.match(stderr, /^3 days to be made of the history; BigQuery reads 0\.01 GiB at most, about \$0\.01$/m);
    assert.match(stdout, /^3 days of figures made, 1 projects' charts published$/m);
    assert.deepEqual(
      await daysMade(),
      [-2, -1, 0].map((days) => [addDays(today, days), 1]),
    );
  });

  it('makes the days of a range again, with what nobody has said is there', async () => {
    await receive('second-1', addDays(today, -1));
    await openLateDays(system.db).remove(await openLateDays(system.db).waiting(today, 10));
    const { exitCode, stderr } = await run('--from', addDays(today, -1), '--to', addDays(today, -1));
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(
      await daysMade(),
      [1, 2, 2].map((active, index) => [addDays(today, index - 2), active]),
    );
  });

  it('ends with 1 when the charts of some project cannot be made, and says of which; the others have theirs', async () => {
    await system.process(
      capturedEvent('track', { id: 'other-1', receivedAt: `${today}T00:00:01.000Z`, payload: { hash: OTHER.hash } }),
    );
    assert.equal((await run()).exitCode, 0);
    const analytics = system.db.collection<{ _id: string; dimensions: unknown; generation: number }>('analytics');
    await analytics.updateOne({ _id: OTHER.hash }, { $set: { dimensions: 5 } });
    const before = await analytics.findOne({ _id: TEST_PROJECT.hash });
    const { exitCode, stdout, stderr } = await run('--json');
    const after = await analytics.findOne({ _id: TEST_PROJECT.hash });
    assert.equal(exitCode, 1);
    assert.deepEqual([JSON.parse(stdout).projects, JSON.parse(stdout).failed], [2, 1]);
    assert.match(stderr, /^sitebeat: projects keep the charts that they had/m);
    assert.ok(after && before && after.generation > before.generation);
    await analytics.deleteOne({ _id: OTHER.hash });
    assert.equal((await run()).exitCode, 0);
  });

  it('does nothing while another one is at it', async () => {
    const lease = await openLeases(system.db).take('rebuild', 60_000);
    const { exitCode, stderr } = await run();
    await lease?.release();
    assert.deepEqual([exitCode, /another rebuild is under way/.test(stderr)], [1, true]);
  });

  for (const args of [
    ['--to', '2026-03-01'],
    ['--from', '2026-02-30'],
    ['--from', '2026-03-02', '--to', '2026-03-01'],
  ])
    it(`ends with 2 for ${args.join(' ')}`, async () => assert.equal((await run(...args)).exitCode, 2));
});
