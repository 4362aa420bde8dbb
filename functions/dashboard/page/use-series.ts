import type { SeriesAnswer } from '../api.ts';
import { projectApi } from './api-client.ts';
import { type Period, rangeOf } from './period.ts';
import { type Answered, useAnswer } from './use-answer.ts';

/** A dimension over the period shown; waits until it is known how far the figures go. */
export function useSeries(
  slug: string,
  dimension: string,
  { period, through, top }: { period: Pick<Period, 'days'>; through: string | undefined; top?: number },
): Answered<SeriesAnswer> {
  const range = through === undefined ? undefined : rangeOf(period, through);
  const path = `/series/${encodeURIComponent(dimension)}`;
  return useAnswer<SeriesAnswer>(range && projectApi(slug, path, { ...range, top }));
}
