import assert from 'node:assert/strict';
import { TEST_PROJECT } from '../../../shared/testing/events.ts';
import { countOf, type Numbers, numbersOf } from './count-lines.ts';
import { historyEvents, type Line } from './history-events.ts';
import { recount } from './recount.ts';

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
});
