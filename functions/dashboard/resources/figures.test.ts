import assert from 'node:assert/strict';
import { addDays, type Day, daysBetween } from '../../../shared/figures/days.ts';
import type { AnalyticsDocument, Dimension } from '../../../shared/figures/documents.ts';
import type { Project } from '../../../shared/project/project.ts';
import { seriesId } from '../../../shared/stores/figures/figures.ts';
import { openFiguresWriter } from '../../../shared/stores/figures/figures-writer.ts';
import { TEST_PROJECT } from '../../../shared/testing/events.ts';
import type {
  AdvisoriesAnswer,
  OverviewAnswer,
  Problem,
  RatesAnswer,
  RatesByAnswer,
  ReleaseAnswer,
  ReleasesAnswer,
  RetentionAnswer,
  SeriesAnswer,
  StatusAnswer,
  SupportAnswer,
} from '../api.ts';
import { API } from '../router.ts';
import { type OwnDashboard, openOwnDashboard } from '../testing/own-dashboard.ts';
import { FIRST_DAY, NOW, publishSampleFigures, THROUGH, TODAY } from '../testing/sample-figures.ts';
import { insertSampleSites } from '../testing/sample-sites.ts';

const AS = 'ann@example.org';
const PROJECT: Project = {
  ...TEST_PROJECT,
  access: [{ email: AS, role: 'analyst' }],
  advisories: [
    { id: '2026-2', title: 'A hole', affected: '<3.1.0', fixedIn: '3.1.0', publishedAt: '2026-03-01' },
    { id: '2020-1', title: 'An old one', affected: '<2.0', fixedIn: '2.0', publishedAt: '2020-01-01' },
    { id: '2026-3', title: 'A new one', affected: '>=3.2.0', fixedIn: '3.2.1', publishedAt: TODAY },
  ],
};
const EMPTY: Project = { ...PROJECT, hash: '00000000-0000-4000-8000-000000000003', slug: 'empty' };
const YOUNG: Project = { ...PROJECT, hash: '00000000-0000-4000-8000-000000000004', slug: 'young' };

describe('figures', () => {
  let dashboard: OwnDashboard;
  before(async () => {
    dashboard = await openOwnDashboard([PROJECT, EMPTY, YOUNG], NOW);
    await publishSampleFigures(dashboard.db, PROJECT.hash);
  });
  after(() => dashboard.close());

  const get = <Body>(path: string, headers = {}) =>
    dashboard.get<Body>(`${API}/projects/${PROJECT.slug}${path}`, { as: AS, headers });
  const body = async <Body>(path: string): Promise<Body> => {
    const answer = await get<Body>(path);
    assert.equal(answer.status, 200, answer.text);
    return answer.body;
  };
  const refused = async (path: string): Promise<string[]> => {
    const answer = await get<Problem>(path);
    assert.equal(answer.status, 400, answer.text);
    return (answer.body.errors ?? []).map(({ parameter }) => parameter);
  };

  it('overview: the last 28 days against the 28 before, unless other weeks are asked for', async () => {
    const { period, figures, attention } = await body<OverviewAnswer>('/overview');
    assert.deepEqual(period, {
      ...{ from: '2026-02-10', to: THROUGH, days: 28 },
      compared: { from: '2026-01-13', to: '2026-02-09' },
    });
    assert.deepEqual([figures.active.value, figures.active.change, figures.left.value], [1280, 28, 140]);
    assert.deepEqual(
      attention.map(({ kind }) => kind),
      ['advisory', 'advisory', 'neighbour'],
    );
    const own = await body<OverviewAnswer>('/overview?from=2026-02-24&to=2026-03-02&compare=none');
    assert.deepEqual(own.period, { from: '2026-02-24', to: '2026-03-02', days: 7, compared: null });
  });

  it('overview: takes whole weeks up to the last complete day alone', async () => {
    assert.deepEqual(await refused('/overview?from=2026-02-24'), ['to']);
    assert.deepEqual(await refused('/overview?from=2026-02-24&to=2026-03-03'), ['to']);
    assert.deepEqual(await refused(`/overview?from=2026-03-04&to=${TODAY}`), ['to']);
    assert.deepEqual(await refused('/overview?from=2026-02-24&to=2026-03-02&period=28d'), ['period']);
    assert.deepEqual(await refused('/overview?period=7d&compare=x'), ['period', 'compare']);
    assert.deepEqual(await refused('/overview?from=2026-02-30&to=2026-03-08'), ['from']);
  });

  it('series: each step adds up, and today is not complete', async () => {
    const series = await body<SeriesAnswer>(`/series/version?from=2026-03-08&to=${TODAY}&top=2`);
    const { generation: _, rebuiltAt: _at, ...rest } = series;
    assert.deepEqual(rest, {
      ...{ dimension: 'version', unit: 'sites', step: 'day', definition: 'active', through: THROUGH },
      days: ['2026-03-08', THROUGH, TODAY],
      partialFrom: 2,
      total: [1279, 1280, 1281],
      unknown: [15, 15, 15],
      other: [85, 85, 85],
      series: [
        { name: '3.2.0', values: [879, 880, 881] },
        { name: '3.1.0', values: [300, 300, 300] },
      ],
    });
  });

  it('series: of all days without bounds, and never of others', async () => {
    const all = await body<SeriesAnswer>('/series/active?step=month&from=2001-01-01&to=2099-01-01');
    assert.deepEqual([all.days[0], all.days.at(-1), all.days.length], ['2025-06-01', '2026-03-01', 10]);
    assert.equal((await body<SeriesAnswer>('/series/active')).days[0], FIRST_DAY);
    assert.deepEqual(await refused(`/series/active?from=${TODAY}&to=${THROUGH}`), ['from']);
  });

  it('series: of custom fields that the project has', async () => {
    const { series } = await body<SeriesAnswer>(`/series/${encodeURIComponent('field:plan')}?from=${TODAY}`);
    assert.deepEqual(series, [
      { name: '=free', values: [1031] },
      { name: 'pro', values: [250] },
    ]);
    for (const dimension of ['field:other', 'nothing']) assert.equal((await get(`/series/${dimension}`)).status, 404);
  });

  it('releases: the newest first, and one by its version', async () => {
    const { releases, medianDaysToHalf } = await body<ReleasesAnswer>('/releases?last=1');
    assert.deepEqual([releases.map(({ version }) => version), medianDaysToHalf], [['3.2.0'], 'unreached']);
    const one = await body<ReleaseAnswer>('/releases/3.1.0');
    assert.deepEqual([one.releasedOn, one.medianDaysToHalf], ['2025-12-01', 'unreached']);
    assert.equal((await get('/releases/9.9')).status, 404);
  });

  it('support: the share below, on the newest release too, and when it falls below the threshold', async () => {
    const php = await body<SupportAnswer>('/support?below=8.0&threshold=1');
    assert.deepEqual([php.now.below.sites, php.now.below.base, php.now.unknown], [50, 1270, 10]);
    assert.equal(php.now.interval, null);
    assert.deepEqual([php.newest?.version, php.newest?.below.sites, php.newest?.below.base], ['3.2.0', 10, 510]);
    assert.equal(php.forecast.kind, 'dates');
    assert.equal(php.weeks.length, 26);
    assert.equal(php.weeks.at(-1)?.day, THROUGH);
    assert.equal((await body<SupportAnswer>('/support?below=8.0&threshold=20')).forecast.kind, 'below-now');
  });

  it('support: holds each database against its own kind', async () => {
    const mysql = await body<SupportAnswer>('/support?dimension=mysql&below=8.0');
    assert.deepEqual([mysql.now.below.sites, mysql.now.below.base], [90, 390]);
    assert.ok(mysql.now.interval && mysql.now.interval.low < 23.1 && mysql.now.interval.high > 23.1);
    assert.deepEqual(mysql.spread, [
      { version: '8.0', sites: 300 },
      { version: '5.7', sites: 90 },
    ]);
    assert.equal(mysql.forecast.kind, 'too-few');
  });

  it('support: asks for a version and a threshold that there may be', async () => {
    assert.deepEqual(await refused('/support'), ['below']);
    assert.deepEqual(await refused('/support?below=3,2'), ['below']);
    assert.deepEqual(await refused('/support?below=8.0&threshold=50'), ['threshold']);
    assert.deepEqual(await refused('/support?below=8.0&threshold=0.01'), ['threshold']);
  });

  it('retention, rates: as they were made', async () => {
    assert.deepEqual((await body<RetentionAnswer>('/retention')).cohorts[0]?.kept, [150, null]);
    const rates = await body<RatesAnswer>('/rates');
    assert.equal(rates.neighbours.found[0]?.value, 'speedy-cache');
    const plan = await body<RatesByAnswer>('/rates?by=field:plan');
    assert.deepEqual(
      plan.rates.map(({ value }) => value),
      ['pro', '=free'],
    );
    const plugins = await body<RatesByAnswer>('/rates?by=plugin');
    assert.deepEqual(
      [plugins.from, plugins.rates.map(({ value, count }) => [value, count]), plugins.neighbours.length],
      [
        rates.from,
        [
          ['akismet', 90],
          ['speedy-cache', 31],
        ],
        1,
      ],
    );
    const file = await get('/rates?by=plugin&format=csv');
    assert.match(file.text, /^\uFEFF?value,sites,left,rate,low,high\r\nakismet,893,90,/);
    assert.deepEqual(await refused('/rates?by=field:other'), ['by']);
    assert.deepEqual(await refused('/rates?format=csv'), ['by']);
  });

  it('advisories: sites on affected versions, since they were published', async () => {
    const { advisories } = await body<AdvisoriesAnswer>('/advisories');
    const [open, old] = advisories;
    assert.deepEqual([open?.sites.sites, open?.days.length, open?.daysToHalfFixed], [80, 10, null]);
    assert.deepEqual([old?.sites.sites, old?.days.length], [0, 282]);
  });

  it('advisories: as many sites as the overview says, also of one that was published today', async () => {
    const { advisories } = await body<AdvisoriesAnswer>('/advisories');
    const { attention } = await body<OverviewAnswer>('/overview');
    const named = attention.flatMap((one) => (one.kind === 'advisory' ? [[one.id, one.sites] as const] : []));
    const affected = advisories
      .filter(({ sites }) => sites.sites > 0)
      .map(({ id, sites }) => [id, sites.sites] as const);
    assert.deepEqual(new Map(named), new Map(affected));
    assert.equal(new Map(named).get('2026-3'), 600 + daysBetween(FIRST_DAY, THROUGH));
  });

  it('says that there are none before the first rebuild', async () => {
    for (const path of [
      '/overview',
      '/series/php',
      '/releases',
      '/support?below=8',
      '/retention',
      '/rates',
      '/advisories',
    ]) {
      const { status, body: problem } = await dashboard.get(`${API}/projects/${EMPTY.slug}${path}`, { as: AS });
      assert.deepEqual([path, status, problem.type], [path, 409, '/problems/no-figures']);
    }
  });

  it('are kept until the next rebuild, and until then not sent twice', async () => {
    const first = await get('/overview');
    const etag = first.headers.get('etag') ?? '';
    assert.match(etag, /^"7-[\w-]+"$/);
    assert.equal(first.headers.get('cache-control'), 'private, max-age=60, must-revalidate');
    const again = await get('/overview', { 'if-none-match': etag });
    assert.deepEqual([again.status, again.text], [304, '']);
    const other = await get('/overview?compare=none', { 'if-none-match': etag });
    assert.equal(other.status, 200);
    await publishSampleFigures(dashboard.db, PROJECT.hash, 8);
    const next = await get<OverviewAnswer>('/overview', { 'if-none-match': etag });
    assert.deepEqual([next.status, next.body.generation], [200, 8]);
  });

  it('status: how far what was received has come', async () => {
    const statusOf = async () => (await dashboard.get<StatusAnswer>(`${API}/status`, { as: AS })).body;
    assert.deepEqual(await statusOf(), {
      ...{ rebuiltAt: `${TODAY}T14:07:31.000Z`, generation: 8, through: THROUGH },
      ...{ lagSeconds: null, lateDays: 0, reconciled: null },
    });
    await insertSampleSites(dashboard.db, PROJECT, 2);
    const { lagSeconds } = await statusOf();
    assert.equal(lagSeconds, (NOW.getTime() - Date.parse('2026-03-01T01:00:00Z')) / 1000);
  });

  it('a day of which nothing is told but that nobody was active is a zero in every series', async () => {
    const [first, second, last] = [addDays(THROUGH, -1), THROUGH, TODAY];
    const one = { names: ['3.2.0'], generation: 8 };
    const dayOf = (day: Day, total: number, counts: [number, number][] = []) => ({
      ...{ day, total, unknown: 0, other: 0, counts },
    });
    const series = {
      active: [dayOf(first, 0), dayOf(second, 2), dayOf(last, 0)],
      version: [dayOf(second, 2, [[0, 2]])],
      reason: [],
    };
    const writer = openFiguresWriter(dashboard.db);
    for (const [dimension, days] of Object.entries(series)) {
      const _id = seriesId(YOUNG.hash, dimension as Dimension, TODAY.slice(0, 7));
      await writer.putSeries([{ ...one, _id, days }], 7);
    }
    const analytics = await dashboard.stores.figures.overview(PROJECT.hash);
    await writer.publish({ ...(analytics as AnalyticsDocument), _id: YOUNG.hash, firstDay: first });
    const get = async <Body>(path: string) =>
      (await dashboard.get<Body>(`${API}/projects/${YOUNG.slug}${path}`, { as: AS })).body;
    const version = await get<SeriesAnswer>('/series/version');
    assert.deepEqual(
      [version.days, version.total],
      [
        [first, second, last],
        [0, 2, 0],
      ],
    );
    assert.deepEqual(version.series, [{ name: '3.2.0', values: [0, 2, 0] }]);
    assert.deepEqual((await get<SeriesAnswer>('/series/version?step=month')).total, [0]);
    assert.deepEqual((await get<SeriesAnswer>('/series/reason')).total, [0, 0, 0]);
    assert.deepEqual((await get<SeriesAnswer>('/series/php')).total, [0, null, 0]);
    const { advisories } = await get<AdvisoriesAnswer>('/advisories');
    assert.deepEqual(
      advisories[0]?.days.map(({ day }) => day),
      [first, second, last],
    );
  });

  it('a figure that was never made is no zero', async () => {
    const project = EMPTY.hash;
    const analytics = await dashboard.stores.figures.overview(PROJECT.hash);
    assert.ok(analytics);
    await openFiguresWriter(dashboard.db).publish({ ...analytics, _id: project });
    const { status } = await dashboard.get(`${API}/projects/${EMPTY.slug}/retention`, { as: AS });
    assert.equal(status, 409);
    const active = await dashboard.get<SeriesAnswer>(`${API}/projects/${EMPTY.slug}/series/active?from=${TODAY}`, {
      as: AS,
    });
    assert.deepEqual(active.body.total, [null]);
  });
});
