import { addDays, type Day } from '../../../shared/figures/days.ts';

/** What is compared: a figure's name says all that it is of. null: it is too early, or of too few, to tell. */
export type Figures = Map<string, number | null>;

/** The days that the pages show when nothing is chosen. */
export interface ShownDays {
  through: Day;
  /** It has begun, and is in no sum. */
  today: Day;
  period: { from: Day; to: Day };
  compared: { from: Day; to: Day };
}

const PERIOD_DAYS = 28;

export function shownDays(through: Day): ShownDays {
  const from = addDays(through, 1 - PERIOD_DAYS);
  return {
    through,
    today: addDays(through, 1),
    period: { from, to: through },
    compared: { from: addDays(from, -PERIOD_DAYS), to: addDays(from, -1) },
  };
}

export function daysBetweenBoth(from: Day, to: Day): Day[] {
  const days: Day[] = [];
  for (let day = from; day <= to; day = addDays(day, 1)) days.push(day);
  return days;
}

/** The flows that a chart shows, by the names that a recount has of what they are the sum of. */
export const FLOW_COLUMNS = {
  new: ['new_sites'],
  back: ['reactivated', 'resumed'],
  left: ['left_sites'],
  silent: ['went_silent'],
} as const;

/** Spreads that the page on environment shows, beside those of custom fields. */
export const SPREADS = [
  ...['php', 'wordpress', 'database', 'web-server'],
  ...['locale', 'country', 'theme', 'plugin', 'multisite'],
] as const;

/** The question that stands there before anybody has asked another. */
export const DROPPED = { dimension: 'php', below: '8.0' } as const;
