import type { Series, SeriesDay } from '../../shared/figures/documents.ts';

/**
 * A series with its zeros: it has no entry of a day of which it counts nothing. Such a day is known to be 0 where `active` has it,
 * if nobody was active then; of deactivations it is that in any case.
 */
export function withKnownZeros(series: Series, active: Series): Series {
  const own = new Map(series.days.map((day) => [day.day, day]));
  const zeros = active.days.filter(({ day, total }) => !own.has(day) && (total === 0 || series.dimension === 'reason'));
  if (zeros.length === 0) return series;
  const days = [
    ...series.days,
    ...zeros.map(({ day }): SeriesDay => ({ day, total: 0, unknown: 0, other: 0, counts: [] })),
  ];
  return { ...series, days: days.sort((one, other) => (one.day < other.day ? -1 : 1)) };
}
