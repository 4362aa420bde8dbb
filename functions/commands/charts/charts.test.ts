import assert from 'node:assert/strict';
import { addDays } from '../../../shared/figures/days.ts';
import type { SeriesDocument } from '../../../shared/figures/documents.ts';
import { seriesId } from '../../../shared/stores/figures/figures.ts';
import { openFiguresWriter } from '../../../shared/stores/figures/figures-writer.ts';
import type { Latest } from '../../../shared/stores/mongodb.ts';
import type { ProjectDocument } from '../../../shared/stores/projects.ts';
import { TEST_PROJECT } from '../../../shared/testing/events.ts';
import { ownDatabase } from '../../../shared/testing/stores.ts';
import { capturedRun } from '../../testing/captured-run.ts';

const { hash, ...PROJECT } = TEST_PROJECT;
const TODAY = '2026-11-30';

describe('sitebeat charts', () => {
  let latest: Latest;
  let env: Record<string, string>;

  before(async () => {
    latest = ownDatabase();
    const uri = new URL(process.env.MONGODB_URI ?? '');
    uri.pathname = `/${latest.db.databaseName}`;
    env = { MONGODB_URI: uri.href };
    const projects = latest.db.collection<ProjectDocument>('projects');
    await projects.insertMany([
      {
        _id: hash,
        ...PROJECT,
        advisories: [{ id: 'A-1', title: 'Hole', affected: '<3.2', fixedIn: '3.2', publishedAt: TODAY }],
      },
      { _id: 'new', ...PROJECT, slug: 'new' },
    ]);
    const writer = openFiguresWriter(latest.db);
    const month = (
      dimension: 'active' | 'flows' | 'version',
      names: string[],
      of: (date: number) => number[],
    ): SeriesDocument[] =>
      ['2026-10', '2026-11'].map((one) => ({
        _id: seriesId(hash, dimension, one),
        generation: 1,
        names,
        days: Array.from({ length: one === '2026-10' ? 31 : 30 }, (_, index) => ({
          day: addDays(`${one}-01`, index),
          total: 1000 + (one === '2026-10' ? 0 : 31) + index,
          unknown: 3,
          other: 0,
          counts: of(index).map((count, place): [number, number] => [place, count]),
        })),
      }));
    await writer.putSeries(
      [
        ...month('active', [], () => []),
        ...month('flows', ['new', 'left', 'firstRefusals'], () => [6, 5, 18]),
        ...month('version', ['3.2.0', '3.1.0'], () => [900, 50]),
      ],
      0,
    );
    await writer.publish({
      ...{ _id: hash, generation: 1, rebuiltAt: new Date(), through: addDays(TODAY, -1), today: TODAY },
      ...{ firstDay: '2026-10-01', dimensions: ['active', 'flows', 'version'], active: 1059, activeToday: 1060 },
      ...{ notCounted: { staging: 4, local: 3, ephemeral: 2, copies: 1 }, unsure: null, basis: null },
    });
  });
  after(async () => {
    await latest.db.dropDatabase();
    await latest.close();
  });

  it('shows a project at a glance', async () => {
    const { exitCode, stdout } = await capturedRun(['charts', 'test'], env);
    assert.equal(exitCode, 0);
    for (const line of [
      /^Data through 2026-11-29 \(UTC\), rebuilt 0 min ago$/m,
      /^1,059 sites use Test, 28 more than 28 days ago\. 140 left\.$/m,
      /^active +1,059 +\+28$/m,
      /^new +168 +0$/m,
      /^opt-in +25 % of 672 +0 points$/m,
      /^left {4}█{28}┄█ {2}highest 5$/m,
      /^ {2}3\.2\.0 +█{40} 900$/m,
      /^ {2}50 sites run versions <3\.2, advisory A-1: Hole$/m,
      /^Not counted: 4 staging, 3 local, 1 copies, 2 previews$/m,
    ])
      assert.match(stdout, line);
  });

  it('gives it to a program, of the days that are asked for', async () => {
    const { stdout } = await capturedRun(['charts', hash, '--range', 'all', '--json'], env);
    const { period, figures, chart } = JSON.parse(stdout);
    assert.deepEqual(period, { from: '2026-10-01', to: '2026-11-29', days: 60, compared: null });
    assert.deepEqual([figures.new.value, figures.new.change, chart.active.length], [360, null, 61]);
  });

  for (const { title, args, says, exitCode } of [
    { title: 'no such project', args: ['nobody'], says: /no project/, exitCode: 1 },
    { title: 'a project that was never rebuilt', args: ['new'], says: /nothing of new yet/, exitCode: 1 },
    { title: 'another range', args: ['test', '--range', '7d'], says: /Allowed choices are 28d/, exitCode: 2 },
  ])
    it(`ends with ${exitCode} on ${title}`, async () => {
      const result = await capturedRun(['charts', ...args], env);
      assert.deepEqual([result.exitCode, result.stdout], [exitCode, '']);
      assert.match(result.stderr, says);
    });
});
