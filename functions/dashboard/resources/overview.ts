import { IsIn, IsOptional } from 'class-validator';
import { type Day, daysBetween } from '../../../shared/figures/days.ts';
import type { AnalyticsDocument } from '../../../shared/figures/documents.ts';
import { composeOverview, OVERVIEW_FIGURES, overviewSeries } from '../../../shared/figures/overview.ts';
import {
  COMPARISONS,
  type Comparison,
  lastDay,
  PERIODS,
  type PeriodName,
  periodOf,
  type Range,
} from '../../../shared/figures/period.ts';
import type { OverviewAnswer } from '../api.ts';
import type { Answer, ProjectCall } from '../call.ts';
import { figuresAnswer, figuresOf, overviewOf } from '../figures-of.ts';
import { refusal } from '../problem.ts';
import { IsDay } from '../read-query.ts';

export class OverviewQuery {
  @IsOptional() @IsIn([...Object.keys(PERIODS), 'all']) period?: PeriodName;
  @IsOptional() @IsDay() from?: Day;
  @IsOptional() @IsDay() to?: Day;
  @IsIn(COMPARISONS) compare: Comparison = 'previous';
}

export async function getOverview(call: ProjectCall, query: OverviewQuery): Promise<Answer> {
  const known = await overviewOf(call);
  const wanted = wantedPeriod(query, known);
  const series = overviewSeries(periodOf(wanted, known, query.compare), known);
  const { analytics, ...snapshot } = await figuresOf(call, { series, figures: OVERVIEW_FIGURES });
  // a day has begun in between: another period
  if (analytics.today !== known.today) return getOverview(call, query);
  const period = periodOf(wanted, analytics, query.compare);
  const overview = composeOverview({ analytics, ...snapshot, period, advisories: call.project.advisories });
  return figuresAnswer<OverviewAnswer>({ ...overview, rebuiltAt: overview.rebuiltAt.toISOString() });
}

const WEEK_DAYS = 7;

function wantedPeriod({ period, from, to }: OverviewQuery, extent: AnalyticsDocument): PeriodName | Range {
  if (from === undefined && to === undefined) return period ?? '28d';
  if (period !== undefined) throw refusal('period', 'cannot go with from and to');
  if (from === undefined || to === undefined) throw refusal(from === undefined ? 'from' : 'to', 'is missing');
  if (to > lastDay(extent)) throw refusal('to', `is after the last complete day, ${lastDay(extent)}`);
  const days = daysBetween(from, to) + 1;
  if (days < 1 || days % WEEK_DAYS !== 0) throw refusal('to', 'must make whole weeks with from');
  return { from, to };
}
