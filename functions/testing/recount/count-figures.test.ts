import assert from 'node:assert/strict';
import { TEST_PROJECT } from '../../../shared/testing/events.ts';
import type { DayCounts } from './count-day.ts';
import { countAdoption, countBelow, countOptIn, countRate, countRetention } from './count-figures.ts';
import { historyEvents, type Line } from './history-events.ts';
import { recount } from './recount.ts';

function countOf(lines: Line[], until: string) {
  return recount(historyEvents(lines), { project: TEST_PROJECT, until: `2026-${until}` });
}

const T = 'track';
const D = 'deactivate';
const S = 'tracking-skipped';

describe('count-figures', () => {
  it('the opt-in rate is of those who answer for the first time in the period', () => {
    const no = { previously_skipped: '' };
    const { days } = countOf(
      [
        ['01-01', T, 'a'],
        ['01-10', T, 'a'],
        ['01-10', T, 'b'],
        ['01-11', S, 'c', no],
        ['01-12', S, 'a', no],
        ['01-20', T, 'd'],
      ],
      '01-20',
    );
    assert.deepEqual(countOptIn(days, '2026-01-10', '2026-01-19'), { sites: 1, of: 2 });
    assert.deepEqual(countOptIn(days, '2026-01-01', '2026-01-20'), { sites: 3, of: 4 });
  });

  it('a rate has each site at risk on each day on which it was active the day before, or came', () => {
    const old = { project_version: '1.0' };
    const { days } = countOf(
      [
        ['01-01', T, 'a', old],
        ['01-01', T, 'b', old],
        ['01-04', T, 'b', { project_version: '2.0' }],
        ['01-05', D, 'a', old],
      ],
      '01-06',
    );
    const period = { from: '2026-01-02', to: '2026-01-06' };
    assert.deepEqual(countRate(days, { ...period, name: /./ }), { siteDays: 9, leaves: 1 });
    assert.deepEqual(countRate(days, { ...period, name: /^1\.0 / }), { siteDays: 6, leaves: 1 });
    assert.deepEqual(countRate(days, { ...period, name: / 0-1$/ }), { siteDays: 2, leaves: 0 });
  });

  it('a cohort keeps who was seen at an age or later, and shows it when silence is decided', () => {
    // a fortnight begins on Monday, 2026-01-12
    const lines: Line[] = [
      ['01-12', T, 'stays'],
      ['01-26', T, 'stays'],
      ['02-23', T, 'stays'],
      ['01-13', T, 'leaves'],
      ['02-06', D, 'leaves'],
      ['01-25', T, 'once'],
      ['01-26', T, 'next'],
    ];
    const at = (day: string) => countRetention(countOf(lines, day).histories, `2026-${day}`);
    const tooEarly = [null, null, null, null, null];
    // it ends on 01-25: 14 days on and 30 more are on 03-10
    assert.deepEqual(at('03-09')[0], { from: '2026-01-12', sites: 3, kept: [null, null, ...tooEarly] });
    assert.deepEqual(at('03-10')[0], { from: '2026-01-12', sites: 3, kept: [2, null, ...tooEarly] });
    assert.deepEqual(at('03-24')[0]?.kept, [2, 1, ...tooEarly]);
    assert.deepEqual(at('03-24')[1], { from: '2026-01-26', sites: 1, kept: [0, null, ...tooEarly] });
  });

  it('a cohort keeps nobody for saying again that it left', () => {
    const lines: Line[] = [
      ['01-12', T, 'twice'],
      ['01-13', D, 'twice'],
      ['02-06', D, 'twice'],
      ['01-12', T, 'late'],
      ['03-01', D, 'late'],
    ];
    const [cohort] = countRetention(countOf(lines, '03-24').histories, '2026-03-24');
    assert.deepEqual(cohort?.kept.slice(0, 3), [1, 1, null]);
  });

  it('adoption now is of sites from before the release that reported lately, known of all that are active', () => {
    const says = (version: string) => ({ project_version: version });
    const { histories } = countOf(
      [
        ['01-01', T, 'a', says('1.0')],
        ['01-01', T, 'b', says('1.0')],
        ['01-01', T, 'c', says('1.0')],
        ['01-10', T, 'new', says('2.0')],
        ['01-11', T, 'a', says('2.0')],
        ['01-12', T, 'b', says('1.0')],
        ['01-13', T, 'c', says('2.0.1')],
      ],
      '01-20',
    );
    const release = { version: '2.0', releasedOn: '2026-01-10' };
    assert.deepEqual(countAdoption(histories, release, '2026-01-12'), {
      known: { sites: 2, of: 4 },
      now: { sites: 1, of: 2, days: 3 },
    });
    assert.deepEqual(countAdoption(histories, release, '2026-01-18'), {
      known: { sites: 3, of: 4 },
      now: { sites: 1, of: 2, days: 7 },
    });
  });

  it('below a version are those that are lower as PHP orders them, of those that are known', () => {
    const runs = (version: string) => ({ server: { php_version: version } });
    const { days } = countOf(
      [
        ['01-01', T, 'a', runs('7.4.33')],
        ['01-01', T, 'b', runs('8.2.1')],
        ['01-01', T, 'c', runs('8.10.0')],
        ['01-01', T, 'd', { server: undefined }],
      ],
      '01-01',
    );
    const [day] = days as [DayCounts];
    assert.deepEqual(countBelow(day, 'php', '8.2'), { sites: 1, of: 3, unknown: 1 });
    assert.deepEqual(countBelow(day, 'php', '8.9'), { sites: 2, of: 3, unknown: 1 });
  });
});
