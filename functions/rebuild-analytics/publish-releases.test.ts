import assert from 'node:assert/strict';
import { addDays, type Day } from '../../shared/figures/days.ts';
import type { Derivation } from '../../shared/stores/history/derived-tables.ts';
import { publish } from './publish.ts';
import { dayOf, type OwnPublishing, openOwnPublishing, spread, THROUGH, TODAY } from './testing/own-publishing.ts';

describe('publish of a project of 100 days, with two releases', () => {
  const project = 'releases';
  const first = addDays(TODAY, -100);
  const exposureOf = (version: string, at_risk: number, left_sites: number) => ({
    version,
    age: '90+',
    at_risk,
    left_sites,
  });

  let own: OwnPublishing;
  before(async () => {
    own = await openOwnPublishing();
    own.projects.push({ hash: project, releases: [{ version: '3.0', releasedOn: addDays(TODAY, -95) }] });
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
    await own.insert('project_days', rows);
    await own.insert('site_lives', [
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
    await own.insert('site_days', [
      said('a.example', '2026-11-14', { php: '7.4', wordpress: '6.1', fingerprint: 'same' }),
      said('a.example', '2026-11-28', { php: '8.2', wordpress: '6.1', fingerprint: 'same' }),
      said('copy.example', '2026-11-28', { php: '8.3', fingerprint: 'same' }),
      said('d.example', '2026-11-20', { php: '8.1' }),
    ]);
    await own.run({ full: true });
  });
  after(() => own.close());

  it('knows the releases, their adoption and their days to half', async () => {
    const { releases } = (await own.read(project, 'version')).figures;
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
    const { releases } = (await own.read(project, 'version')).figures;
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
    const { rates } = (await own.read(project, 'version')).figures;
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
    const { neighbours } = (await own.read(project, 'version')).figures;
    const { found = [], from, to } = neighbours ?? {};
    assert.deepEqual([from, to], [addDays(THROUGH, -89), THROUGH]);
    assert.deepEqual(
      found.map(({ kind, key, value, sites, left, ratio }) => [kind, key, value, sites, left, ratio]),
      [['plugin', null, 'slow-cache', 200, 90, 4]],
    );
  });

  it('follows cohorts as far as silence is decided', async () => {
    const { retention } = (await own.read(project, 'version')).figures;
    const early = Array(7).fill(null);
    assert.deepEqual(retention?.cohorts, [
      { from: '2026-08-24', to: '2026-09-06', sites: 3, kept: [2, 2, null, null, null, null, null] },
      { from: '2026-10-19', to: '2026-11-01', sites: 1, kept: early },
      { from: '2026-11-02', to: '2026-11-15', sites: 1, kept: early },
    ]);
  });

  it('spreads the sites on the newest release, without copies', async () => {
    const { support } = (await own.read(project, 'version')).figures;
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
      const { analytics, figures: all } = await own.read(project, 'version');
      return { generations: Object.values(all).map((one) => one.generation), basis: analytics.basis, all };
    };
    const before = await figuresNow();
    await own.run();
    assert.deepEqual(await figuresNow(), before);
    const asked: string[] = [];
    const history = {
      stream: (query: Derivation) => {
        asked.push(query.sql);
        return own.stores.history.stream(query);
      },
    };
    await publish({ ...own.stores, history }, own.nextRun());
    assert.equal(asked.filter((sql) => sql.includes('neighbour') && sql.includes('WITH')).length, 0);

    await own.remove(project, THROUGH);
    await own.insert('project_days', [
      dayOf(project, THROUGH, { active: 100, exposure: [exposureOf('3.1', 1000, 9)] }),
    ]);
    await own.run();
    const changed = await figuresNow();
    assert.equal(changed.all.rates?.overall.count, 196 - 7 + 9);
    const late = addDays(first, 62);
    await own.remove(project, late);
    await own.run({ days: [late, THROUGH, TODAY] });
    const healed = await figuresNow();
    assert.notDeepEqual(healed.all.releases, changed.all.releases);
    await own.run({ full: true });
    const strip = ({ all }: typeof healed) => Object.values(all).map(({ generation: _, ...figure }) => figure);
    assert.deepEqual(strip(await figuresNow()), strip(healed));
  });
});
