import assert from 'node:assert/strict';
import fc from 'fast-check';
import { activeSince, siteState, withState } from './site-state.ts';

const DAY_MS = 86_400_000;
const NOW = new Date('2026-03-31T13:00:00.000Z');
const stamp = (at: string) => `${at}/event`;

describe('siteState', () => {
  for (const { title, track, deactivation = null, state } of [
    { title: 'reported 29 days ago', track: '2026-03-02T00:00:00.000Z', state: 'active' },
    { title: 'reported 30 days ago, late that day', track: '2026-03-01T23:59:59.999Z', state: 'silent' },
    {
      title: 'deactivated',
      track: '2026-03-30T00:00:00.000Z',
      deactivation: '2026-03-30T00:00:01.000Z',
      state: 'left',
    },
    {
      title: 'deactivated long ago',
      track: '2025-01-01T00:00:00.000Z',
      deactivation: '2025-01-02T00:00:00.000Z',
      state: 'left',
    },
    {
      title: 'reported again',
      track: '2026-03-30T00:00:01.000Z',
      deactivation: '2026-03-30T00:00:00.000Z',
      state: 'active',
    },
    {
      title: 'reported again, long ago',
      track: '2026-01-02T00:00:00.000Z',
      deactivation: '2026-01-01T00:00:00.000Z',
      state: 'silent',
    },
    { title: 'only ever deactivated', track: null, deactivation: '2026-03-30T00:00:00.000Z', state: 'left' },
  ])
    it(`is ${state}: ${title}`, () => {
      const newest = { track: track && stamp(track), deactivation: deactivation && stamp(deactivation) };
      assert.equal(siteState(newest, NOW), state);
    });

  it('falls silent once, 30 dates after the last report, and stays so', () =>
    fc.assert(
      fc.property(fc.date({ noInvalidDate: true, min: new Date(0), max: NOW }), fc.nat(100 * DAY_MS), (at, age) => {
        const now = new Date(at.getTime() + age);
        const dates = Math.floor(now.getTime() / DAY_MS) - Math.floor(at.getTime() / DAY_MS);
        const state = siteState({ track: stamp(at.toISOString()), deactivation: null }, now);
        assert.equal(state, dates >= 30 ? 'silent' : 'active');
        assert.equal(at < activeSince(now), state === 'silent');
      }),
    ));
});

describe('withState', () => {
  it('puts a state in the place of what earlier versions wrote', () => {
    const earlier = { site: 'a', status: 'deactivated' } as unknown as { site: string; state: 'left' };
    assert.deepEqual(withState(earlier, 'left'), { site: 'a', state: 'left' });
  });
});
