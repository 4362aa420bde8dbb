import { IsIn, Matches } from 'class-validator';
import { below, ofProduct, type SpreadRow } from '../../../shared/figures/below.ts';
import { addDays, addMonths, type Day } from '../../../shared/figures/days.ts';
import { DROP } from '../../../shared/figures/definitions.ts';
import type { Dimension, Series, SupportDocument } from '../../../shared/figures/documents.ts';
import { completeWeeks, type DropDate, dropDate } from '../../../shared/figures/drop.ts';

import { lastDay } from '../../../shared/figures/period.ts';
import type { SupportAnswer } from '../api.ts';
import type { Answer, ProjectCall } from '../call.ts';
import { figuresAnswer, figuresOf, made, ofGeneration, overviewOf } from '../figures-of.ts';
import { refusal } from '../problem.ts';
import { IsVersion } from '../read-query.ts';

const DROPPED = ['php', 'wordpress', 'mysql', 'mariadb'] as const satisfies SupportAnswer['dimension'][];
const PRODUCTS = { mysql: 'MySQL', mariadb: 'MariaDB' } as const;

export class SupportQuery {
  @IsIn(DROPPED) dimension: SupportAnswer['dimension'] = 'php';
  @IsVersion() below!: string;
  /** Per cent. */
  @Matches(/^\d{1,2}(?:\.\d{1,3})?$/, { message: '$property must be a number of per cent' }) threshold = String(
    DROP.threshold.usual * 100,
  );
}

export async function getSupport(call: ProjectCall, query: SupportQuery): Promise<Answer> {
  const { dimension } = query;
  const thresholdPercent = thresholdOf(query);
  const spreadDimension: Dimension & ('php' | 'wordpress' | 'database') =
    dimension === 'php' || dimension === 'wordpress' ? dimension : 'database';
  const to = lastDay(await overviewOf(call));
  const from = addDays(to, 1 - DROP.weeks * WEEK_DAYS);
  const { analytics, series, figures } = await figuresOf(call, {
    series: [{ dimension: spreadDimension, from, to }],
    figures: ['support'],
  });
  const days = spreadsOf(series[0] as Series, dimension);
  const counted = days.map(({ day, spread }) => {
    const { sites, base } = below(spread, query.below);
    return { day, below: sites, known: base };
  });
  const last = days.find(({ day }) => day === to)?.spread ?? [];
  const { unknown, ...now } = below(last, query.below);
  return figuresAnswer<SupportAnswer>({
    ...ofGeneration(analytics),
    ...{ dimension, below: query.below, thresholdPercent },
    now: { below: now, unknown, interval: intervalOf(now) },
    newest: newestOf(made(figures, 'support'), query, spreadDimension),
    forecast: forecastOf(dropDate(counted, thresholdPercent / 100, analytics.through), analytics.through),
    spread: last.flatMap(({ value, sites }) => (value === null ? [] : [{ version: value, sites }])),
    weeks: completeWeeks(counted, analytics.through).map(({ at, share, sites }) => ({
      // a week stands at its middle
      day: addDays(analytics.through, at + (WEEK_DAYS - 1) / 2),
      below: Math.round(share * sites),
      of: Math.round(sites),
    })),
  });
}

const WEEK_DAYS = 7;

function thresholdOf({ threshold }: SupportQuery): number {
  const [percent, least, most] = [Number(threshold), DROP.threshold.least * 100, DROP.threshold.most * 100];
  if (percent >= least && percent <= most) return percent;
  const detail = `must be ${least} to ${most}`;
  throw refusal('threshold', detail);
}

function spreadsOf(
  { names, days }: Series,
  dimension: SupportAnswer['dimension'],
): { day: Day; spread: SpreadRow[] }[] {
  return days.map(({ day, counts, unknown, other }) => {
    const spread: SpreadRow[] = counts.map(([place, sites]) => ({ value: names[place] as string, sites }));
    return { day, spread: ofDimension([...spread, { value: null, sites: unknown + other }], dimension) };
  });
}

function ofDimension(spread: SpreadRow[], dimension: SupportAnswer['dimension']): SpreadRow[] {
  return dimension === 'mysql' || dimension === 'mariadb' ? ofProduct(spread, PRODUCTS[dimension]) : spread;
}

function newestOf(
  support: SupportDocument,
  { dimension, below: version }: SupportQuery,
  spreadDimension: 'php' | 'wordpress' | 'database',
): SupportAnswer['newest'] {
  if (support.newest === null) return null;
  const { unknown: _, ...share } = below(ofDimension(support[spreadDimension].spread, dimension), version);
  return { version: support.newest, below: share };
}

function intervalOf({ low, high }: { low: number | null; high: number | null }): SupportAnswer['now']['interval'] {
  return low === null || high === null ? null : { low: low * 100, high: high * 100 };
}

function forecastOf(date: DropDate, through: Day): SupportAnswer['forecast'] {
  switch (date.outcome) {
    case 'reached':
      return { kind: 'below-now' };
    case 'not-falling':
      return { kind: 'not-falling' };
    case 'not-within':
      return { kind: 'not-within-years' };
    case 'too-few':
      return { kind: 'too-few', weeks: date.weeks, sites: date.sites };
    case 'date': {
      const { earliest: from, latest } = date;
      if (latest !== null) return { kind: 'dates', from, to: latest };
      return { kind: 'dates', from, to: addMonths(through, 12 * DROP.mostYears), isOpen: true };
    }
  }
}
