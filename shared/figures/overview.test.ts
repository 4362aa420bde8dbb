import assert from 'node:assert/strict';
import { addDays } from './days.ts';
import type { AnalyticsDocument, NeighboursDocument, Release, ReleasesDocument, Series } from './documents.ts';
import { shareOf } from './intervals.ts';
import { composeOverview, type OverviewInput, overviewSeries } from './overview.ts';
import { periodOf } from './period.ts';
import { attentionText, sentenceOf, type Words } from './sentence.ts';

const TODAY = '2026-11-30';
const THROUGH = '2026-11-29';

const analytics: AnalyticsDocument = {
  _id: 'p',
  generation: 7,
  rebuiltAt: new Date('2026-11-30T12:07:00Z'),
  through: THROUGH,
  today: TODAY,
  firstDay: '2026-09-01',
  dimensions: ['active', 'flows'],
  active: 1250,
  activeToday: 1251,
  notCounted: { staging: 3, local: 2, ephemeral: 1, copies: 4 },
  unsure: null,
  basis: null,
};

/** Counts by day, as a series has them. */
function seriesOf(dimension: Series['dimension'], days: Record<string, Record<string, number>>, total = 0): Series {
  const names = [...new Set(Object.values(days).flatMap((counts) => Object.keys(counts)))];
  return {
    dimension,
    names,
    days: Object.entries(days).map(([day, counts]) => ({
      day,
      total: counts.total ?? total,
      unknown: 5,
      other: 2,
      counts: Object.entries(counts).map(([name, count]): [number, number] => [names.indexOf(name), count]),
    })),
  };
}

const release = (version: string, releasedOn: string, more: Partial<Release> = {}): Release => ({
  ...{
    version,
    releasedOn,
    source: 'reports',
    peakShare: 0.5,
    adoption: [],
    daysToHalf: null,
    firstDays: [],
    alert: null,
  },
  ...more,
});
const releasesOf = (releases: Release[]): ReleasesDocument => ({
  _id: 'p:releases',
  generation: 7,
  releases,
  others: [],
  medianDaysToHalf: { days: null, releases: 0, reached: false },
});

const input = (changes: Partial<OverviewInput> = {}): OverviewInput => ({
  analytics,
  period: periodOf('28d', analytics),
  series: [
    seriesOf('active', {
      '2026-11-01': { total: 1070 },
      [addDays(THROUGH, -1)]: { total: 1240 },
      [THROUGH]: { total: 1250 },
      [TODAY]: { total: 1251 },
    }),
    seriesOf('flows', {
      '2026-10-10': { new: 100, left: 40, firstRefusals: 300 },
      '2026-11-02': { new: 200, left: 30, reactivated: 3, wentSilent: 4, firstRefusals: 200 },
      [THROUGH]: { new: 50, left: 1, firstRefusals: 50 },
      [TODAY]: { new: 9, left: 9, firstRefusals: 9 },
    }),
    seriesOf('reason', { '2026-11-10': { none: 90, 'too-slow': 6, other: 5, missing: 3 }, [THROUGH]: { other: 2 } }),
    seriesOf('version', { [THROUGH]: { '3.2.0': 700, '3.1.4': 300, '3.1.0': 61 } }),
  ],
  figures: {},
  advisories: [],
  ...changes,
});

const words: Words = {
  name: 'My Forms',
  reasonLabel: (id) => id.replaceAll('-', ' '),
  number: (value) => value.toLocaleString('en'),
  percent: (share) => `${Math.round(share * 100)} %`,
};

describe('composeOverview', () => {
  it('has four figures of complete days, each beside the same of the days before', () => {
    const { active, new: came, left, optIn } = composeOverview(input()).figures;
    assert.deepEqual([active.value, active.before, active.change, active.isClear], [1250, 1070, 180, true]);
    assert.deepEqual([came.value, came.before, came.change, came.isClear], [250, 100, 150, true]);
    assert.deepEqual([left.value, left.before, left.change, left.isClear], [31, 40, -9, false]);
    assert.deepEqual([optIn.value, optIn.before, optIn.change, optIn.isClear], [0.5, 0.25, 0.25, true]);
    assert.deepEqual([optIn.of.sites, optIn.of.base], [250, 500]);
  });

  it('compares with nothing where there is nothing before', () => {
    const young = { ...analytics, firstDay: '2026-10-20' };
    const { figures } = composeOverview(input({ analytics: young, period: periodOf('28d', young) }));
    for (const { before, change, isClear } of Object.values(figures))
      assert.deepEqual([before, change, isClear], [null, null, false]);
    const empty = composeOverview(input({ period: periodOf({ from: '2026-09-29', to: '2026-10-05' }, analytics) }));
    assert.deepEqual([empty.figures.optIn.value, empty.figures.optIn.of.base], [null, 0]);
  });

  it('says it in a sentence', () => {
    const now = { ...shareOf(54, 100), days: 3 };
    const newest = release('3.2.0', '2026-11-20', { adoption: [{ day: THROUGH, now, known: shareOf(40, 100) }] });
    const { sentence } = composeOverview(input({ figures: { releases: releasesOf([newest]) } }));
    assert.equal(
      sentenceOf(sentence, words),
      '1,250 sites use My Forms, 180 more than 28 days ago. 3.2.0, out for 9 days, runs on 54 % of the sites that reported lately. 31 left; the most frequent reason was "other".',
    );
  });

  it('says of a release that is followed no longer when it was that so many ran it', () => {
    const now = { ...shareOf(81, 100), days: 3 };
    const adoption = [{ day: '2026-10-30', now, known: shareOf(80, 100) }];
    const of = (releasedOn: string) => {
      const releases = releasesOf([release('3.2.0', releasedOn, { adoption })]);
      return sentenceOf(composeOverview(input({ figures: { releases } })).sentence, words);
    };
    assert.match(of('2026-10-01'), /3\.2\.0, out for 59 days, runs on 81 % of/);
    assert.match(of('2026-09-30'), /3\.2\.0, out for 60 days, on day 59 ran on 81 % of/);
  });

  it('says less where less is known', () => {
    const { sentence } = composeOverview(
      input({
        period: { ...periodOf('28d', analytics), compared: null },
        series: input().series.with(2, seriesOf('reason', { '2026-11-10': { none: 9, 'too-slow': 1 } })),
      }),
    );
    assert.equal(sentenceOf(sentence, words), '1,250 sites use My Forms. 31 left; most said "too slow".');
    const none = input().series.with(2, seriesOf('reason', { '2026-11-10': { none: 9 } }));
    assert.equal(sentenceOf(composeOverview(input({ series: none })).sentence, words).endsWith(' 31 left.'), true);
  });

  it('charts a young project from the week on in which its figures begin', () => {
    const young = { ...analytics, firstDay: addDays(THROUGH, -9) };
    const { days, partialFrom } = composeOverview(input({ analytics: young, period: periodOf('28d', young) })).chart;
    assert.deepEqual([days[0], days.at(-1), days.length, partialFrom], [addDays(THROUGH, -13), TODAY, 15, 14]);
  });

  it('charts the period and today apart, with what is not known left out', () => {
    const { days, partialFrom, active, flows, releases } = composeOverview(
      input({ figures: { releases: releasesOf([release('3.2.0', '2026-11-20'), release('3.1.0', '2026-10-01')]) } }),
    ).chart;
    assert.deepEqual([days.length, days[0], days[partialFrom]], [29, '2026-11-02', TODAY]);
    assert.deepEqual([active[0], active.at(-2), active.at(-1)], [null, 1250, 1251]);
    assert.deepEqual([flows.new[0], flows.wentSilent[0], flows.new[1], flows.resumed.at(-1)], [200, 4, null, 0]);
    assert.deepEqual(releases, [{ version: '3.2.0', day: '2026-11-20' }]);
    const past = composeOverview(
      input({ period: periodOf({ from: '2026-10-05', to: '2026-10-11' }, analytics) }),
    ).chart;
    assert.deepEqual([past.days.length, past.partialFrom], [7, 7]);
  });

  it('lists what needs attention: unsure figures, advisories, a bad release, what goes with leaving', () => {
    const ratio = { ratio: 1.6, low: 1.3, high: 2, p: 0.001, left: 40, othersLeft: 30 };
    const look = { ...ratio, days: 4, alarm: true, weak: false };
    const alert = { against: '3.1.4', looks: [look, { ...look, days: 7, alarm: false }], isAlarm: true };
    const neighbours: NeighboursDocument = {
      ...{ _id: 'p:neighbours', generation: 7, from: '2026-09-01', to: THROUGH },
      found: [{ ...ratio, ratio: 1.9, kind: 'plugin', key: null, value: 'slow-cache', sites: 90, falseFindings: 0.01 }],
    };
    const { attention } = composeOverview(
      input({
        analytics: { ...analytics, unsure: { charts: 1251, latest: 900 } },
        figures: {
          releases: releasesOf([release('3.2.0', '2026-11-20', { alert }), release('3.1.4', '2026-10-01', { alert })]),
          neighbours,
        },
        advisories: [
          { id: '2026-1', title: 'Old', affected: '<3.0', fixedIn: '3.0', publishedAt: '2026-01-01' },
          { id: '2026-2', title: 'Drafts', affected: '<3.1.4', fixedIn: '3.1.4', publishedAt: '2026-10-01' },
        ],
      }),
    );
    assert.deepEqual(
      attention.map((one) => attentionText(one, words)),
      [
        'These figures are unsure: 1,251 sites are active by the history, 900 by the sites themselves.',
        '61 sites run versions <3.1.4, advisory 2026-2: Drafts',
        'Leaving is up on 3.2.0, against 3.1.4: 1.6 times as often (1.3-2.0).',
        'Sites with the plugin slow-cache left 1.9 times as often (at least 1.3).',
      ],
    );
  });
});

describe('periodOf', () => {
  for (const { title, wanted, comparison, is } of [
    {
      title: '28 days',
      wanted: '28d',
      comparison: 'previous',
      is: ['2026-11-02', THROUGH, 28, '2026-10-05', '2026-11-01'],
    },
    { title: 'nothing to compare with', wanted: '28d', comparison: 'none', is: ['2026-11-02', THROUGH, 28] },
    { title: 'a year that is not there', wanted: '28d', comparison: 'year', is: ['2026-11-02', THROUGH, 28] },
    {
      title: '91 days, with half of the days before',
      wanted: '91d',
      comparison: 'previous',
      is: ['2026-08-31', THROUGH, 91],
    },
    { title: 'all', wanted: 'all', comparison: 'previous', is: ['2026-09-01', THROUGH, 90] },
  ] as const)
    it(`knows ${title}`, () => {
      const { from, to, days, compared } = periodOf(wanted, analytics, comparison);
      assert.deepEqual([from, to, days, ...(compared ? [compared.from, compared.to] : [])], is);
    });

  it('is of today so far as long as no day is complete', () => {
    const extent = { firstDay: TODAY, through: THROUGH, today: TODAY };
    assert.deepEqual(periodOf('28d', extent).to, TODAY);
    assert.deepEqual(periodOf('all', extent), { from: TODAY, to: TODAY, days: 1, compared: null });
  });

  it('asks for the series of both, and of today', () =>
    assert.deepEqual(overviewSeries(periodOf('28d', analytics), analytics)[0], {
      dimension: 'active',
      from: '2026-10-05',
      to: TODAY,
    }));
});
