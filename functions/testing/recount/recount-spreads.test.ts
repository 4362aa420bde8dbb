import assert from 'node:assert/strict';
import type { JsonObject } from '../../../shared/event/envelope.ts';
import type { DayCounts } from './count-day.ts';
import { countOf } from './count-lines.ts';
import type { Line } from './history-events.ts';

const T = 'track';
const D = 'deactivate';

describe('recount', () => {
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
});
