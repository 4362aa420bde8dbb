import assert from 'node:assert/strict';
import type { Day } from '../../shared/figures/days.ts';
import { TransientError } from '../../shared/runtime/errors.ts';
import { openFigures } from '../../shared/stores/figures/figures.ts';
import { openFiguresWriter } from '../../shared/stores/figures/figures-writer.ts';
import { inProof } from '../../shared/testing/in-proof.ts';
import { ownDatabase } from '../../shared/testing/stores.ts';
import { lives, months } from './publish/figure-queries.ts';
import { type PublishRun, type PublishStores, publish } from './publish.ts';
import {
  dayOf,
  FIGURES,
  type OwnPublishing,
  openOwnPublishing,
  spread,
  THROUGH,
  TODAY,
} from './testing/own-publishing.ts';

describe('publish', () => {
  let own: OwnPublishing;
  before(async () => {
    own = await openOwnPublishing();
  });
  after(() => own.close());

  /** A run in which the series of a project fail. */
  const runWithout = (project: string, changes: Partial<PublishRun> = {}) => {
    const failing = {
      ...own.stores.figures,
      putSeries: async (...[documents, published]: Parameters<PublishStores['figures']['putSeries']>) => {
        await own.stores.figures.putSeries(documents, published);
        if (documents.some(({ _id }) => _id.startsWith(`${project}:`)))
          throw new TransientError('series failed', { cause: undefined });
      },
    };
    return publish({ ...own.stores, figures: failing }, { ...own.nextRun(), ...changes });
  };

  it('keeps what a project has whose figures fail, names it, and publishes the others', async () => {
    await own.insert(
      'project_days',
      ['failing', 'fine'].map((project) => dayOf(project, TODAY, { active: 1 })),
    );
    await own.run();
    const before = own.generation;
    await own.insert(
      'project_days',
      ['failing', 'fine'].map((project) => dayOf(project, THROUGH, { active: 3 })),
    );
    own.lines.length = 0;
    assert.equal((await runWithout('failing')).failed, 1);
    assert.deepEqual(
      own.lines.filter(({ severity }) => severity === 'ERROR'),
      [{ severity: 'ERROR', message: 'figures kept', project: 'failing' }],
    );
    const [kept, fine] = [await own.read('failing', 'active'), await own.read('fine', 'active')];
    assert.deepEqual([kept.analytics.generation, kept.series[0]?.days.length], [before, 1]);
    assert.deepEqual([fine.analytics.generation, fine.series[0]?.days.length], [own.generation, 2]);
    await own.run();
    assert.equal((await own.read('failing', 'active')).series[0]?.days.length, 2);
  });

  for (const isKnown of [true, false]) {
    const test = isKnown ? it : inProof;
    test(`makes what a project ${isKnown ? 'missed' : 'that was never published'} has of months that are over, once nothing fails`, async () => {
      const project = isKnown ? 'missing' : 'unseen';
      await own.insert('project_days', [dayOf(project, TODAY, { active: 1 }), dayOf('another', TODAY, { active: 1 })]);
      if (isKnown) await own.run();
      const days = ['2026-08-31', '2026-10-30'];
      await own.insert(
        'project_days',
        days.map((day) => dayOf(project, day, { active: 3 })),
      );
      for (let run = 0; run < 2; run += 1) assert.equal((await runWithout(project, { days })).failed, 1);
      await own.run();
      const { analytics, series } = await own.read(project, 'active', '2026-08-01');
      assert.deepEqual(
        series[0]?.days.map(({ day }) => day),
        [...days, TODAY],
      );
      assert.equal(analytics.firstDay, days[0]);
      assert.deepEqual([analytics.generation, analytics.missed], [own.generation, undefined]);
    });
  }

  it('killed before any of its writes, shows what was; the next run ends as if nothing had happened', async () => {
    const project = 'killed';
    const spreads = (active: number) =>
      spread('php', { 8.1: 1, 8.2: active - 1 }).map((one) => ({ rest: null, ...one }));
    const historyOf = (active: number): PublishStores['history'] => ({
      async *stream({ sql, params }) {
        if (sql === months('2026-10').sql) {
          const { value: from } = params.from as { value: Day };
          const day = from === '2026-10-01' ? '2026-10-30' : TODAY;
          yield { project_hash: project, days: [dayOf(project, day, { active, spreads: spreads(active) })] };
        }
        if (sql === lives([], THROUGH).sql)
          yield { project_hash: project, kept: [{ cohort: '2026-10-05', kept_days: 3, sites: active }], leaves: [] };
      },
    });
    const other = ownDatabase();
    const writer = openFiguresWriter(other.db);
    const published = openFigures(other.db);
    const publishFrom = (active: number, figures: PublishStores['figures']) =>
      publish(
        {
          ...own.stores,
          history: historyOf(active),
          figures,
          published,
          sites: { count: async () => active },
          log: () => {},
        },
        { ...own.nextRun(), days: ['2026-10-30', THROUGH, TODAY] },
      );
    const shown = async () => {
      const wanted = [{ dimension: 'php' as const, from: '2026-10-01', to: TODAY }];
      const { analytics, series, figures } =
        (await published.read(project, { series: wanted, figures: FIGURES })) ?? {};
      const made = Object.values(figures ?? {}).map(({ generation: _, ...figure }) => figure);
      return [analytics?.activeToday, series?.[0]?.days.map(({ total }) => total), made] as const;
    };
    const killedAfter = (writes: number): PublishStores['figures'] => {
      let left = writes;
      const alive =
        <Args extends unknown[]>(write: (...args: Args) => Promise<void>) =>
        async (...args: Args) => {
          left -= 1;
          if (left < 0) throw new TransientError('killed', { cause: undefined });
          await write(...args);
        };
      const { published: readPublished, putSeries, putFigures, publish: publishOne, noteMissed, remove } = writer;
      return {
        published: readPublished,
        putSeries: alive(putSeries),
        putFigures: alive(putFigures),
        publish: alive(publishOne),
        noteMissed: alive(noteMissed),
        remove: alive(remove),
      };
    };
    try {
      await publishFrom(10, writer);
      const [first, second] = [await shown(), [20, [20, 20]]];
      assert.deepEqual([...first].slice(0, 2), [10, [10, 10]]);
      let writes = 0;
      for (; ; writes += 1) {
        const done = await publishFrom(20, killedAfter(writes)).catch(() => undefined);
        if (done !== undefined) break;
        assert.deepEqual(await shown(), first, `killed after ${writes} writes`);
      }
      assert.ok(writes >= 6, `${writes} writes`);
      assert.deepEqual([...(await shown())].slice(0, 2), second);
      const resumed = await shown();
      await other.db.dropDatabase();
      await publishFrom(20, writer);
      assert.deepEqual(await shown(), resumed);
    } finally {
      await other.db.dropDatabase();
      await other.close();
    }
  });

  it('throws when nothing can be published, soon', async () => {
    let tried = 0;
    const putSeries = async () => {
      tried += 1;
      throw new TransientError('series failed', { cause: undefined });
    };
    await own.insert(
      'project_days',
      Array.from({ length: 30 }, (_, n) => dayOf(`one of 30: ${n}`, TODAY, { active: 1 })),
    );
    await assert.rejects(
      publish({ ...own.stores, figures: { ...own.stores.figures, putSeries } }, own.nextRun()),
      TransientError,
    );
    assert.equal(tried, 10);
  });
});
