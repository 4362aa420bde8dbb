import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { JsonObject } from '../../../shared/event/envelope.ts';
import { addDays } from '../../../shared/figures/days.ts';
import { simulatePast } from '../../../shared/simulation/past.ts';
import { TEST_PROJECT } from '../../../shared/testing/events.ts';
import { IS_PROOF } from '../../../shared/testing/in-proof.ts';
import type { DayCounts } from './count-day.ts';
import { historyEvents, type Line } from './history-events.ts';
import { recount } from './recount.ts';
import { roughHistory } from './rough-history.ts';

const NUMBERS = [
  'active',
  'new_sites',
  'reactivated',
  'resumed',
  'left_sites',
  'went_silent',
  'copies_counted_again',
  'copies_set_aside',
  'deactivations',
  'deactivations_unreported',
  'first_refusals',
  'withdrawn',
  'staging',
  'local',
  'ephemeral',
  'copies',
] as const;
type Numbers = Partial<Record<(typeof NUMBERS)[number], number>>;

function countOf(lines: Line[], until: string) {
  return recount(historyEvents(lines), { project: TEST_PROJECT, until: `2026-${until}` });
}

/** What is not zero. */
function numbersOf(counts: DayCounts | undefined): Numbers {
  assert.ok(counts);
  return Object.fromEntries(NUMBERS.filter((name) => counts[name] !== 0).map((name) => [name, counts[name]]));
}

const T = 'track';
const D = 'deactivate';
const S = 'tracking-skipped';
/** What makes two sites say the same. */
const SAME = { site: 'the same' };

describe('recount', () => {
  const histories: { title: string; lines: Line[]; days: Record<string, Numbers> }[] = [
    {
      title: 'a site is active for 30 days from its last report on, and then silent',
      lines: [
        ['01-01', T, 'a'],
        ['01-08', T, 'a'],
      ],
      days: { '01-01': { active: 1, new_sites: 1 }, '02-06': { active: 1 }, '02-07': { went_silent: 1 }, '02-08': {} },
    },
    {
      title: 'a site that reports again on the thirtieth day was never silent',
      lines: [
        ['01-01', T, 'a'],
        ['01-31', T, 'a'],
      ],
      days: { '01-30': { active: 1 }, '01-31': { active: 1 } },
    },
    {
      title: 'a deactivation ends it, whatever comes first that day',
      lines: [
        ['01-01', T, 'a'],
        ['01-08 09:00', T, 'a'],
        ['01-08 10:00', D, 'a'],
      ],
      days: { '01-07': { active: 1 }, '01-08': { left_sites: 1, deactivations: 1 } },
    },
    {
      title: 'a report after the deactivation of the same day means that it stays',
      lines: [
        ['01-01', T, 'a'],
        ['01-08 09:00', D, 'a'],
        ['01-08 10:00', T, 'a'],
      ],
      days: { '01-08': { active: 1, deactivations: 1 } },
    },
    {
      title: 'of two events at one moment the greater id is the later one',
      lines: [
        ['01-01', T, 'a'],
        ['01-08', D, 'a'],
        ['01-08', T, 'a'],
      ],
      days: { '01-08': { active: 1, deactivations: 1 } },
    },
    {
      title: 'who comes and leaves on one day is new and left',
      lines: [
        ['01-01 09:00', T, 'a'],
        ['01-01 10:00', D, 'a'],
      ],
      days: { '01-01': { new_sites: 1, left_sites: 1, deactivations: 1 } },
    },
    {
      title: 'a deactivation alone is no install, and a site that reports after it is new',
      lines: [
        ['01-01', D, 'a'],
        ['01-20', T, 'a'],
      ],
      days: { '01-01': { deactivations: 1, deactivations_unreported: 1 }, '01-20': { active: 1, new_sites: 1 } },
    },
    {
      title: 'who had left and reports again is reactivated',
      lines: [
        ['01-01', T, 'a'],
        ['01-05', D, 'a'],
        ['01-20', T, 'a'],
      ],
      days: { '01-06': {}, '01-20': { active: 1, reactivated: 1 } },
    },
    {
      title: 'who comes back and leaves on one day is in both',
      lines: [
        ['01-01', T, 'a'],
        ['01-05', D, 'a'],
        ['01-20 09:00', T, 'a'],
        ['01-20 10:00', D, 'a'],
      ],
      days: { '01-20': { reactivated: 1, left_sites: 1, deactivations: 1 } },
    },
    {
      title: 'who had fallen silent and reports again is resumed',
      lines: [
        ['01-01', T, 'a'],
        ['02-01', T, 'a'],
      ],
      days: { '01-31': { went_silent: 1 }, '02-01': { active: 1, resumed: 1 } },
    },
    {
      title: 'who was active yesterday and says today that it left has left, on the thirtieth day too',
      lines: [
        ['01-01', T, 'a'],
        ['01-31', D, 'a'],
      ],
      days: { '01-31': { left_sites: 1, deactivations: 1 }, '02-01': {} },
    },
    {
      title: 'who says after its silence that it left does not leave once more, and is reactivated when it is back',
      lines: [
        ['01-01', T, 'a'],
        ['02-10', D, 'a'],
        ['03-01', T, 'a'],
      ],
      days: { '01-31': { went_silent: 1 }, '02-10': { deactivations: 1 }, '03-01': { active: 1, reactivated: 1 } },
    },
    {
      title: 'two deactivations within a second are one',
      lines: [
        ['01-01', T, 'a'],
        ['01-05 10:00:00.000', D, 'a'],
        ['01-05 10:00:00.400', D, 'a'],
        ['01-05 10:00:05.000', D, 'a'],
      ],
      days: { '01-05': { left_sites: 1, deactivations: 2 } },
    },
    {
      title: 'a copy is set aside until the one that was first leaves',
      lines: [
        ['01-01', T, 'a', SAME],
        ['01-03', T, 'b', SAME],
        ['01-08', D, 'a', SAME],
      ],
      days: {
        '01-03': { active: 1, copies: 1 },
        '01-07': { active: 1, copies: 1 },
        '01-08': { active: 1, left_sites: 1, deactivations: 1, copies_counted_again: 1 },
      },
    },
    {
      title: 'a site that comes to say the same as an older one is set aside, until it differs again',
      lines: [
        ['01-01', T, 'a'],
        ['01-02', T, 'b', SAME],
        ['01-08', T, 'a', SAME],
        ['01-15', T, 'a'],
      ],
      days: {
        '01-02': { active: 2, new_sites: 1 },
        '01-08': { active: 1, copies: 1, copies_set_aside: 1 },
        '01-15': { active: 2, copies_counted_again: 1 },
      },
    },
    {
      title: 'the end of a copy is no end, and its deactivation none of the project',
      lines: [
        ['01-01', T, 'a', SAME],
        ['01-03', T, 'b', SAME],
        ['01-05', D, 'b', SAME],
        ['01-20', T, 'a', SAME],
      ],
      days: { '01-05': { active: 1 }, '02-02': { active: 1 } },
    },
    {
      title: 'of two copies that came at one moment the one whose name is first counts',
      lines: [
        ['01-01', T, 'b', SAME],
        ['01-01', T, 'a', SAME],
        ['01-05', D, 'b', SAME],
      ],
      days: { '01-01': { active: 1, new_sites: 1, copies: 1 }, '01-05': { active: 1 } },
    },
    {
      title: 'a site that is long silent is known by every spelling of its address when it declines',
      lines: [
        ['01-01', T, 'a'],
        ['03-15', S, 'http://www.a.example', { previously_skipped: '' }],
      ],
      days: { '01-31': { went_silent: 1 }, '03-15': { withdrawn: 1 } },
    },
    {
      title: 'staging, local and preview sites are counted apart, for 30 days from a report on',
      lines: [
        ['01-01', T, 'https://staging.a.example'],
        ['01-01', T, 'http://b.local'],
        ['01-01', T, 'https://playground.wordpress.net/scope:c'],
        ['01-02', D, 'https://staging.a.example'],
      ],
      days: {
        '01-01': { staging: 1, local: 1, ephemeral: 1 },
        '01-30': { staging: 1, local: 1, ephemeral: 1 },
        '01-31': {},
      },
    },
    {
      title:
        'refusals are first ones of sites that never reported; a skip of one that did is a withdrawal, whatever its scheme',
      lines: [
        ['01-01', T, 'a'],
        ['01-02 09:00', S, 'b', { previously_skipped: '' }],
        ['01-02 10:00', S, 'b', { previously_skipped: '' }],
        ['01-02', S, 'c', { previously_skipped: '1' }],
        ['01-03', S, 'http://a.example', { previously_skipped: '' }],
        ['01-04', T, 'b'],
        ['01-05', S, 'b', { previously_skipped: '' }],
      ],
      days: {
        '01-02': { active: 1, first_refusals: 1 },
        '01-03': { active: 1, withdrawn: 1 },
        '01-05': { active: 2, withdrawn: 1 },
      },
    },
  ];
  for (const { title, lines, days } of histories)
    it(title, () => {
      const last = Object.keys(days).at(-1) as string;
      const counts = countOf(lines, last).days;
      for (const [day, numbers] of Object.entries(days)) {
        assert.deepEqual(numbersOf(counts.find((one) => one.day === `2026-${day}`)), numbers, day);
      }
    });

  it('counts an event once, however often it was delivered, and no other project', () => {
    const events = historyEvents([
      ['01-01', T, 'a'],
      ['01-02', D, 'a'],
      ['01-02', T, 'b', { hash: 'other' }],
    ]);
    const { days } = recount([...events, ...events.toReversed()], { project: TEST_PROJECT, until: '2026-01-02' });
    assert.deepEqual(numbersOf(days[0]), { active: 1, new_sites: 1 });
    assert.deepEqual(numbersOf(days[1]), { left_sites: 1, deactivations: 1 });
  });

  it("knows whose a deactivation without a name is by the md5 of the site's url", () => {
    const [report, left] = historyEvents([
      ['01-01', T, 'a'],
      ['01-02', D, 'a'],
    ]);
    assert.ok(report && left);
    const nameless = { ...left, payload: { reason_id: 'other', client: '1.2.3' } };
    const { days } = recount([report, nameless], { project: TEST_PROJECT, until: '2026-01-02' });
    assert.deepEqual(numbersOf(days[1]), { left_sites: 1, deactivations: 1 });
  });

  it('gives each life its first and last day, and how it ended', () => {
    const lines: Line[] = [
      ['01-01', T, 'a', { project_version: '1.0' }],
      ['01-10', T, 'a', { project_version: '1.1' }],
      ['01-12 10:00:00.000', D, 'a', { reason_id: 'other' }],
      ['01-12 10:00:00.600', D, 'a', { reason_id: 'too-slow' }],
      ['01-14', D, 'a', { reason_id: 'is-not-working' }],
      ['01-20', T, 'a', { project_version: '1.2' }],
      ['03-01', D, 'a', { reason_id: 'found-better-plugin' }],
      ['03-05', D, 'a', { reason_id: 'other' }],
      ['03-10', T, 'a', { project_version: '2.0' }],
    ];
    const all = { site: 'a.example', first_report_at: '2026-01-01T10:00:00.000Z' };
    const open = { left_day: null, late_left_day: null, reason_id: null };
    assert.deepEqual(countOf(lines, '03-10').lives, [
      {
        ...all,
        ...{ number: 1, from_day: '2026-01-01', last_day: '2026-01-10', first_version: '1.0', last_version: '1.1' },
        ...{ ...open, left_day: '2026-01-12', reason_id: 'other' },
      },
      {
        ...all,
        ...{ number: 2, from_day: '2026-01-20', last_day: '2026-01-20', first_version: '1.2', last_version: '1.2' },
        ...{ ...open, late_left_day: '2026-03-01', reason_id: 'found-better-plugin' },
      },
      {
        ...all,
        ...{ number: 3, from_day: '2026-03-10', last_day: '2026-03-10', first_version: '2.0', last_version: '2.0' },
        ...open,
      },
    ]);
  });

  it('counts active sites by what they last said, and who leaves by it', () => {
    const says = (version: string, plan: string | undefined): JsonObject => ({
      project_version: version,
      plugins: { jetpack: { name: 'Jetpack', version: '1' }, akismet: { name: 'Akismet', version: '1' } },
      extra: plan === undefined ? undefined : { plan },
    });
    const { days } = countOf(
      [
        ['01-01', T, 'a', says('1.0', 'free')],
        ['01-01', T, 'b', says('1.0', 'pro')],
        ['01-03', T, 'a', says('1.1', 'free')],
        ['01-03', T, 'c', { ...says('1.1', undefined), plugins: undefined, server: undefined }],
        ['01-04', D, 'b', says('1.0', 'pro')],
      ],
      '01-04',
    );
    const [, , third, fourth] = days as [DayCounts, DayCounts, DayCounts, DayCounts];
    const some = ({ spreads }: DayCounts, dimension: RegExp) =>
      Object.fromEntries(Object.entries(spreads).filter(([name]) => dimension.test(name)));
    assert.deepEqual(some(third, /^version/), { 'version=1.0': { sites: 1 }, 'version=1.1': { sites: 2 } });
    assert.deepEqual(some(third, /^php/), { 'php=8.2': { sites: 2 }, 'php unknown': { sites: 1 } });
    assert.deepEqual(some(third, /^plugin/), {
      'plugin=jetpack': { sites: 2 },
      'plugin=akismet': { sites: 2 },
      'plugin unknown': { sites: 1 },
    });
    assert.deepEqual(some(third, /^field:plan/), {
      'field:plan=free': { sites: 1 },
      'field:plan=pro': { sites: 1 },
      'field:plan unknown': { sites: 1 },
    });
    assert.deepEqual(some(fourth, /^version/), { 'version=1.0': { left_sites: 1 }, 'version=1.1': { sites: 2 } });
    assert.deepEqual(some(fourth, /^reason/), { 'reason=found-better-plugin': { sites: 1 } });
    assert.deepEqual(third.exposure, {
      '1.1 at 2-13': { at_risk: 1 },
      '1.0 at 2-13': { at_risk: 1 },
      '1.1 at 0-1': { at_risk: 1 },
    });
    assert.deepEqual(fourth.exposure, {
      '1.1 at 2-13': { at_risk: 1 },
      '1.0 at 2-13': { at_risk: 1, left_sites: 1 },
      '1.1 at 0-1': { at_risk: 1 },
    });
    assert.deepEqual(third.reports, { '1.1 at 2': { sites: 1 }, '1.1 at 0': { sites: 1 } });
    const plans = Object.entries(fourth.neighbours).filter(([name]) => name.startsWith('field plan'));
    assert.deepEqual(Object.fromEntries(plans), {
      'field plan=free at 2-13': { at_risk: 1 },
      'field plan=pro at 2-13': { at_risk: 1, left_sites: 1 },
      'field plan=* at 2-13': { at_risk: 2, left_sites: 1 },
    });
  });

  const assertAddsUp = (days: DayCounts[]) => {
    for (const [index, day] of days.entries()) {
      const before = days[index - 1]?.active ?? 0;
      const starts = day.new_sites + day.reactivated + day.resumed;
      const changes = day.copies_counted_again - day.copies_set_aside;
      assert.equal(day.active - before, starts - day.left_sites - day.went_silent + changes, `net of ${day.day}`);
      const exposed = Object.values(day.exposure).reduce((sum, row) => sum + (row.at_risk ?? 0), 0);
      assert.equal(exposed, before + starts, `at risk on ${day.day}`);
      const leaving = Object.values(day.exposure).reduce((sum, row) => sum + (row.left_sites ?? 0), 0);
      assert.equal(leaving, day.left_sites, `left on ${day.day}`);
      for (const dimension of ['version', 'php', 'multisite', 'field:plan']) {
        const rows = Object.entries(day.spreads).filter(([name]) => name.startsWith(dimension));
        assert.equal(
          rows.reduce((sum, [, { sites = 0 }]) => sum + sites, 0),
          day.active,
          `${dimension} of ${day.day}`,
        );
      }
    }
  };

  it('flows add up to net, risks and spreads to the active sites, on every day of any history', () =>
    fc.assert(
      fc.property(fc.nat(1e9), fc.integer({ min: 1, max: 8 }), (seed, sites) => {
        const events = roughHistory(seed, { sites, days: 150 });
        assertAddsUp(recount(events, { project: TEST_PROJECT, until: '2026-07-01' }).days);
      }),
      { numRuns: IS_PROOF ? 25 : 8 },
    ));

  it('they do in a simulated past, and sites of every kind of flow are in it', () => {
    const size = IS_PROOF ? { sites: 120, days: 130, seed: 5 } : { sites: 60, days: 80, seed: 1 };
    const last = addDays('2026-01-01', size.days - 1);
    const until = new Date(`${addDays(last, 1)}T00:00:00.000Z`);
    const events = [...simulatePast({ projectHash: TEST_PROJECT.hash, ...size, until })];
    const { days } = recount(events, { project: TEST_PROJECT, until: last });
    assertAddsUp(days);
    for (const name of NUMBERS)
      assert.ok(
        days.some((day) => day[name] > 0),
        name,
      );
  });
});
