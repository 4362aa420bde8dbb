import type { SeriesAnswer } from '../api.ts';
import { projectApi } from './api-client.ts';
import { type Period, rangeOf } from './period.ts';
import { type Answered, useAnswer } from './use-answer.ts';

interface SeriesWanted {
  period: Pick<Period, 'days'>;
  through: string | undefined;
  top?: number;
  /** By default as wide as columns need it. */
  step?: 'day';
}

/** A dimension over the period shown; waits until it is known how far the figures go. */
export function useSeries(
  slug: string,
  dimension: string,
  { period, through, top, step }: SeriesWanted,
): Answered<SeriesAnswer> {
  const range = through === undefined ? undefined : { ...rangeOf(period, through), ...(step && { step }) };
  const path = `/series/${encodeURIComponent(dimension)}`;
  return useAnswer<SeriesAnswer>(range && projectApi(slug, path, { ...range, top }));
}
