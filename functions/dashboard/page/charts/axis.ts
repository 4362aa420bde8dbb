import { scaleLinear, scaleUtc } from 'd3-scale';
import type { Day } from '../../../../shared/figures/days.ts';
import { formatDay, formatMonth, formatShortDay } from '../format.ts';

/** What stands along a chart: days, or days since a release. */
export interface Axis {
  count: number;
  /** The whole name of a place. */
  nameOf: (index: number) => string;
  /** As many places with a short name as fit. */
  ticks: (most: number) => { index: number; text: string }[];
}

/** Up to so many places ticks are evenly apart; of more, months and years begin. */
const MOST_COUNTED = 130;
const EVERY = [1, 2, 4, 7, 14, 28, 56] as const;

/** Evenly apart, back from the last. */
function countedTicks(days: readonly Day[], most: number): { index: number; text: string }[] {
  const every = EVERY.find((one) => days.length / one <= most) ?? days.length;
  return days.flatMap((day, index) =>
    (days.length - 1 - index) % every === 0 ? [{ index, text: formatShortDay(day) }] : [],
  );
}

/** Days from `partialFrom` on are not complete. */
export function daysAxis(
  days: readonly Day[],
  step: 'day' | 'week' | 'month' = 'day',
  partialFrom = days.length,
): Axis {
  const places = new Map(days.map((day, index) => [day, index]));
  const nameOf = (index: number) => {
    const day = days[index] as Day;
    const name = step === 'month' ? formatMonth(day) : formatDay(day);
    return `${step === 'week' ? 'Week of ' : ''}${name}${index >= partialFrom ? ', so far' : ''}`;
  };
  return {
    count: days.length,
    nameOf,
    ticks(most) {
      const [first, last] = [days[0], days.at(-1)];
      if (first === undefined || last === undefined) return [];
      if (days.length <= MOST_COUNTED) return countedTicks(days, most);
      const scale = scaleUtc().domain([new Date(first), new Date(last)]);
      const ticks = scale.ticks(most).flatMap((date) => {
        const day = date.toISOString().slice(0, 10);
        const index = places.get(day) ?? days.findIndex((one) => one >= day);
        return index < 0 ? [] : [{ index, text: formatShortDay(days[index] as Day) }];
      });
      return ticks.filter(({ index }, place) => index !== ticks[place - 1]?.index);
    },
  };
}

/** From day 0, the release's own. */
export function sinceAxis(count: number): Axis {
  return {
    count,
    nameOf: (index) => `${index} ${index === 1 ? 'day' : 'days'} after the release`,
    ticks: (most) =>
      scaleLinear()
        .domain([0, Math.max(1, count - 1)])
        .ticks(most)
        .filter((index) => Number.isInteger(index))
        .map((index) => ({ index, text: index === 0 ? 'release' : `day ${index}` })),
  };
}

/** From zero, unless all that there is lies far above it: a change must be seen. */
export function niceDomain(values: readonly (number | null)[], { fromZero = false } = {}): [number, number] {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return [0, 1];
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const far = !fromZero && least > 0 && most - least < least * 0.6;
  const padding = Math.max((most - least) * 0.25, most * 0.01);
  const low = far ? Math.max(0, least - padding) : Math.min(0, least);
  const [from, to] = scaleLinear()
    .domain([low, most === low ? low + 1 : most])
    .nice(4)
    .domain();
  return [from as number, to as number];
}
