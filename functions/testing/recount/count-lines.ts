import assert from 'node:assert/strict';
import { TEST_PROJECT } from '../../../shared/testing/events.ts';
import type { DayCounts } from './count-day.ts';
import { historyEvents, type Line } from './history-events.ts';
import { recount } from './recount.ts';

/** What a day has one number of, in short histories. */
export const NUMBERS = [
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
export type Numbers = Partial<Record<(typeof NUMBERS)[number], number>>;

/** A recount of a short history, up to a day of 2026. */
export function countOf(lines: Line[], until: string) {
  return recount(historyEvents(lines), { project: TEST_PROJECT, until: `2026-${until}` });
}

/** What is not zero. */
export function numbersOf(counts: DayCounts | undefined): Numbers {
  assert.ok(counts);
  return Object.fromEntries(NUMBERS.filter((name) => counts[name] !== 0).map((name) => [name, counts[name]]));
}
