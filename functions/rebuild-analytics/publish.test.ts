import assert from 'node:assert/strict';
import type { Dataset } from '@google-cloud/bigquery';
import { calculateObjectSize } from 'bson';
import { addDays, type Day } from '../../shared/figures/days.ts';
import type { Dimension, FigureName } from '../../shared/figures/documents.ts';
import type { Project } from '../../shared/project/project.ts';
import { TransientError } from '../../shared/runtime/errors.ts';
import { type Figures, openFigures, type Snapshot } from '../../shared/stores/figures/figures.ts';
import { openFiguresWriter } from '../../shared/stores/figures/figures-writer.ts';
import type { Derivation } from '../../shared/stores/history/derived-tables.ts';
import { openHistoryReader } from '../../shared/stores/history/history-reader.ts';
import type { Latest } from '../../shared/stores/mongodb.ts';
import { openActiveSites } from '../../shared/stores/sites/active-sites.ts';
import { IS_PROOF } from '../../shared/testing/in-proof.ts';
import { ownDatabase, ownDataset } from '../../shared/testing/stores.ts';
import { lives, months } from './publish/figure-queries.ts';
import { type PublishRun, type PublishStores, publish } from './publish.ts';

const THROUGH = '2026-11-29';
const TODAY = '2026-11-30';
const NOW = new Date(`${TODAY}T12:00:00Z`);
/** Days of names that come no second time: of a few there are already more than a document has room for. */
const HOSTILE_DAYS = IS_PROOF ? 12 : 5;
const FIGURES: FigureName[] = ['releases', 'retention', 'rates', 'neighbours', 'support'];

/** Rows of project_days; each test has a project of its own, whose hash is its title. */
const dayOf = (project_hash: string, day: Day, columns: Record<string, unknown> = {}) => ({
  project_hash,
  day,
  ...Object.fromEntries(
    [
      ...['active', 'new_sites', 'reactivated', 'resumed', 'left_sites', 'went_silent', 'copies_counted_again'],
      ...['copies_set_aside', 'deactivations', 'deactivations_unreported', 'first_refusals', 'withdrawn', 'staging'],
      ...['local', 'ephemeral', 'copies', 'unfamiliar_reports', 'unfamiliar_deactivations'],
    ].map((name) => [name, 0]),
  ),
  ...columns,
});
const spread = (dimension: string, counts: Record<string, number>, rest: { other?: number; unknown?: number } = {}) => [
  ...Object.entries(counts).map(([value, sites]) => ({ dimension, value, sites })),
  ...Object.entries(rest).map(([name, sites]) => ({ dimension, rest: name, sites })),
];

describe('publish', function () {
  this.timeout(60_000);
  let dataset: Dataset;
  let latest: Latest;
  let stores: PublishStores;
  let figures: Figures;
  let generation = 0;
  const lines: { severity: string; message: string; project?: unknown }[] = [];
  const projects: Pick<Project, 'hash' | 'releases'>[] = [];

  before(async () => {
    [dataset, latest] = [await ownDataset(), ownDatabase()];
    figures = openFigures(latest.db);
    stores = {
      history: openHistoryReader({
        projectId: dataset.projectId,
        dataset: String(dataset.id),
        maxBytesBilled: 2 ** 30,
      }),
      figures: openFiguresWriter(latest.db),
      published: figures,
      projects: { all: async () => projects },
      sites: openActiveSites(latest.db),
      log: (severity, message, fields) => lines.push({ severity, message, project: fields?.project }),
    };
  });
  after(async () => {
    await dataset.delete({ force: true });
    await latest.db.dropDatabase();
    await latest.close();
  });

  const insert = (table: string, rows: object[]) => dataset.table(table).insert(rows);
  const runOf = (): PublishRun => {
    generation += 1;
    return { days: [THROUGH, TODAY], through: THROUGH, today: TODAY, generation, now: NOW, full: false };
  };
  const run = (changes: Partial<PublishRun> = {}) => publish(stores, { ...runOf(), ...changes });
  const read = async (
    project: string,
    dimension: Dimension,
    from: Day = '2026-11-01',
  ): Promise<Snapshot<FigureName>> => {
    const snapshot = await figures.read(project, { series: [{ dimension, from, to: TODAY }], figures: FIGURES });
    assert.ok(snapshot, `nothing of ${project}`);
    return snapshot;
  };

  it('makes series of the days, and the overview of today', async () => {
    const project = 'series';
    await insert('project_days', [
      dayOf(project, '2026-10-31', { active: 7, new_sites: 7, spreads: spread('php', { 8.1: 7 }) }),
      dayOf(project, THROUGH, {
        active: 9,
        new_sites: 4,
        left_sites: 1,
        went_silent: 1,
        deactivations: 2,
        first_refusals: 3,
        spreads: [
          ...spread('php', { 8.1: 2, 8.3: 4 }, { other: 1, unknown: 2 }),
          ...spread('plugin', { woo: 5, akismet: 6 }, { unknown: 1 }),
          ...spread('reason', { other: 2 }),
          ...spread('field:plan', { pro: 3 }, { unknown: 6 }),
        ],
      }),
      dayOf(project, TODAY, {
        active: 8,
        left_sites: 1,
        staging: 2,
        local: 3,
        ephemeral: 4,
        copies: 5,
        spreads: spread('php', { 8.3: 8 }),
      }),
    ]);
    await run({ days: ['2026-10-31', THROUGH, TODAY] });
    const php = await read(project, 'php', '2026-10-01');
    assert.deepEqual(php.series[0], {
      dimension: 'php',
      names: ['8.1', '8.3'],
      days: [
        { day: '2026-10-31', total: 7, unknown: 0, other: 0, counts: [[0, 7]] },
        {
          day: THROUGH,
          total: 9,
          unknown: 2,
          other: 1,
          counts: [
            [1, 4],
            [0, 2],
          ],
        },
        { day: TODAY, total: 8, unknown: 0, other: 0, counts: [[1, 8]] },
      ],
    });
    const { analytics } = php;
    const { rebuiltAt, basis: _, ...overview } = analytics;
    assert.deepEqual(overview, {
      _id: project,
      generation,
      through: THROUGH,
      today: TODAY,
      firstDay: '2026-10-31',
      dimensions: ['active', 'field:plan', 'flows', 'php', 'plugin', 'reason'],
      active: 9,
      activeToday: 8,
      notCounted: { staging: 2, local: 3, ephemeral: 4, copies: 5 },
      unsure: null,
    });
    assert.deepEqual(rebuiltAt, NOW);
    const daysOf = async (dimension: Dimension) => (await read(project, dimension)).series[0]?.days;
    assert.deepEqual(await daysOf('active'), [
      { day: THROUGH, total: 9, unknown: 0, other: 0, counts: [] },
      { day: TODAY, total: 8, unknown: 0, other: 0, counts: [] },
    ]);
    const flows = (await read(project, 'flows')).series[0];
    assert.deepEqual(
      flows?.days.map(({ total, counts }) => [
        total,
        Object.fromEntries(counts.map(([index, count]) => [flows.names[index], count])),
      ]),
      [
        [2, { new: 4, left: 1, wentSilent: 1, deactivations: 2, firstRefusals: 3 }],
        [-1, { left: 1 }],
      ],
    );
    assert.deepEqual(await daysOf('plugin'), [
      {
        day: THROUGH,
        total: 9,
        unknown: 1,
        other: 0,
        counts: [
          [0, 6],
          [1, 5],
        ],
      },
    ]);
    assert.deepEqual(await daysOf('reason'), [{ day: THROUGH, total: 2, unknown: 0, other: 0, counts: [[0, 2]] }]);
    assert.deepEqual(await daysOf('field:plan'), [{ day: THROUGH, total: 9, unknown: 6, other: 0, counts: [[0, 3]] }]);
  });

  it('takes away what is gone: a dimension, a month, a project', async () => {
    const project = 'shrinking';
    const rows = [
      dayOf(project, '2026-10-31', { active: 1, spreads: spread('php', { 8.1: 1 }) }),
      dayOf(project, TODAY, {
        active: 2,
        spreads: [...spread('php', { 8.3: 2 }), ...spread('field:plan', { pro: 2 })],
      }),
    ];
    await insert('project_days', rows);
    await run({ days: ['2026-10-31', TODAY] });
    const remove = (condition: string) =>
      dataset.query(
        `DELETE FROM \`${dataset.id}.project_days\` WHERE day >= DATE '2020-01-01' AND project_hash = '${project}' AND ${condition}`,
      );
    await remove('TRUE');
    await insert('project_days', [dayOf(project, TODAY, { active: 2, spreads: spread('php', { 8.3: 2 }) })]);
    await run({ days: ['2026-10-31', TODAY] });
    assert.deepEqual((await read(project, 'php', '2026-10-01')).series[0]?.names, ['8.3']);
    assert.deepEqual((await read(project, 'field:plan')).series[0]?.days, []);
    const { firstDay, dimensions } = (await read(project, 'php')).analytics;
    assert.deepEqual([firstDay, dimensions], [TODAY, ['active', 'flows', 'php']]);
    await remove('TRUE');
    await run();
    assert.equal(await figures.overview(project), undefined);
    for (const name of ['series', 'figures'])
      assert.equal(await latest.db.collection<{ _id: string }>(name).countDocuments({ _id: /^shrinking:/ }), 0);
  });

  it('keeps a project of which nothing was told lately, with no active site', async () => {
    const project = 'quiet';
    await insert('project_days', [dayOf(project, '2026-08-03', { active: 1, new_sites: 1 })]);
    await run({ full: true });
    await run();
    const { analytics, series } = await read(project, 'active', '2026-08-01');
    assert.deepEqual([analytics.active, analytics.activeToday, analytics.firstDay], [0, 0, '2026-08-03']);
    assert.deepEqual(
      series[0]?.days.map(({ day }) => day),
      ['2026-08-03'],
    );
  });

  it('keeps what a project has whose figures fail, names it, and publishes the others', async () => {
    await insert(
      'project_days',
      ['failing', 'fine'].map((project) => dayOf(project, TODAY, { active: 1 })),
    );
    await run();
    const before = generation;
    await insert(
      'project_days',
      ['failing', 'fine'].map((project) => dayOf(project, THROUGH, { active: 3 })),
    );
    const failing = {
      ...stores.figures,
      putSeries: async (...[documents, published]: Parameters<PublishStores['figures']['putSeries']>) => {
        await stores.figures.putSeries(documents, published);
        if (documents.some(({ _id }) => _id.startsWith('failing:')))
          throw new TransientError('series failed', { cause: undefined });
      },
    };
    lines.length = 0;
    const { failed } = await publish({ ...stores, figures: failing }, runOf());
    assert.equal(failed, 1);
    assert.deepEqual(
      lines.filter(({ severity }) => severity === 'ERROR'),
      [{ severity: 'ERROR', message: 'figures kept', project: 'failing' }],
    );
    const [kept, fine] = [await read('failing', 'active'), await read('fine', 'active')];
    assert.deepEqual([kept.analytics.generation, kept.series[0]?.days.length], [before, 1]);
    assert.deepEqual([fine.analytics.generation, fine.series[0]?.days.length], [generation, 2]);
    await run();
    assert.equal((await read('failing', 'active')).series[0]?.days.length, 2);
  });

  it('checks itself against the sites: unsure of a project when the counts are apart', async () => {
    const project = 'unsure';
    const site = (n: number, columns: object = {}) => ({
      _id: `${project}:${n}`,
      project,
      environment: 'production',
      cloneOf: null,
      lastSeenAt: new Date('2026-11-20T10:00:00Z'),
      state: 'active',
      ...columns,
    });
    const notActive = [
      { environment: 'staging' },
      { cloneOf: 'a.example' },
      { state: 'left' },
      { state: 'silent' },
      { lastSeenAt: new Date('2026-10-31T23:59:59.999Z') },
      { project: 'another' },
    ];
    const firstCounted = { lastSeenAt: new Date('2026-11-01T00:00:00Z') };
    const sites = [...Array(1020).fill({}), ...notActive, firstCounted].map((columns, n) => site(n, columns));
    await latest.db.collection<{ _id: string }>('sites').insertMany(sites);
    const published = async (activeToday: number) => {
      await dataset.query(
        `DELETE FROM \`${dataset.id}.project_days\` WHERE day = DATE '${TODAY}' AND project_hash = '${project}'`,
      );
      await insert('project_days', [dayOf(project, TODAY, { active: activeToday })]);
      lines.length = 0;
      await run();
      const { unsure } = (await read(project, 'active')).analytics;
      return [unsure, lines.filter((line) => line.project === project)];
    };
    assert.deepEqual(await published(1041), [null, []]);
    assert.deepEqual(await published(998), [
      { charts: 998, latest: 1021 },
      [{ severity: 'WARNING', message: 'figures unsure', project }],
    ]);
  });

  describe('of a project of 100 days, with two releases', () => {
    const project = 'releases';
    const first = addDays(TODAY, -100);
    const exposureOf = (version: string, at_risk: number, left_sites: number) => ({
      version,
      age: '90+',
      at_risk,
      left_sites,
    });

    before(async () => {
      projects.push({ hash: project, releases: [{ version: '3.0', releasedOn: addDays(TODAY, -95) }] });
      const rows = Array.from({ length: 101 }, (_, index) => {
        const day = addDays(first, index);
        // 3.1 is first seen on day 60, on two sites; on three and more from day 61 on
        const on31 = Math.max(0, (index - 59) * 2);
        return dayOf(project, day, {
          active: 100,
          went_silent: index === 90 ? 6 : 0,
          spreads: spread('version', { '3.0': 100 - on31, ...(on31 > 0 && { 3.1: on31 }) }),
          reports: [
            { version: '3.0', age_days: 60, sites: 10 },
            ...(on31 > 0 ? [{ version: '3.1', age_days: 60, sites: Math.min(30, on31) }] : []),
          ],
          exposure: [exposureOf('3.0', 1000, 1), ...(on31 > 0 ? [exposureOf('3.1', 1000, 6)] : [])],
          neighbours: [
            { kind: 'plugin', value: '*', age: '90+', at_risk: 1000, left_sites: 2 },
            { kind: 'plugin', value: 'slow-cache', age: '90+', at_risk: 200, left_sites: 1 },
            { kind: 'plugin', value: 'forms', age: '90+', at_risk: 200, left_sites: index % 5 === 0 ? 1 : 0 },
            { kind: 'theme', value: '*', age: '90+', at_risk: 1000, left_sites: 1 },
            { kind: 'theme', value: 'storefront', age: '90+', at_risk: 700, left_sites: index % 10 < 7 ? 1 : 0 },
            { kind: 'theme', value: 'astra', age: '90+', at_risk: 300, left_sites: index % 10 < 7 ? 0 : 1 },
            { kind: 'field', key: 'plan', value: 'pro', age: '90+', at_risk: 40, left_sites: 0 },
          ],
        });
      });
      const life = (site: string, from_day: Day, last_day: Day, left: Record<string, Day> = {}) => ({
        project_hash: project,
        site,
        number: 1,
        first_report_at: `${from_day}T10:00:00Z`,
        from_day,
        last_day,
        ...left,
      });
      await insert('project_days', rows);
      await insert('site_lives', [
        life('a.example', '2026-09-01', '2026-11-28'),
        life('b.example', '2026-09-02', '2026-09-08'),
        life('c.example', '2026-09-03', '2026-09-20', { late_left_day: '2026-11-02' }),
        life('d.example', '2026-11-01', '2026-11-20', { left_day: '2026-11-21' }),
        life('copy.example', '2026-11-10', '2026-11-28'),
      ]);
      const said = (site: string, day: Day, columns: object) => ({
        ...{ project_hash: project, site, day, environment: 'production', reported: true, version: '3.1' },
        ...columns,
      });
      await insert('site_days', [
        said('a.example', '2026-11-14', { php: '7.4', wordpress: '6.1', fingerprint: 'same' }),
        said('a.example', '2026-11-28', { php: '8.2', wordpress: '6.1', fingerprint: 'same' }),
        said('copy.example', '2026-11-28', { php: '8.3', fingerprint: 'same' }),
        said('d.example', '2026-11-20', { php: '8.1' }),
      ]);
      await run({ full: true });
    });

    it('knows the releases, their adoption and their days to half', async () => {
      const { releases } = (await read(project, 'version')).figures;
      assert.deepEqual(
        releases?.releases.map(({ version, releasedOn, source, daysToHalf }) => [
          version,
          releasedOn,
          source,
          daysToHalf,
        ]),
        [
          ['3.1', addDays(first, 61), 'reports', 6],
          ['3.0', addDays(TODAY, -95), 'author', 0],
        ],
      );
      const [newest] = releases.releases;
      assert.equal(newest?.adoption.length, 39);
      assert.deepEqual([newest?.adoption[0]?.known.sites, newest?.adoption[0]?.known.base], [4, 100]);
      assert.deepEqual([newest?.adoption[0]?.now.sites, newest?.adoption[0]?.now.base], [4, 14]);
      assert.deepEqual(newest?.firstDays.slice(0, 2), [
        { since: 0, age: '90+', atRisk: 2000, left: 12 },
        { since: 2, age: '90+', atRisk: 2000, left: 12 },
      ]);
    });

    it('holds a release against the one before', async () => {
      const { releases } = (await read(project, 'version')).figures;
      const alert = releases?.releases[0]?.alert;
      assert.deepEqual(
        [alert?.against, alert?.isAlarm, alert?.looks.map(({ days }) => days)],
        ['3.0', true, [2, 4, 7, 14]],
      );
      assert.equal(alert?.looks[0]?.ratio?.toFixed(1), '6.0');
      assert.ok(alert?.looks.every(({ weak }) => weak));
      assert.equal(releases?.releases[1]?.alert, null);
    });

    it('rates leaving by version, age, theme and field, and falling silent', async () => {
      const { rates } = (await read(project, 'version')).figures;
      assert.ok(rates);
      const told = (one: { value: string; rate: number | null; count: number; siteDays: number }) => [
        one.value,
        one.siteDays,
        one.count,
        one.rate?.toFixed(2),
      ];
      assert.deepEqual([rates.from, rates.to], ['2026-11-02', THROUGH]);
      assert.deepEqual(told(rates.overall), ['', 56_000, 196, '10.50']);
      assert.deepEqual(told(rates.silent), ['', 56_000, 6, '0.32']);
      assert.deepEqual(rates.byVersion.map(told), [
        ['3.1', 28_000, 168, '18.00'],
        ['3.0', 28_000, 28, '3.00'],
      ]);
      assert.deepEqual(rates.byTheme.map(told), [
        ['storefront', 19_600, 19, '2.91'],
        ['astra', 8400, 9, '3.21'],
      ]);
      assert.deepEqual(
        rates.byField.map(({ key, rates: own }) => [key, own.map(told)]),
        [['plan', [['pro', 1120, 0, undefined]]]],
      );
      assert.deepEqual(
        rates.byAge.map(({ value, count }) => [value, count]),
        [
          ['0-1', 0],
          ['2-13', 0],
          ['14-89', 0],
          ['90+', 196],
        ],
      );
      assert.deepEqual(
        rates.ageAtLeaving.histogram.filter(({ left }) => left > 0),
        [{ fromDay: 14, left: 1 }],
      );
    });

    it('finds what goes with leaving, in 90 days', async () => {
      const { neighbours } = (await read(project, 'version')).figures;
      const { found = [], from, to } = neighbours ?? {};
      assert.deepEqual([from, to], [addDays(THROUGH, -89), THROUGH]);
      assert.deepEqual(
        found.map(({ kind, key, value, sites, left, ratio }) => [kind, key, value, sites, left, ratio]),
        [['plugin', null, 'slow-cache', 200, 90, 4]],
      );
    });

    it('follows cohorts as far as silence is decided', async () => {
      const { retention } = (await read(project, 'version')).figures;
      const early = Array(7).fill(null);
      assert.deepEqual(retention?.cohorts, [
        { from: '2026-08-24', to: '2026-09-06', sites: 3, kept: [2, 2, null, null, null, null, null] },
        { from: '2026-10-19', to: '2026-11-01', sites: 1, kept: early },
        { from: '2026-11-02', to: '2026-11-15', sites: 1, kept: early },
      ]);
    });

    it('spreads the sites on the newest release, without copies', async () => {
      const { support } = (await read(project, 'version')).figures;
      assert.deepEqual(
        [support?.newest, support?.php, support?.wordpress, support?.database],
        [
          '3.1',
          { spread: [{ value: '8.2', sites: 1 }], unknown: 0 },
          { spread: [{ value: '6.1', sites: 1 }], unknown: 0 },
          { spread: [], unknown: 1 },
        ],
      );
    });

    it('makes them anew when a complete day changed, and not before; then they are as if made from nothing', async () => {
      const figuresNow = async () => {
        const { analytics, figures: all } = await read(project, 'version');
        return { generations: Object.values(all).map((one) => one.generation), basis: analytics.basis, all };
      };
      const before = await figuresNow();
      await run();
      assert.deepEqual(await figuresNow(), before);
      const asked: string[] = [];
      const history = {
        stream: (query: Derivation) => {
          asked.push(query.sql);
          return stores.history.stream(query);
        },
      };
      await publish({ ...stores, history }, runOf());
      assert.equal(asked.filter((sql) => sql.includes('neighbour') && sql.includes('WITH')).length, 0);

      await dataset.query(
        `DELETE FROM \`${dataset.id}.project_days\` WHERE day = DATE '${THROUGH}' AND project_hash = '${project}'`,
      );
      await insert('project_days', [dayOf(project, THROUGH, { active: 100, exposure: [exposureOf('3.1', 1000, 9)] })]);
      await run();
      const changed = await figuresNow();
      assert.equal(changed.all.rates?.overall.count, 196 - 7 + 9);
      const late = addDays(first, 62);
      await dataset.query(
        `DELETE FROM \`${dataset.id}.project_days\` WHERE day = DATE '${late}' AND project_hash = '${project}'`,
      );
      await run({ days: [late, THROUGH, TODAY] });
      const healed = await figuresNow();
      assert.notDeepEqual(healed.all.releases, changed.all.releases);
      await run({ full: true });
      const strip = ({ all }: typeof healed) => Object.values(all).map(({ generation: _, ...figure }) => figure);
      assert.deepEqual(strip(await figuresNow()), strip(healed));
    });
  });

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
          ...stores,
          history: historyOf(active),
          figures,
          published,
          sites: { count: async () => active },
          log: () => {},
        },
        { ...runOf(), days: ['2026-10-30', THROUGH, TODAY] },
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
      const { published: readPublished, putSeries, putFigures, publish: publishOne, remove } = writer;
      return {
        published: readPublished,
        putSeries: alive(putSeries),
        putFigures: alive(putFigures),
        publish: alive(publishOne),
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

  describe('of much that is hostile, or that fails', () => {
    it('keeps each document below a megabyte, and every day adding up, whatever is posted', async () => {
      const project = 'hostile';
      const long = (day: number, n: number) => `${day}-${n}-`.padEnd(100, '商');
      const dimensions = ['version', 'theme'] as const;
      const days = Array.from({ length: HOSTILE_DAYS }, (_, day) =>
        dayOf(project, `2026-11-${String(day + 1).padStart(2, '0')}`, {
          active: 201,
          spreads: dimensions.flatMap((dimension) => [
            ...Array.from({ length: 200 }, (_, n) => ({ dimension, value: n === 0 ? 'same' : long(day, n), sites: 1 })),
            { dimension, rest: 'unknown', sites: 1 },
          ]),
          ...(day < 3 && {
            reports: Array.from({ length: 50 }, (_, n) => ({ version: long(day, n), age_days: 60, sites: 3 })),
            exposure: Array.from({ length: 200 }, (_, n) => ({
              version: long(day, n),
              age: '90+',
              at_risk: 1,
              left_sites: 1,
            })),
            neighbours: ['plugin', 'theme'].flatMap((kind) => [
              { kind, value: '*', age: '90+', at_risk: 900_000, left_sites: 2000 },
              ...Array.from({ length: 200 }, (_, n) => ({
                kind,
                value: long(0, n),
                age: '90+',
                at_risk: 1000,
                left_sites: n < 100 ? 5 : 0,
              })),
            ]),
          }),
        }),
      );
      for (const part of [days.slice(0, 4), days.slice(4)]) await insert('project_days', part);
      await run();
      await latest.db.collection<{ _id: string }>('series').updateMany({ _id: /^hostile:/ }, { $set: { names: [] } });
      await run();
      for (const name of ['series', 'figures']) {
        for (const document of await latest.db
          .collection<{ _id: string }>(name)
          .find({ _id: /^hostile:/ })
          .toArray())
          assert.ok(
            calculateObjectSize(document) < 1_000_000,
            `${document._id}: ${calculateObjectSize(document)} bytes`,
          );
      }
      const { series, figures: made } = await read(project, 'theme');
      for (const { day, total, unknown, other, counts } of series[0]?.days ?? [])
        assert.equal(
          counts.reduce((sum, [, count]) => sum + count, unknown + other),
          total,
          day,
        );
      assert.deepEqual(
        series[0]?.days.map(({ counts }) => counts.some(([index]) => series[0]?.names[index] === 'same')),
        Array(HOSTILE_DAYS).fill(true),
      );
      const cut = series[0]?.days.filter(({ other }) => other > 0) ?? [];
      assert.ok(cut.length > 0, 'no more names than a document has room for');
      assert.deepEqual([made.releases?.releases.length, made.releases?.others.length], [0, 150]);
      assert.equal(made.neighbours?.found.length, 50);
    });

    it('throws when nothing can be published, soon', async () => {
      let tried = 0;
      const putSeries = async () => {
        tried += 1;
        throw new TransientError('series failed', { cause: undefined });
      };
      await insert(
        'project_days',
        Array.from({ length: 30 }, (_, n) => dayOf(`one of 30: ${n}`, TODAY, { active: 1 })),
      );
      await assert.rejects(publish({ ...stores, figures: { ...stores.figures, putSeries } }, runOf()), TransientError);
      assert.equal(tried, 10);
    });
  });
});
